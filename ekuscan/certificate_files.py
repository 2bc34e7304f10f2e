"""Certificates and signing requests out of files: PEM, DER, PKCS #7, PKCS #12, PKCS #10.

What a file is, is decided by its content and never by its name. Where it is not what was wanted, one sentence says what
was found and what would be right. Private keys are passed over and never kept.
"""

from __future__ import annotations

import binascii
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7, pkcs12

from ekuscan.der import DerError, read_certificate, read_request
from ekuscan.model import Eku
from ekuscan.names import general_names, name_text, printable
from ekuscan.record import record
from ekuscan.tlv import BIT_STRING, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, Element, elements, header

MAX_FILE = 8 << 20
"""The largest file that is read, in bytes."""

_WANTED = "a PEM, DER, PKCS #7 or PKCS #12 file with certificates was expected"
_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]+={0,2}\s*")
_CERTIFICATE_LABELS = ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")
_REQUEST_LABELS = ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
_PKCS7_LABELS = ("PKCS7", "CMS", "PKCS #7 SIGNED DATA")

# What else begins in a way that can be told, and what would be right instead.
_OTHER_BEGINNINGS = (
    (b"<", "an HTML or XML page, not a certificate: the download may have been a login page"),
    (b"PK\x03\x04", "a ZIP archive: unpack it and name the certificate file in it"),
    (b"\xfe\xed\xfe\xed", "a Java keystore: export the certificates from it as PEM or PKCS #12"),
    (b"ssh-", "an SSH public key, not a certificate"),
)


class CertificateFileError(ValueError):
    """The file does not hold what was wanted. The message is one printable sentence that begins with its name."""


@record
class CertificateRequest:
    """What a signing request asks for; ``eku`` and ``san`` are the requested extensions, as in `model.Certificate`.

    ``spki`` is its public key, DER.
    """

    subject: str
    key: str
    san: tuple[str, ...]
    eku: Eku
    flaws: tuple[str, ...]
    spki: bytes


@record
class FileContents:
    """What a file held: DER certificates and signing requests, each in the order of the file.

    ``form`` names the format for a person. Of PKCS #7 and PKCS #12, which have no order, the end-entity comes first.
    """

    form: str
    certificates: tuple[bytes, ...]
    requests: tuple[CertificateRequest, ...] = ()


def read_certificates(data: bytes, name: str, password: bytes | None = None) -> tuple[bytes, ...]:
    """The DER certificates of a file, at least one. `name` is for messages, ``password`` opens PKCS #12.

    Raises `CertificateFileError`, also for a file that holds a signing request and no certificate.
    """
    contents = read_file(data, name, password)
    if not contents.certificates:
        raise CertificateFileError(f"{printable(name)}: a certificate signing request, and no certificate; {_WANTED}")
    return contents.certificates


def read_file(data: bytes, name: str, password: bytes | None = None) -> FileContents:
    """The certificates and signing requests of a file, at least one of them; else `CertificateFileError`."""
    try:
        return _read(data, password)
    except CertificateFileError as error:
        raise CertificateFileError(f"{printable(name)}: {error}") from None


def end_entity_first(ders: Sequence[bytes]) -> tuple[bytes, ...]:
    """The certificates with the end-entity in front, the others in their order.

    The end-entity is the only one that issued none of the others; where several or none did that, nothing moves.
    """
    read = [read_certificate(der) for der in ders]
    issuers = {one.issuer for one in read if one.issuer != one.subject}
    ends = [index for index, one in enumerate(read) if one.subject not in issuers]
    leaves = [index for index in ends if read[index].issuer != read[index].subject] or ends
    if len(leaves) != 1:
        return tuple(ders)
    return (ders[leaves[0]], *ders[: leaves[0]], *ders[leaves[0] + 1 :])


def _read(data: bytes, password: bytes | None) -> FileContents:
    if len(data) > MAX_FILE:
        raise CertificateFileError(f"{len(data)} bytes, more than the {MAX_FILE} that are read; {_WANTED}")
    data = _without_byte_order_mark(data)
    if not data.strip():
        raise CertificateFileError(f"the file is empty; {_WANTED}")
    if data[0] == SEQUENCE:
        return _read_der(data, password)
    blocks = list(_pem_blocks(data))
    if blocks:
        return _read_pem(blocks, password)
    if _BASE64.fullmatch(data):
        return _read_der(_decoded(data, "the file"), password)
    for beginning, meaning in _OTHER_BEGINNINGS:
        if data.lstrip().startswith(beginning):
            raise CertificateFileError(meaning)
    raise CertificateFileError(f"neither PEM nor DER; {_WANTED}")


def _without_byte_order_mark(data: bytes) -> bytes:
    """ASCII text as bytes also where an editor or a shell stored it as UTF-16 or with a mark in front."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace").encode("ascii", errors="replace")
    return data.removeprefix(b"\xef\xbb\xbf")


def _pem_blocks(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Label and body of each PEM block (RFC 7468), whatever text stands around them."""
    at = 0
    while match := _BEGIN.search(data, at):
        label = match[1].decode("ascii")
        end = data.find(b"-----END " + match[1] + b"-----", match.end())
        if end < 0:
            raise CertificateFileError(f"a PEM block that begins with BEGIN {label} has no END: the file is cut off")
        yield label, data[match.end() : end]
        at = end


def _decoded(body: bytes, what: str) -> bytes:
    try:
        return binascii.a2b_base64(b"".join(body.split()), strict_mode=True)
    except binascii.Error:
        raise CertificateFileError(f"{what} is not valid base64: a part may be missing") from None


def _read_pem(blocks: list[tuple[str, bytes]], password: bytes | None) -> FileContents:
    certificates: list[bytes] = []
    requests: list[CertificateRequest] = []
    passed_over: list[str] = []
    form = "PEM"
    for number, (label, body) in enumerate(blocks, 1):
        if label not in (*_CERTIFICATE_LABELS, *_REQUEST_LABELS, *_PKCS7_LABELS):
            passed_over.append(label)
            continue
        der = _decoded(body, f"PEM block {number}")
        if label == "TRUSTED CERTIFICATE":
            der = _first_element(der)
        contents = _read_der(der, password)
        form = form if contents.form in ("DER", "PKCS #10") else f"PEM, {contents.form}"
        certificates += contents.certificates
        requests += contents.requests
    if not certificates and not requests:
        raise CertificateFileError(f"{_found(passed_over)}, and no certificate; {_WANTED}")
    return FileContents(form, tuple(certificates), tuple(requests))


def _found(labels: list[str]) -> str:
    if any(label.endswith("PRIVATE KEY") for label in labels):
        return "a private key"
    if any(label.endswith("PUBLIC KEY") for label in labels):
        return "a public key"
    if any(label.endswith("CRL") for label in labels):
        return "a certificate revocation list"
    return f"a PEM block of another kind ({labels[0]})"


def _first_element(der: bytes) -> bytes:
    """The certificate in front of OpenSSL's trust settings."""
    try:
        return der[: header(der, 0, len(der))[2]]
    except DerError:
        return der


def _read_der(data: bytes, password: bytes | None) -> FileContents:
    try:
        _, start, stop = header(data, 0, len(data))
        shape = elements(data, start, stop, 12)[0]
    except DerError as error:
        if data[:2] != b"\x30\x80":  # BER of indefinite length, in which some tools write PKCS #7 and PKCS #12
            raise CertificateFileError(f"damaged DER ({error}); {_WANTED}") from None
        return _read_pkcs12(data, password) if data[2:5] == b"\x02\x01\x03" else _read_pkcs7(data)
    tags = [element.tag for element in shape]
    if tags[:1] == [OBJECT_IDENTIFIER]:
        return _read_pkcs7(data)
    if tags[:2] == [INTEGER, SEQUENCE] and data[shape[0].start : shape[0].stop] == b"\x03":
        return _read_pkcs12(data, password)
    if tags[:1] == [SEQUENCE]:
        found = _certificate_or_request(data)
        if found is not None:
            return found
    raise CertificateFileError(f"{_kind(data, shape)}; {_WANTED}")


def _certificate_or_request(data: bytes) -> FileContents | None:
    try:
        read_certificate(data)
    except DerError:
        pass
    else:
        return FileContents("DER", (data,))
    try:
        return FileContents("PKCS #10", (), (_request(data),))
    except DerError:
        return None


def _request(data: bytes) -> CertificateRequest:
    request = read_request(data)
    extensions, flaws = request.extensions, request.flaws
    try:
        san = general_names(extensions.san) if extensions.san else ()
    except DerError:
        san, flaws = (), (*flaws, "subject alternative name cannot be decoded")
    return CertificateRequest(name_text(request.subject), request.key, san, extensions.eku, flaws, request.spki)


def _kind(data: bytes, shape: list[Element]) -> str:
    """What DER that is none of ours is, by the types of its outermost elements."""
    tags = [element.tag for element in shape]
    if tags[:2] in ([SEQUENCE, OCTET_STRING], [INTEGER, OCTET_STRING], [INTEGER, INTEGER]):
        return "a private key, and no certificate"
    if tags[:3] == [INTEGER, SEQUENCE, OCTET_STRING]:
        return "a private key, and no certificate"
    if tags == [SEQUENCE, BIT_STRING]:
        return "a public key, and no certificate"
    if tags == [SEQUENCE, SEQUENCE, BIT_STRING]:
        inner = [element.tag for element in elements(data, shape[0].start, shape[0].stop, 4)[0]]
        if {0x17, 0x18} & set(inner):
            return "a certificate revocation list, and no certificate"
    return "DER, but not a certificate"


def _loaded(load: Callable[[], Iterable[x509.Certificate]], otherwise: str) -> tuple[bytes, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a library's remarks on old algorithms are not for the reader of our result
        try:
            ders = [certificate.public_bytes(Encoding.DER) for certificate in load()]
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise CertificateFileError(otherwise) from None
    if not ders:
        raise CertificateFileError(f"a container without certificates; {_WANTED}")
    return end_entity_first(ders)


def _read_pkcs7(data: bytes) -> FileContents:
    return FileContents(
        "PKCS #7",
        _loaded(
            lambda: pkcs7.load_der_pkcs7_certificates(data), f"PKCS #7 or CMS that cannot be read as such; {_WANTED}"
        ),
    )


def _read_pkcs12(data: bytes, password: bytes | None) -> FileContents:
    def load() -> Iterator[x509.Certificate]:
        bag = pkcs12.load_pkcs12(data, password)
        for found in (bag.cert, *bag.additional_certs):
            if found is not None:
                yield found.certificate

    otherwise = (
        "a PKCS #12 file that needs its password, or is damaged: give the password, or the certificates as PEM"
        if password is None
        else "the password does not open this PKCS #12 file, or the file is damaged"
    )
    return FileContents("PKCS #12", _loaded(load, otherwise))
