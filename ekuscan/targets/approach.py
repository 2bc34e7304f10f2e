"""How targets are to be approached: the client certificates to present, further looks, a proxy."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from ekuscan.model import Approach, ClientPairFile
from ekuscan.targets.draft import ClientPairDraft, Draft, FileContent
from ekuscan.targets.errors import Problems, shown, suggestion


def approaches(drafts: Iterable[Draft], content: FileContent, problems: Problems) -> Mapping[str, Approach]:
    """The approach of every target of which something was said; names of certificates that do not exist are noted."""
    names = [pair.name for pair in content.client_pairs]
    found = {}
    for draft in drafts:
        approach = Approach(
            client_pairs=tuple(_known(draft, names, problems)),
            key_types=None if draft.key_types is None else draft.key_types == "both",
            proxy=draft.proxy,
        )
        if approach != Approach():
            found[draft.id] = approach
    return found


def client_pairs(content: FileContent, problems: Problems) -> Iterator[ClientPairFile]:
    """The client certificates of a targets file; those whose files are not there are noted. Nothing is read."""
    for draft in content.client_pairs:
        key = draft.key or draft.certificate
        for name, text in (("certificate", draft.certificate), ("key", key)):
            _check_file(content.folder / text, text, name, draft, problems)
        yield ClientPairFile(draft.name, str(content.folder / draft.certificate), str(content.folder / key))


def _known(draft: Draft, names: Collection[str], problems: Problems) -> Iterator[str]:
    for name in dict.fromkeys(draft.client_certificates or ()):
        if name in names:
            yield name
        else:
            where = draft.at("client_certificates")
            problems.add(where, f"found {shown(name)}, no client certificate; {suggestion(name, tuple(names))}")


def _check_file(path: Path, text: str, key: str, draft: ClientPairDraft, problems: Problems) -> None:
    try:
        problem = "is a folder; name a file" if path.is_dir() else None if path.exists() else "does not exist"
    except (OSError, ValueError):  # ValueError: a NUL in the name
        problem = "does not exist"
    if problem and (key == "certificate" or draft.key is not None):
        problems.add(draft.at(key), f"{shown(text, 200)} {problem}")
