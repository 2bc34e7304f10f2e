"""The wanted members of an archive, read in memory within limits: nothing is ever unpacked to disk."""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Final

from ekuscan.imports.members import MAX_MEMBERS, Allowance, Member, member
from ekuscan.imports.source import UnusableSource

MAX_UNPACKED: Final = 1024 * 1024 * 1024
"""The most bytes that are unpacked of a tar archive in passing; diagnostic logs have up to a few hundred MiB."""

_ENCRYPTED: Final = 0x1
"""The bit of a ZIP member's flags that says so (APPNOTE.TXT, section 4.4.4)."""

_DAMAGED: Final = "is cut off or damaged; download it again"
_TOO_LARGE: Final = f"unpacks to more than {MAX_UNPACKED >> 20} MiB; name the xconf_dump file out of it instead"
_TOO_MANY: Final = f"holds more than {MAX_MEMBERS} files; name the xconf_dump file out of it instead"


def is_tar_or_gzip(data: bytes) -> bool:
    """Whether bytes begin as a gzip or tar file does."""
    return data.startswith(b"\x1f\x8b") or data[257:262] == b"ustar"


def is_zip(data: bytes) -> bool:
    """Whether bytes begin as a ZIP file does."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def wanted_members(data: bytes) -> list[tuple[Member, bytes]]:
    """The members that a diagnostic log is read for, with their content.

    Raises:
        UnusableSource: the archive is cut off, damaged, protected, or larger than the limits.
    """
    try:
        return list(_from_zip(data) if is_zip(data) else _from_tar(data))
    except RuntimeError:  # zipfile: a way of packing that it does not know; in both: folders without end
        raise UnusableSource(_DAMAGED) from None
    except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, ValueError, OverflowError):
        raise UnusableSource(_DAMAGED) from None
    except (zlib.error, lzma.LZMAError, struct.error, IndexError, KeyError):
        raise UnusableSource(_DAMAGED) from None


def _from_tar(data: bytes) -> Iterator[tuple[Member, bytes]]:
    raw: IO[bytes] = io.BytesIO(data)
    allowance = Allowance()
    packed = gzip.GzipFile(fileobj=raw) if data.startswith(b"\x1f\x8b") else raw
    with tarfile.open(fileobj=_Bounded(packed), mode="r|") as archive:
        for number, info in enumerate(archive, start=1):
            if number > MAX_MEMBERS:
                raise UnusableSource(_TOO_MANY)
            one = member(info.name) if info.isreg() else None
            content = archive.extractfile(info) if one is not None else None
            if one is not None and content is not None:
                yield one, allowance.take(one, content.read(allowance.limit(one) + 1))


def _from_zip(data: bytes) -> Iterator[tuple[Member, bytes]]:
    if data.count(b"PK\x01\x02") > MAX_MEMBERS:
        raise UnusableSource(_TOO_MANY)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        allowance = Allowance()
        for info in archive.infolist():
            one = member(info.filename)
            if one is not None and info.flag_bits & _ENCRYPTED:
                raise UnusableSource("is protected by a password; take it out of the protected archive")
            if one is not None:
                with archive.open(info) as content:
                    yield one, allowance.take(one, content.read(allowance.limit(one) + 1))


class _Bounded(io.RawIOBase):
    """A stream that ends with a sentence where more comes out of it than MAX_UNPACKED bytes."""

    def __init__(self, inner: IO[bytes] | gzip.GzipFile) -> None:
        super().__init__()
        self._inner = inner
        self._left = MAX_UNPACKED

    def read(self, size: int = -1) -> bytes:
        data = self._inner.read(size if size >= 0 else self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise UnusableSource(_TOO_LARGE)
        return data
