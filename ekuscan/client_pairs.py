"""Client certificates with their private keys out of files: PEM with its chain, DER, PKCS #12; keys also encrypted.

The one door for private keys of the user. A key stays in the `Identity` that is returned and shows in no message.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
import warnings
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
    pkcs12,
)

from ekuscan.certificate_files import MAX_FILE, CertificateFileError, read_certificates
from ekuscan.certificates import ParsedCertificate, parse
from ekuscan.names import printable
from ekuscan.record import record
from ekuscan.targets.text_file import Unreadable, read_bytes
from ekuscan.trials import RESERVED
from ekuscan.wire.identity import Identity

__all__ = ["ClientPair", "ClientPairError", "PasswordNeeded", "key_belongs", "read_pair"]

_MAX_CHAIN: Final = 16
_MAX_NAME: Final = 80
_KEY_BLOCK: Final = re.compile(
    rb"-----BEGIN ((?:[A-Z0-9]{1,12} )?(?:ENCRYPTED )?PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL
)
# The kinds of key that a TLS client signs with (RFC 8446 §4.2.3).
_SIGNING_KEYS: Final = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)


class ClientPairError(ValueError):
    """Certificate and key cannot be used. The message is one printable sentence that begins with a file's name."""


class PasswordNeeded(ClientPairError):  # noqa: N818  (the name says what would help)
    """The key is encrypted, and no password was given."""


@record
class ClientPair:
    """What a handshake presents, and sentences about what may spoil an experiment with it."""

    identity: Identity
    warnings: tuple[str, ...] = ()


def read_pair(name: str, certificate: Path, key: Path | None, password: bytes | None, now: datetime) -> ClientPair:
    """The certificate of one file, its chain included, and the key of another, or of the same where ``key`` is None.

    ``name`` is what the report calls it. ``password`` opens PKCS #12 and encrypted keys. ``now`` is aware.

    The certificate that the key belongs to comes first, the others keep their order. On POSIX systems a file with a key
    that others than its owner may read is refused, as ssh does it. Raises `ClientPairError`, of which `PasswordNeeded`
    says that a password would help.
    """
    _check_name(name)
    holder = key if key is not None else certificate
    _check_permissions(holder)
    held = _read(certificate)
    private = _private_key(_read(holder), holder, password)
    chain = _chain(held, certificate, password)
    own = _own(chain, private, certificate, holder)
    ders = (own.der, *(one.der for one in chain if one is not own))
    encoded = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return ClientPair(Identity(name, ders, encoded), _warnings(own, certificate, now))


def key_belongs(key: Path, der: bytes, password: bytes | None) -> bool:
    """Whether the private key in a file is that of a certificate. It is read under the same rules as in `read_pair`.

    Raises `ClientPairError`, of which `PasswordNeeded` says that a password would help.
    """
    _check_permissions(key)
    return parse(der).public_key == _private_key(_read(key), key, password).public_key()


def _check_name(name: str) -> None:
    if not name or len(name) > _MAX_NAME or not name.isprintable() or name.startswith(RESERVED):
        raise ClientPairError(
            f'"{printable(name, _MAX_NAME)}": name a client certificate in 1 to {_MAX_NAME} printable characters'
            f' that do not begin with "{RESERVED}"'
        )


def _check_permissions(path: Path) -> None:
    """Windows has no such bits: there the folder's rights decide, which only its owner can judge."""
    if os.name != "posix":
        return
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except (OSError, ValueError):
        return  # reading it says what is wrong
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        command = f"chmod 600 {printable(shlex.quote(str(path)), 200)}"
        raise ClientPairError(
            f"{_shown(path)}: the private key may be read or written by others than its owner (mode {mode:04o});"
            f" run: {command}"
        )


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path, MAX_FILE)
    except Unreadable as error:
        raise ClientPairError(f"{_shown(path)}: {error}") from None


def _chain(data: bytes, path: Path, password: bytes | None) -> tuple[ParsedCertificate, ...]:
    try:
        ders = read_certificates(data, str(path), password)
    except CertificateFileError as error:
        raise ClientPairError(str(error)) from None
    if len(ders) > _MAX_CHAIN:
        raise ClientPairError(
            f"{_shown(path)}: {len(ders)} certificates, more than the {_MAX_CHAIN} of a chain: leave only its own"
        )
    if not all(map(_strictly_read, ders)):
        raise ClientPairError(f"{_shown(path)}: a certificate that strict parsers refuse cannot be presented")
    return tuple(parse(der) for der in dict.fromkeys(ders))


def _strictly_read(der: bytes) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks on old certificates are not for the reader of our result
        try:
            x509.load_der_x509_certificate(der)
        except Exception:  # whatever it raises for odd bytes is its refusal
            return False
    return True


def _own(chain: tuple[ParsedCertificate, ...], key: PrivateKeyTypes, path: Path, holder: Path) -> ParsedCertificate:
    public = key.public_key()
    own = next((one for one in chain if one.public_key == public), None)
    if own is None:
        where = "this file" if path == holder else _shown(path)
        raise ClientPairError(f"{_shown(holder)}: the private key does not belong to a certificate in {where}")
    return own


def _private_key(data: bytes, path: Path, password: bytes | None) -> PrivateKeyTypes:
    blocks = [match[0] for match in _KEY_BLOCK.finditer(data)]
    if len(blocks) > 1:
        raise ClientPairError(f"{_shown(path)}: {len(blocks)} private keys: leave the one of the certificate")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks on old algorithms are not for the reader of our result
        key = _loaded(blocks[0] if blocks else data, bool(blocks), path, password)
    if not isinstance(key, _SIGNING_KEYS):
        raise ClientPairError(f"{_shown(path)}: a kind of private key that TLS clients cannot sign with")
    return key


def _loaded(data: bytes, pem: bool, path: Path, password: bytes | None) -> PrivateKeyTypes:
    load = load_pem_private_key if pem else _load_der
    try:
        return load(data, None)
    except TypeError:
        pass  # so `cryptography` says that it is encrypted, and nothing else: what it takes is bytes
    except (ValueError, UnsupportedAlgorithm):
        raise ClientPairError(f"{_shown(path)}: {_no_key(data, pem)}") from None
    if password is None:
        raise PasswordNeeded(f"{_shown(path)}: the private key is encrypted: give its password")
    try:
        return load(data, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ClientPairError(f"{_shown(path)}: the password does not open the private key") from None


def _load_der(data: bytes, password: bytes | None) -> PrivateKeyTypes:
    """A key in DER, or out of PKCS #12. Raises as `cryptography` does: TypeError where a password is missing."""
    try:
        return load_der_private_key(data, password)
    except ValueError:
        return _load_pkcs12(data, password)


def _load_pkcs12(data: bytes, password: bytes | None) -> PrivateKeyTypes:
    try:
        key = pkcs12.load_key_and_certificates(data, password)[0]
    except ValueError as error:
        if password is None and _is_pkcs12(data):
            raise TypeError from error
        raise
    if key is None:
        raise ValueError
    return key


def _is_pkcs12(data: bytes) -> bool:
    """Whether it begins as a PFX does: a sequence and the version 3 (RFC 7292 §4)."""
    return data[:1] == b"\x30" and b"\x02\x01\x03" in data[:9]


def _no_key(data: bytes, pem: bool) -> str:
    if pem and b"BEGIN OPENSSH" in data:
        return "an OpenSSH private key: convert it with ssh-keygen -p -m PKCS8"
    if pem:
        return "the private key cannot be read: it is damaged, or of an unknown kind"
    return "no private key in it: name a PEM, DER or PKCS #12 file with one"


def _warnings(own: ParsedCertificate, path: Path, now: datetime) -> tuple[str, ...]:
    begins, ends = own.reading.not_before, own.reading.not_after
    if ends is not None and ends < now:
        return (f"{_shown(path)}: the certificate ended on {ends:%Y-%m-%d}, which peers may refuse it for",)
    if begins is not None and begins > now:
        return (f"{_shown(path)}: the certificate begins on {begins:%Y-%m-%d}, which peers may refuse it for",)
    return ()


def _shown(path: Path) -> str:
    return printable(str(path), 200)
