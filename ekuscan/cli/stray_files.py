"""File names where a host was meant to stand: each is a slip with one right way to write it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from ekuscan.cli.refusal import UsageError

_TARGETS_FILES = frozenset({".yaml", ".yml"})
_CERTIFICATES = frozenset({".pem", ".crt", ".cer", ".der", ".p7b", ".p7c", ".p12", ".pfx", ".csr"})
_LISTS = frozenset({".txt", ".csv", ".lst"})


def refuse_files(targets: Iterable[str]) -> None:
    """Raises `UsageError` where a target is a file name by its suffix; no top-level domain is called like these."""
    found = list(_slips(targets))
    if found:
        raise UsageError("\n".join(found))


def _slips(targets: Iterable[str]) -> Iterator[str]:
    for text in targets:
        suffix, word = PurePath(text).suffix.lower(), shlex.quote(text)
        if text.startswith("@") or "://" in text:
            continue
        if suffix in _TARGETS_FILES:
            yield f"{text}: is no host; a targets file goes behind -f: ekuscan scan -f {word}"
        elif suffix in _CERTIFICATES:
            yield f"{text}: is no host; a certificate file is judged by: ekuscan inspect {word}"
        elif suffix in _LISTS:
            yield f"{text}: is no host; a file of hosts goes behind @: ekuscan scan @{word}"
