"""Names that tell whose estate it is, and the words that stand for them where they are not to be told.

A name is replaced wherever it stands as a word, in any case; one name has one stand-in throughout a result.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from ipaddress import ip_address

from ekuscan.model import Certificate, Endpoint, Run, Target
from ekuscan.rules.tables import Tables

_LEAST = 3
"""Shorter parts of names (a country, a domain's "de") tell nothing by themselves."""

_RUN = re.compile(r"[^\W_]+")
_PART = re.compile(r"(?:^|[,+])[A-Za-z0-9.]+=((?:\\.|[^,+\\])*)")
_ESCAPE = re.compile(r"\\(.)")
_PUBLIC = ("public-chrome", "public-other", "vendor")


class StandIns:
    """The stand-in of each name, given in the order in which the names come."""

    def __init__(self, public: Collection[str] = ()) -> None:
        """``public`` are names that everybody knows: they stay."""
        self._public = {name.lower() for name in public}
        self._words: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._by_run: dict[str, list[str]] = {}
        self._without_run: list[str] = []

    def add(self, name: str | None, kind: str, form: str = "{}") -> None:
        """Give a name its stand-in: its kind and a number, in ``form``."""
        word = (name or "").strip().lower()
        if not word or word in self._words or word in self._public:
            return
        self._counts[kind] = self._counts.get(kind, 0) + 1
        self._words[word] = form.format(f"{kind}-{self._counts[kind]}")
        first = _RUN.search(word)
        if first is None:
            self._without_run.append(word)
            return
        others = self._by_run.setdefault(first[0], [])
        others.append(word)
        others.sort(key=len, reverse=True)

    def replaced(self, text: str) -> str:
        """The text with each name's stand-in in its place; of names within each other the longest counts."""
        lower = text.lower()
        if len(lower) != len(text):  # a capital whose small form is two characters
            text = lower
        pieces, at = [], 0
        for run in _RUN.finditer(lower):
            found = self._at(lower, run) if run.start() >= at else None
            if found is not None and found[0] >= at:
                pieces += [text[at : found[0]], self._words[found[1]]]
                at = found[0] + len(found[1])
        whole = "".join([*pieces, text[at:]])
        for word in self._without_run:
            whole = whole.replace(word, self._words[word])
        return whole

    def _at(self, text: str, run: re.Match[str]) -> tuple[int, str] | None:
        """The longest name whose first letters or digits are this run of the text, and where it begins."""
        for word in self._by_run.get(run[0], ()):
            first = _RUN.search(word)
            start = run.start() - (first.start() if first else 0)
            end = start + len(word)
            if (
                start >= 0
                and text.startswith(word, start)
                and not (word[-1:].isalnum() and text[end : end + 1].isalnum())
            ):
                return start, word
        return None


def stand_ins(run: Run, tables: Tables) -> StandIns:
    """The stand-ins of all names in a run. Names of public CAs and of the vendor's stay."""
    own = _own_certificates(run)
    public = [*_names_of_public_cas(run), *tables.use_cases]
    found = StandIns(public)
    for target in run.targets:
        found.add(target.id, "box")
    for target in run.targets:
        _of_target(target, found, tables)
    for observation in run.observations:
        _of_endpoint(observation.endpoint, found)
        _host(observation.address, found)
        for sight in observation.sights:
            found.add(sight.presented_as, "client-certificate")
        for ca in observation.accepts:
            if ca.class_ not in _PUBLIC:
                _distinguished(ca.name, found)
    _of_connections(run, found, tables)
    for sha256 in own:
        _of_certificate(run.certificates[sha256], found)
    found.add(run.run.vantage, "vantage")
    known = _known(run)
    for waiver in (*run.run.waivers, *(one.waived for one in run.verdicts if one.waived is not None)):
        found.add(waiver.owner, "owner")
        for end in waiver.verdict.partition("/")[0].split(">"):
            if end not in known and end != "*":
                found.add(end, "box")
    return found


def public_certificates(run: Run) -> set[str]:
    """The CA certificates that everybody knows: those above the end-entity of chains that public CAs or the vendor
    issued."""
    chains = [chain for chain in run.chains.values() if chain.hierarchy.class_ in _PUBLIC]
    above = {one for chain in chains for path in chain.paths for one in path[1:]}
    return above - {path[0] for chain in run.chains.values() for path in chain.paths if path}


def _own_certificates(run: Run) -> Iterator[str]:
    known = public_certificates(run)
    return (sha256 for sha256 in run.certificates if sha256 not in known)


def _names_of_public_cas(run: Run) -> Iterator[str]:
    known = public_certificates(run)
    for sha256 in known & run.certificates.keys():
        for name in (run.certificates[sha256].subject, run.certificates[sha256].issuer):
            yield name
            yield from _parts(name)
    for chain in run.chains.values():
        if chain.hierarchy.class_ in _PUBLIC:
            yield from (name for name in (chain.hierarchy.root, chain.hierarchy.owner) if name)
            leaf = run.certificates.get(chain.paths[0][0] if chain.paths and chain.paths[0] else "")
            yield from (leaf.issuer, *_parts(leaf.issuer)) if leaf is not None else ()


def _of_target(target: Target, found: StandIns, tables: Tables) -> None:
    _host(target.id, found)
    found.add(target.cluster, "cluster")
    for tag in target.tags:
        found.add(tag, "tag")
    _of_settings({name: fact.value for name, fact in target.settings.items()}, found, tables)


def _of_settings(settings: Mapping[str, str], found: StandIns, tables: Tables) -> None:
    """The values of settings that are any text: names of hosts, subjects, paths."""
    for name, value in settings.items():
        row = tables.settings.get(name)
        if row is None or not row.values:
            _host(value, found)
            found.add(value, "name")


def _of_endpoint(endpoint: Endpoint, found: StandIns) -> None:
    _host(endpoint.host, found)
    _host(endpoint.server_name, found)


def _known(run: Run) -> set[str | None]:
    return {target.id for target in run.targets} | {target.cluster for target in run.targets}


def _of_connections(run: Run, found: StandIns, tables: Tables) -> None:
    known = _known(run)
    for connection in run.connections:
        for end in (connection.from_, connection.to):
            if end not in known:
                found.add(end, "box")
        _of_settings({name: fact.value for name, fact in connection.settings.items()}, found, tables)
    for problem in run.problems:
        found.add(problem.target, "box")


def _of_certificate(certificate: Certificate, found: StandIns) -> None:
    for name in certificate.san:
        kind, _, value = name.partition(":")
        _host((value or kind).removeprefix("*."), found)
    _distinguished(certificate.subject, found)
    _distinguished(certificate.issuer, found)


def _distinguished(name: str, found: StandIns) -> None:
    found.add(name, "subject")
    for part in _parts(name):
        _host(part.removeprefix("*."), found)
        found.add(part, "name")


def _parts(name: str) -> list[str]:
    """The values in a name as RFC 4514 writes it, as they are written there and without its escapes."""
    written = [match[1] for match in _PART.finditer(name)]
    return [one for text in written for one in (text, _ESCAPE.sub(r"\1", text)) if len(one) >= _LEAST]


def _host(host: str | None, found: StandIns) -> None:
    """A host's name with its first label and the domains that it is in, or an address."""
    name = (host or "").strip().strip("[]").rstrip(".")
    if not name or " " in name:
        return
    try:
        ip_address(name.partition("%")[0])
    except ValueError:
        pass
    else:
        found.add(name, "address")
        return
    labels = name.split(".")
    if len(labels) < 2:
        return
    found.add(name, "host", "{}.invalid")
    for place in range(1, len(labels) - 1):
        found.add(".".join(labels[place:]), "domain", "{}.invalid")
    for label in (labels[0], labels[-2]):
        if len(label) >= _LEAST:
            found.add(label, "label")
