"""Records of TLS 1.3 protected by hand, for what no TLS library will send: floods of messages, and messages of its own.

Of the cipher suites TLS_AES_128_GCM_SHA256 alone (RFC 8446 §5.2, §7.1 to §7.3), which ekuscan's offer has first.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ALERT: Final = 21
HANDSHAKE: Final = 22
APPLICATION_DATA: Final = 23

_KEY_UPDATE: Final = b"\x18\x00\x00\x01"
_TAG: Final = 16


class Sealer:
    """Protects records under a traffic secret, from the first one on."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._begin()

    def seal(self, content: int, data: bytes) -> bytes:
        """The next record, whose content of this type is ``data``."""
        inner = data + bytes((content,))
        head = b"\x17\x03\x03" + (len(inner) + _TAG).to_bytes(2, "big")
        nonce = (self._iv ^ self._number).to_bytes(12, "big")
        self._number += 1
        return head + self._cipher.encrypt(nonce, inner, head)

    def key_update(self, *, answer: bool) -> bytes:
        """A KeyUpdate, after which the keys are new ones. ``answer``: the client has to send one too."""
        record = self.seal(HANDSHAKE, _KEY_UPDATE + bytes((answer,)))
        self._secret = _expanded(self._secret, b"traffic upd", hashlib.sha256().digest_size)
        self._begin()
        return record

    def _begin(self) -> None:
        self._cipher = AESGCM(_expanded(self._secret, b"key", 16))
        self._iv = int.from_bytes(_expanded(self._secret, b"iv", 12), "big")
        self._number = 0


def _expanded(secret: bytes, label: bytes, size: int) -> bytes:
    """HKDF-Expand-Label without a context, of no more bytes than the hash gives at once."""
    name = b"tls13 " + label
    info = size.to_bytes(2, "big") + bytes((len(name),)) + name + b"\0"
    return hmac.digest(secret, info + b"\1", "sha256")[:size]
