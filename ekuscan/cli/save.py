"""Files written whole or not at all, and only over what was read of them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from ekuscan.cli.refusal import UsageError
from ekuscan.names import printable


def save(path: Path, data: bytes, instead_of: bytes) -> None:
    """Write a file by way of a temporary one beside it. A link is replaced, not followed.

    ``instead_of`` is what the file held when it was read, empty where there was none.

    Raises:
        UsageError: it cannot be written, or holds something else by now. It is as it was then.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        file = temporary.open("xb")
    except FileExistsError:
        raise UsageError(f"{printable(str(temporary), 300)}: is in the way; take it away and try again") from None
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        check_unchanged(path, instead_of)
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def check_unchanged(path: Path, before: bytes) -> None:
    """Raise `UsageError` where a file holds something else than ``before``, which is empty where there was none."""
    try:
        with path.open("rb") as file:
            now = file.read(len(before) + 1)
    except FileNotFoundError:
        now = b""
    except OSError as error:
        raise _unwritable(path, error) from None
    if now != before:
        raise UsageError(f"{printable(str(path), 300)}: was changed by someone else meanwhile; import again")


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{printable(str(path), 300)}: cannot be written: {error.strerror or error}")
