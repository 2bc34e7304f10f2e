"""A run without the names of an estate: what is left are stand-ins, EKU facts, dates and verdicts.

Certificates hold names, so their bytes go. Fingerprint and serial number of the site's own ones go too: under either a
certificate of a public CA is found, with its names, in public logs.
"""

from __future__ import annotations

import types
from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from ekuscan.fingerprint import chain_id
from ekuscan.model import Banner, Certificate, RemedyWork, RulesVersion, Run, Source, TrustVersion, Waiver
from ekuscan.report.stand_ins import StandIns, public_certificates, stand_ins
from ekuscan.rules.tables import Tables

# What the tables say and which they are, whoever's estate it is: a host in a vendor's domain is no reason to cut a URL.
_OF_EKUSCAN = (Source, RemedyWork, RulesVersion, TrustVersion)


def redacted(run: Run, tables: Tables) -> Run:
    """The run as somebody may read it who is not to know whose it is."""
    names = stand_ins(run, tables)
    known = public_certificates(run)
    hexes = {one: f"{place:064x}" for place, one in enumerate(run.certificates, 1) if one not in known}
    for id_, chain in run.chains.items():
        told = [hexes.get(one, one) for one in chain.presented]
        hexes[id_] = chain_id(told) if told else f"{len(hexes) + 1:064x}"
    bare = replace(
        run,
        run=replace(run.run, inventory=None, waivers=tuple(map(_unsaid, run.run.waivers))),
        verdicts=tuple(replace(one, waived=_unsaid(one.waived)) if one.waived else one for one in run.verdicts),
        certificates={one: _bare(found, one in known) for one, found in run.certificates.items()},
        observations=tuple(
            replace(one, banner=one.banner and _without_words(one.banner), presented={}, ca_names={})
            for one in run.observations
        ),
    )
    shown: Run = _Reader(names, hexes).read(Run, bare)
    return replace(shown, run=replace(shown.run, id=run.run.id, ekuscan=run.run.ekuscan))


def _unsaid(waiver: Waiver) -> Waiver:
    """Why something is accepted is a person's own words, and may name anybody."""
    return replace(waiver, reason="")


def _bare(certificate: Certificate, known: bool) -> Certificate:
    return replace(certificate, pem="", serial=certificate.serial if known else "")


def _without_words(banner: Banner) -> Banner:
    return replace(banner, raw="")


class _Reader:
    """Goes through everything that a run holds. Words of closed lists stay, and so do numbers and times."""

    def __init__(self, names: StandIns, hexes: Mapping[str, str]) -> None:
        self._names = names
        self._hexes = hexes
        self._told: dict[str, str] = {}

    def read(self, hint: Any, value: Any) -> Any:
        origin, arguments = get_origin(hint), get_args(hint)
        if value is None or origin is Literal:
            return value
        if origin in (types.UnionType, Union):
            return self.read(arguments[0], value)
        if origin is tuple:
            return tuple([self.read(arguments[0], one) for one in value])
        if origin is Mapping:
            return {self.read(arguments[0], key): self.read(arguments[1], one) for key, one in value.items()}
        if hint is str:
            return self._text(value)
        if hint in _OF_EKUSCAN:
            return value
        if isinstance(hint, type) and is_dataclass(hint):
            hints = _hints(hint)
            return hint(**{one.name: self.read(hints[one.name], getattr(value, one.name)) for one in fields(hint)})
        return value

    def _text(self, text: str) -> str:
        if text in self._hexes:
            return self._hexes[text]
        if text not in self._told:
            self._told[text] = self._names.replaced(text)
        return self._told[text]


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)
