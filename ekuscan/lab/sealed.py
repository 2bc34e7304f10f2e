"""Records protected by hand, for what no TLS library will send: floods of messages, and messages of its own.

Of the cipher suites of TLS 1.3 TLS_AES_128_GCM_SHA256 alone (RFC 8446 §5.2, §7.1 to §7.3), of those of TLS 1.2 the ones
with AES_128_GCM and SHA256 (RFC 5246 §5, §6.3, RFC 5288 §3).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from itertools import islice
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ekuscan.lab.tls import OldSecrets

ALERT: Final = 21
HANDSHAKE: Final = 22
APPLICATION_DATA: Final = 23

_KEY_UPDATE: Final = b"\x18\x00\x00\x01"
_TAG: Final = 16


class Sealer:
    """TLS 1.3: protects records under a traffic secret, from the first one on."""

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


class OldSealer:
    """TLS 1.2: protects what a server sends, from the first record after its Finished on."""

    def __init__(self, secrets: OldSecrets) -> None:
        seed = b"key expansion" + secrets.server_random + secrets.client_random
        block = b"".join(islice(_prf(secrets.master, seed), 2))
        self._cipher = AESGCM(block[16:32])
        self._salt = block[36:40]
        self._number = 1

    def seal(self, content: int, data: bytes) -> bytes:
        """The next record of this type."""
        number = self._number.to_bytes(8, "big")
        self._number += 1
        kind = bytes((content,)) + b"\x03\x03"
        sealed = self._cipher.encrypt(self._salt + number, data, number + kind + len(data).to_bytes(2, "big"))
        return kind + (len(number) + len(sealed)).to_bytes(2, "big") + number + sealed


def _prf(secret: bytes, seed: bytes) -> Iterator[bytes]:
    """P_SHA256 of RFC 5246 §5, 32 bytes at a time."""
    step = seed
    while True:
        step = hmac.digest(secret, step, "sha256")
        yield hmac.digest(secret, step + seed, "sha256")


def _expanded(secret: bytes, label: bytes, size: int) -> bytes:
    """HKDF-Expand-Label without a context, of no more bytes than the hash gives at once."""
    name = b"tls13 " + label
    info = size.to_bytes(2, "big") + bytes((len(name),)) + name + b"\0"
    return hmac.digest(secret, info + b"\1", "sha256")[:size]
