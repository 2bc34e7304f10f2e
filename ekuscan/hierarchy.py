"""Who issued a chain: a public CA inside or outside Chrome's store, a vendor, a private CA, itself, or undecided.

Only signatures decide. A name copied from a public CA proves nothing, and the absence of a CA from the trust data does
not prove that it is private: a certificate that bears the marks of public ones (embedded signed certificate timestamps,
a policy of the CA/Browser Forum) stays undecided until the site says what its root is.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ekuscan.chain import Link, Path, Paths
from ekuscan.extensions import FRAME_FLAW
from ekuscan.model import Certainty, ChromeState, Hierarchy, HierarchyClass
from ekuscan.names import common_name, display_name, name_text, organisation, printable
from ekuscan.trust import TrustEntry, TrustStore, VendorName

_BASELINE_POLICIES = "2.23.140.1."
_ABSENT = ChromeState("absent")
_HIDING = frozenset(
    {FRAME_FLAW, "signed certificate timestamps cannot be decoded", "certificate policies cannot be decoded"}
)
_CONFIRM = 'confirm it by naming its root under "trust:" in the targets file'


class _Found(NamedTuple):
    class_: HierarchyClass
    certainty: Certainty
    root: str | None
    owner: str | None
    evidence: list[str]


def classify(paths: Paths, store: TrustStore) -> Hierarchy:
    """Who issued the end-entity of ``paths``. The strongest path decides; all of Chrome's roots are weighed."""
    chrome = _ABSENT
    found = _vendor(paths)
    if found is None and (roots := _chrome_roots(paths)):
        chrome = _chrome_state(paths, roots)
        found = _public_chrome(paths, roots[0], chrome, store)
    found = found or _public_other(paths, store) or _site(paths) or _vendor_by_name(paths, store) or _unknown(paths)
    return Hierarchy(
        class_=found.class_,
        root=found.root,
        owner=found.owner,
        chrome=chrome,
        certainty=found.certainty,
        evidence=tuple(found.evidence),
    )


# --- signed by a CA of the trust data ---------------------------------------------------------------------------


def _known(path: Path) -> TrustEntry | None:
    """What the trust data say of the end of a path."""
    return path[-1].entry


def _is_chrome(entry: TrustEntry | None) -> bool:
    return entry is not None and (entry.kind == "chrome-root" or entry.same_key_as is not None)


def _chrome_roots(paths: Paths) -> list[TrustEntry]:
    """The roots in Chrome's store that were reached: those without a cut-off first, then the latest cut-off."""
    found = [entry for path in paths.paths if (entry := _known(path)) is not None and _is_chrome(entry)]
    return sorted(found, key=_weight) if len(found) > 1 else found


def _weight(root: TrustEntry) -> tuple[bool, float, bool]:
    cut_off = root.sct_not_after
    return cut_off is not None, -cut_off.timestamp() if cut_off else 0.0, root.same_key_as is not None


def _chrome_state(paths: Paths, roots: list[TrustEntry]) -> ChromeState:
    cut_off = roots[0].sct_not_after
    if cut_off is None:
        return ChromeState("trusted")
    seen, _ = _issued(paths)
    return ChromeState("phase-out", cut_off, None if seen is None else seen <= cut_off)


def _issued(paths: Paths) -> tuple[datetime | None, str]:
    """When the end-entity was issued, as Chrome looks at it, and in words where that time comes from."""
    reading = paths.end_entity.reading
    if reading.extensions.scts:
        return min(reading.extensions.scts), "its earliest embedded timestamp"
    return reading.not_before, "its start of validity (it embeds no timestamps)"


def _public_chrome(paths: Paths, root: TrustEntry, chrome: ChromeState, store: TrustStore) -> _Found:
    version = store.version.chrome_store
    evidence = [f"signed below {root.display_name}, a root of {root.owner} in the Chrome Root Store {version}"]
    if root.same_key_as is not None:
        evidence = [
            f"signed below {root.display_name}, a root of {root.owner} "
            f"whose key is that of a root in the Chrome Root Store {version}"
        ]
    if chrome.sct_not_after is not None:
        seen, what = _issued(paths)
        when = "unreadable" if seen is None else f"{seen:%Y-%m-%d}"
        evidence.append(
            f"Chrome accepts below it only what was logged until {chrome.sct_not_after:%Y-%m-%d}; {what} is {when}"
        )
    return _Found("public-chrome", "observed", root.display_name, root.owner, evidence)


def _public_other(paths: Paths, store: TrustStore) -> _Found | None:
    for path in paths.anchored:
        root = _known(path)
        if root is not None and root.kind == "other-root":
            stores = f" (stores: {', '.join(root.stores)})" if root.stores else ""
            evidence = [
                f"signed below {root.display_name}, a public root of {root.owner}{stores} "
                f"that is not in the Chrome Root Store {store.version.chrome_store}"
            ]
            if root.chrome_until is not None:
                evidence.append(f"the Chrome Root Store had that root until version {root.chrome_until} or later")
            return _Found("public-other", "observed", root.display_name, root.owner, evidence)
    return None


def _vendor(paths: Paths) -> _Found | None:
    for path in paths.paths:
        for link in path:
            entry = link.entry
            if entry is not None and entry.kind == "vendor":
                evidence = [f"signed below {entry.display_name}, a device CA of {entry.owner}"]
                return _Found("vendor", "observed", _top(path) or entry.display_name, entry.owner, evidence)
    return None


# --- named by the site, or by name alone --------------------------------------------------------------------------


def _site(paths: Paths) -> _Found | None:
    for path in paths.paths:
        for link in path:
            if link.site and not _is_its_own(path[0]):
                name = display_name(link.certificate.reading.subject)
                evidence = [f'signed below {name}, which the targets file names under "trust:"']
                return _Found("private", "declared", name, _issuer(paths), evidence)
    return None


def _is_its_own(end_entity: Link) -> bool:
    return end_entity.certificate.self_signed


def _vendor_by_name(paths: Paths, store: TrustStore) -> _Found | None:
    """A vendor's CA whose certificate is not in the trust data can be told by its name only."""
    for path in paths.paths:
        names = [link.certificate.reading.subject for link in path[1:]]
        if not path[-1].is_end:
            names.append(path[-1].certificate.reading.issuer)
        for name in names:
            known = vendor_named(name, store)
            if known is not None:
                evidence = [
                    f"names {known.common_name} as its issuer, a CA of {known.owner} ({known.role}) "
                    "that is known by name only: the signature could not be checked"
                ]
                return _Found("vendor", "inferred", known.common_name, known.owner, evidence)
    return None


def vendor_named(name: bytes, store: TrustStore) -> VendorName | None:
    """The vendor's CA of this DER Name, of those that are known by name only."""
    known = store.vendor_name(common_name(name) or "")
    return known if known is not None and (organisation(name) or "").startswith(known.organisation) else None


# --- unknown --------------------------------------------------------------------------------------------------------


def _unknown(paths: Paths) -> _Found:
    if _is_its_own(paths.paths[0][0]):
        return _Found("self-signed", "observed", None, None, ["signed with its own key"])
    evidence = _namesakes(paths)
    disclosed = next((root for path in paths.paths if (root := _known(path)) and root.kind == "other-root"), None)
    if disclosed is not None:
        evidence.append(
            f"signed below {disclosed.display_name}, a root of {disclosed.owner} that is known, but in no root store"
        )
        return _Found("undecided", "inferred", disclosed.display_name, disclosed.owner, evidence)
    if not paths.end_entity.reading.tbs:
        return _Found("undecided", "inferred", None, None, ["it cannot be read as a certificate"])
    evidence.append(f"its issuer {printable(_issuer_name(paths))} is not in the trust data")
    marks = _public_marks(paths)
    top = _top(paths.paths[0])
    if marks:
        return _Found("undecided", "inferred", top, _issuer(paths), [*evidence, *marks, _CONFIRM])
    evidence.append(f"it bears no mark of a public certificate: {_CONFIRM}")
    return _Found("private", "inferred", top, _issuer(paths), evidence)


def _public_marks(paths: Paths) -> list[str]:
    extensions = paths.end_entity.extensions
    marks = []
    if extensions.scts:
        marks.append("it embeds signed certificate timestamps, as publicly trusted certificates do")
    policy = next((oid for oid in extensions.policies if oid.startswith(_BASELINE_POLICIES)), None)
    if policy is not None:
        marks.append(f"it names the CA/Browser Forum policy {policy}")
    if not marks and not _HIDING.isdisjoint(extensions.flaws):
        marks.append("not all of its extensions can be read: it may bear the marks of a public certificate")
    return marks


def _namesakes(paths: Paths) -> list[str]:
    names = dict.fromkeys(display_name(link.certificate.reading.subject) for link in paths.namesakes)
    return [f"it names {name} as an issuer, but the key of the known CA of that name did not sign it" for name in names]


def _top(path: Path) -> str | None:
    """The name of the root a path ends in, if that is one."""
    last = path[-1]
    if len(path) < 2 or not last.is_end:
        return None
    return last.entry.display_name if last.entry else display_name(last.certificate.reading.subject)


def _issuer_name(paths: Paths) -> str:
    return name_text(paths.end_entity.reading.issuer)


def _issuer(paths: Paths) -> str | None:
    """The organisation that the end-entity names as its issuer, for want of an owner in the trust data."""
    issuer = paths.end_entity.reading.issuer
    return (organisation(issuer) or display_name(issuer)) if issuer else None
