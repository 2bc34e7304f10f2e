"""Endpoints with something wrong about them, by name.

`FAULTS` is what a scan has to survive: each says in one sentence what it does, and which failure (stage and reason, as
`ekuscan.wire.reasons` has them) an observer has to report, if any.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from ekuscan.lab import fault_deeds as deeds
from ekuscan.lab import fault_requests as requests
from ekuscan.lab import fault_talks as talks
from ekuscan.lab import odd_chains as odd
from ekuscan.lab.dtls_faults import DTLS_FAULTS
from ekuscan.lab.estate import Box, Estate
from ekuscan.lab.fault import Fault
from ekuscan.lab.fault_floods import FLOODS
from ekuscan.lab.odd_certificates import ODD_CERTIFICATES
from ekuscan.lab.preamble_faults import PREAMBLE_FAULTS
from ekuscan.model import RoleName
from ekuscan.protocols import SCHEMES

_CONNECT: Final = {
    "closed": Fault("refuses connections", ("connect", "refused"), state="closed"),
    "filtered": Fault("does not answer a connection attempt", ("connect", "filtered"), state="filtered"),
}

_HELLO: Final = {
    "silent": Fault("accepts and never says anything", ("hello", "stalled"), talks.silent),
    "closes-at-once": Fault("closes as soon as it has accepted", ("hello", "closed"), talks.closes_at_once),
    "resets-at-once": Fault("resets as soon as it has accepted", ("hello", "reset"), talks.resets_at_once),
    "closes-after-hello": Fault("closes on a ClientHello", ("hello", "closed"), talks.closes_after_hello),
    "resets-after-hello": Fault("resets on a ClientHello", ("hello", "reset"), talks.resets_after_hello),
    "half-hello": Fault(
        "sends half a ServerHello, then nothing", ("hello", "stalled"), talks.half_hello_then(deeds.stay)
    ),
    "drip": Fault("sends one byte per second", ("hello", "stalled"), talks.drips),
    "plain-http": Fault("answers in plain HTTP", ("hello", "plain-http"), talks.plain_http),
    "plain-sip": Fault("answers in plain SIP", ("hello", "plain-sip"), talks.plain_sip),
    "ssh": Fault("greets as an SSH server", ("hello", "not-tls"), talks.greets_as_ssh),
    "smtp": Fault("greets as a mail server", ("hello", "not-tls"), talks.greets_as_mail_server),
    "garbage": Fault("answers with bytes without meaning", ("hello", "not-tls"), talks.garbage),
    "echo": Fault("sends back what it gets", ("hello", "garbled"), talks.echo),
    "endless-hello": Fault(
        "asks for a new ClientHello without end, at once", ("hello", "too-much"), talks.asks_on_hello
    ),
    "alert-handshake-failure": Fault("refuses every ClientHello, alert 40", ("hello", "alert"), talks.refuses_with(40)),
    "alert-unrecognized-name": Fault(
        "does not know the server name, alert 112", ("hello", "alert"), talks.refuses_with(112)
    ),
    "alert-protocol-version": Fault(
        "knows no version of ours, alert 70", ("hello", "our-limit"), talks.refuses_with(70)
    ),
    "closes-in-server-hello": Fault(
        "closes in the middle of its ServerHello", ("hello", "closed"), talks.half_hello_then(deeds.close)
    ),
    "resets-in-server-hello": Fault(
        "resets in the middle of its ServerHello", ("hello", "reset"), talks.half_hello_then(deeds.reset)
    ),
    "tls1.0-only": Fault("speaks TLS 1.0 and nothing newer", ("hello", "old-version"), requests.only("TLSv1")),
    "tls1.1-only": Fault("speaks TLS 1.1 and nothing newer", ("hello", "old-version"), requests.only("TLSv1.1")),
}

_CERTIFICATE: Final = {
    "stalls-after-server-hello": Fault(
        "goes silent after its ServerHello", ("certificate", "stalled"), talks.server_hello_then(deeds.stay)
    ),
    "closes-after-server-hello": Fault(
        "closes after its ServerHello", ("certificate", "closed"), talks.server_hello_then(deeds.close)
    ),
    "resets-after-server-hello": Fault(
        "resets after its ServerHello", ("certificate", "reset"), talks.server_hello_then(deeds.reset)
    ),
    "alert-after-server-hello": Fault(
        "breaks off after its ServerHello, alert 80", ("certificate", "alert"), talks.server_hello_then(deeds.break_off)
    ),
    "drip-after-server-hello": Fault(
        "sends one byte per second from its certificate on", ("certificate", "stalled"), talks.drips_after_hello
    ),
    "garbled-certificate": Fault(
        "sends a Certificate message that is none", ("certificate", "garbled"), talks.garbled_certificate
    ),
    "endless-server-hello": Fault(
        "asks for a new ClientHello without end",
        ("certificate", "too-much"),
        talks.server_hello_then(deeds.ask_forever),
    ),
    "endless-certificate": Fault(
        "sends a Certificate message of 16 MB", ("certificate", "garbled"), talks.endless_certificate
    ),
}

_FINISH: Final = {
    "stalls-after-certificate": Fault(
        "never finishes the handshake", ("finish", "stalled"), talks.certificate_then(deeds.stay)
    ),
    "closes-after-certificate": Fault(
        "closes after its certificate", ("finish", "closed"), talks.certificate_then(deeds.close)
    ),
    "resets-after-certificate": Fault(
        "resets after its certificate", ("finish", "reset"), talks.certificate_then(deeds.reset)
    ),
    "alert-after-certificate": Fault(
        "breaks off after its certificate, alert 80", ("finish", "alert"), talks.certificate_then(deeds.break_off)
    ),
    "garbled-finish": Fault(
        "ends the handshake with bytes without meaning", ("finish", "garbled"), talks.certificate_then(deeds.babble)
    ),
    "endless-finish": Fault(
        "asks for a new ClientHello without end, after its certificate",
        ("finish", "too-much"),
        talks.certificate_then(deeds.ask_forever),
    ),
    "requires-certificate-1.2": Fault(
        "demands a client certificate, TLS 1.2: alert 40",
        ("finish", "certificate-required"),
        requests.requires("TLSv1.2"),
    ),
    "requires-certificate-1.3": Fault(
        "demands a client certificate, TLS 1.3: alert 116 after our side is done",
        ("finish", "certificate-required"),
        requests.requires("TLSv1.3"),
    ),
    "refuses-late": Fault(
        "demands a client certificate, TLS 1.3, and takes its time to say so",
        ("finish", "certificate-required"),
        requests.refuses_late,
    ),
    "refuses-by-close-1.2": Fault(
        "demands a client certificate, TLS 1.2, and closes without an alert",
        ("finish", "certificate-required"),
        requests.refuses_by("TLSv1.2", deeds.close),
    ),
    "refuses-by-reset": Fault(
        "demands a client certificate, TLS 1.3, and resets without an alert",
        ("finish", "certificate-required"),
        requests.refuses_by("TLSv1.3", deeds.reset),
    ),
    "refuses-by-close-1.3": Fault(
        "demands a client certificate, TLS 1.3, and closes without an alert",
        ("finish", "certificate-required"),
        requests.refuses_by("TLSv1.3", deeds.close),
    ),
}

_AFTER: Final = {
    "stalled-request": Fault(
        "asks for a client certificate, TLS 1.3, then gives no sign", ("after", "request-undecided"), requests.no_sign
    ),
    "garbled-after": Fault(
        "asks for a client certificate, TLS 1.3, then sends bytes without meaning",
        ("after", "garbled"),
        requests.garbled_after,
    ),
    "endless-after": Fault(
        "asks for a client certificate, TLS 1.3, then sends data without end", None, requests.endless_after
    ),
    "endless-sip": Fault("answers SIP with headers without end", None, requests.endless_sip),
    "endless-http": Fault("answers HTTP with a body without end", None, requests.endless_http, protocol="https"),
    "sip-drip": Fault("answers SIP with one byte per second", None, requests.sip_drip),
    "http-drip": Fault(
        "asks for a client certificate, then answers HTTP with one byte per second",
        ("after", "request-undecided"),
        requests.sip_drip,
        protocol="https",
    ),
    "closes-when-asked": Fault("closes on a SIP request", None, requests.when_asked(deeds.close)),
    "resets-when-asked": Fault("resets on a SIP request", None, requests.when_asked(deeds.reset)),
    "sip-silent": Fault("never answers SIP", None, requests.sip_silent),
    "sip-garbage": Fault("answers SIP with bytes without meaning", None, requests.sip_garbage),
    "sip-hostile": Fault("writes terminal escapes into its SIP banner", None, requests.sip_hostile),
    "refuses-by-http": Fault(
        "takes a handshake without a client certificate, then answers HTTP 400 for want of one",
        None,
        requests.refuses_by_http,
        protocol="https",
    ),
    "refuses-by-sip": Fault(
        "takes a handshake without a client certificate, then answers SIP 403 for want of one",
        None,
        requests.refuses_by_sip,
    ),
}

_OF_OURS: Final = {
    "takes-no-certificate": Fault(
        "takes no client certificate of any CA, and goes on without",
        ("finish", "certificate-refused"),
        requests.takes_no_certificate,
        of_ours=True,
    ),
    "takes-rsa-only": Fault(
        "takes client certificates with RSA keys only",
        ("finish", "certificate-unsuitable"),
        requests.takes_rsa_only,
        of_ours=True,
    ),
    "stalled-acceptance": Fault(
        "asks for a client certificate, TLS 1.3, and gives no sign whether it takes one",
        ("after", "acceptance-undecided"),
        requests.quiet_when_shown_one,
        of_ours=True,
    ),
}

_DATAGRAMS: Final = {
    "udp-silent": Fault("swallows SIP over UDP", ("connect", "no-answer"), datagrams=talks.swallow, protocol="sip-udp"),
    "udp-garbage": Fault(
        "answers SIP over UDP with bytes without meaning",
        ("hello", "not-sip"),
        datagrams=talks.babble_back,
        protocol="sip-udp",
    ),
    "udp-hostile": Fault(
        "writes terminal escapes into its SIP banner, over UDP", None, datagrams=talks.hostile_sip, protocol="sip-udp"
    ),
    "udp-closed": Fault("has no UDP port", ("connect", "refused"), state="closed", protocol="sip-udp"),
}

_ODD: Final = {
    "tls1.2-only": Fault("speaks TLS 1.2 and nothing newer", None, requests.only("TLSv1.2")),
    "tls1.3-only": Fault("speaks TLS 1.3 and nothing older", None, requests.only("TLSv1.3")),
    "warns-first": Fault("sends a warning alert before its ServerHello", None, requests.warns_first),
    "retry-hello": Fault("wants another key share, so a second ClientHello", None, requests.retries_hello),
    "quiet-until-asked": Fault(
        "asks for a client certificate, TLS 1.3, and gives no sign before its SIP answer",
        None,
        requests.quiet_until_asked,
    ),
    "long-ca-list": Fault("names 200 CAs in its request", None, odd.long_ca_list),
    "ten-thousand-cas-1.2": Fault(
        "names ten thousand CAs in its request, TLS 1.2", None, odd.ten_thousand_cas("TLSv1.2")
    ),
    "ten-thousand-cas-1.3": Fault(
        "names ten thousand CAs in its request, TLS 1.3", None, odd.ten_thousand_cas("TLSv1.3")
    ),
    "issuer-loop": Fault("presents two CAs that have signed each other", None, odd.issuer_loop),
    "issuer-fan": Fault("presents 30 certificates of one CA with one key", None, odd.issuer_fan),
    "issuer-fan-of-keys": Fault("presents 30 CAs of one name, each with its own key", None, odd.issuer_fan_of_keys),
    "many-certificates": Fault("presents 60 certificates", None, odd.many_certificates),
    "too-many-certificates": Fault("presents 100 certificates", ("certificate", "too-much"), odd.too_many_certificates),
    "unordered-chain": Fault("presents its chain out of order", None, odd.unordered_chain),
    "duplicate-certificate": Fault("presents its issuer twice", None, odd.duplicate_certificate),
    "missing-intermediate": Fault("presents its leaf alone", None, odd.missing_intermediate),
    "root-included": Fault("presents the root as well", None, odd.root_included),
    "unrelated-certificate": Fault("presents a certificate that is no issuer", None, odd.unrelated_certificate),
    "self-signed": Fault("presents a self-signed certificate", None, odd.self_signed),
    "expired-leaf": Fault("presents an expired certificate", None, odd.expired_leaf),
    "not-yet-valid-leaf": Fault("presents a certificate of the future", None, odd.not_yet_valid_leaf),
    "eku-absent": Fault("presents a certificate without EKU", None, odd.with_eku("absent")),
    "eku-any": Fault("presents a certificate for any purpose", None, odd.with_eku("any")),
    "eku-client-only": Fault("presents a certificate for clients", None, odd.with_eku("client")),
    "eku-empty": Fault("presents a certificate with an empty EKU", None, odd.with_eku("empty")),
    "eku-duplicate": Fault("presents a certificate with two EKUs", None, odd.with_eku("duplicate")),
    "eku-undecodable": Fault("presents a certificate with a broken EKU", None, odd.with_eku("undecodable")),
    "hostile-names": Fault("writes terminal escapes into its names", None, odd.hostile_names),
}

_PREAMBLE: Final = {
    name: Fault(one.says, one.failure, one.handler, protocol=one.protocol) for name, one in PREAMBLE_FAULTS.items()
}

_DTLS: Final = {
    name: Fault(one.says, one.failure, talk=one.talk, state="open" if one.talk else "closed", protocol="dtls")
    for name, one in DTLS_FAULTS.items()
}

FAULTS: Final[Mapping[str, Fault]] = MappingProxyType(
    {
        **_CONNECT,
        **_HELLO,
        **_CERTIFICATE,
        **_FINISH,
        **_AFTER,
        **_OF_OURS,
        **_ODD,
        **ODD_CERTIFICATES,
        **FLOODS,
        **_DATAGRAMS,
        **_PREAMBLE,
        **_DTLS,
    }
)

# The role of which a profile has a port of that protocol; other protocols stand on their usual port of any box.
_PLACES: Final[Mapping[str, tuple[RoleName, int]]] = {
    "sips": ("generic", 5061),
    "https": ("generic", 443),
    "sip-udp": ("cube", 5060),
}


def fault_estate(names: Iterable[str] = FAULTS) -> Estate:
    """An estate with one box per fault, named like it, on which nothing but the faulty port is served."""
    return Estate("faults", "Faulty endpoints", "Each box has one port and one fault.", tuple(map(_faulty_box, names)))


def _faulty_box(name: str) -> Box:
    protocol = FAULTS[name].protocol
    role, port = _PLACES.get(protocol) or ("generic", SCHEMES[protocol].port or 0)
    return Box(name.replace(".", "-"), role, only=(port,), faults={port: name})
