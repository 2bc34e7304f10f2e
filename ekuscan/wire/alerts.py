"""TLS alerts: their names and what a fatal one says about the client certificate that we did not send."""

from __future__ import annotations

from typing import Final

CLOSE_NOTIFY: Final = 0
USER_CANCELED: Final = 90
UNSUPPORTED_CERTIFICATE: Final = 43
CERTIFICATE_REVOKED: Final = 44
CERTIFICATE_EXPIRED: Final = 45
UNKNOWN_CA: Final = 48
PROTOCOL_VERSION: Final = 70
UNRECOGNIZED_NAME: Final = 112

# IANA registry "TLS Alerts", names as in RFC 8446 §6 and, for those it dropped, RFC 5246 §7.2.
NAMES: Final[dict[int, str]] = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    52: "too_many_cids_requested",
    60: "export_restriction",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    111: "certificate_unobtainable",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    114: "bad_certificate_hash_value",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
    121: "ech_required",
}

# Alerts that speak of the record layer, the key exchange or the peer's own trouble. After an empty Certificate message
# every other fatal alert is the peer's "not without a certificate": stacks answer 40, 42, 46, 49, 50 or 116.
_NOT_ABOUT_CERTIFICATES: Final = frozenset({20, 21, 22, 30, 51, 70, 71, 80, 86, 90, 100, 110, 112, 115, 120, 121})


def alert_name(number: int) -> str:
    """The registered name of an alert, or "alert_NUMBER" for one that is not registered."""
    return NAMES.get(number) or f"alert_{number}"


def refuses_without_certificate(number: int) -> bool:
    """Whether a fatal alert received right after an empty Certificate message means that one is demanded."""
    return number not in _NOT_ABOUT_CERTIFICATES
