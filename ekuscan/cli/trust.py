"""``ekuscan trust show``: which trust data judges, and what it knows of a CA."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from ekuscan.certificates import parse
from ekuscan.cli.refusal import nearest, refuse
from ekuscan.fingerprint import sha256_hex
from ekuscan.names import printable
from ekuscan.policy.days import spoken
from ekuscan.policy.issuance import issues_next
from ekuscan.policy.organization import organization_of
from ekuscan.trust import TrustEntry, TrustStore, TrustStoreError

_MOST = 40
_KINDS = {
    "chrome-root": "roots in the Chrome Root Store",
    "other-root": "other public roots",
    "intermediate": "public intermediates",
    "vendor": "vendor CAs",
}


def show(name: str | None, trust_data: Path | None) -> int:
    """Print the version of the trust data, or the CAs that a name, owner or fingerprint fits."""
    try:
        store = TrustStore.open(trust_data)
    except TrustStoreError as error:
        return refuse(error)
    with store:
        entries = list(store.entries())
        if name is None:
            _summary(store, entries)
            return 0
        found = [entry for entry in entries if _fits(entry, name.strip().lower())]
        found.sort(key=lambda entry: (list(_KINDS).index(str(entry.kind)), entry.display_name))
        if not found:
            known = {entry.owner for entry in entries} | {entry.display_name for entry in entries}
            return refuse(ValueError(f"no CA of the trust data fits {name!r}{nearest(name, known)}"))
        for entry in found[:_MOST]:
            print(_described(entry))
        if len(found) > _MOST:
            print(f"... and {len(found) - _MOST} more; name more of it")
        return 0


def _summary(store: TrustStore, entries: list[TrustEntry]) -> None:
    print(f"Trust data of {store.version.date}, Chrome Root Store {store.version.chrome_store}")
    counts = Counter(str(entry.kind) for entry in entries)
    for kind, number in counts.items():
        print(f"{number:7,}  {_KINDS.get(kind, kind)}")
    ending = sum(entry.kind == "chrome-root" and entry.sct_not_after is not None for entry in entries)
    print(f"{ending:7,}  of Chrome's roots with a cut-off date")


def _fits(entry: TrustEntry, wanted: str) -> bool:
    if wanted in entry.owner.lower() or wanted in entry.display_name.lower():
        return True
    sha256 = sha256_hex(entry.der)
    return len(wanted) >= 8 and sha256.startswith(wanted.replace(":", ""))


def _described(entry: TrustEntry) -> str:
    certificate = parse(entry.der)
    record = certificate.record
    ekus = ", ".join(record.eku.names) or f"EKU {record.eku.state}"
    ends = spoken(record.not_after.date()) if record.not_after else "unreadable"
    lines = [
        printable(entry.display_name or record.subject, 100),
        f"  {_KINDS.get(str(entry.kind), entry.kind)}{_chrome(entry)}",
        f"  subject  {printable(record.subject, 200)}",
        f"  SHA-256  {certificate.sha256}",
        f"  {record.key}, {ekus}, ends {ends}",
    ]
    if entry.owner:
        lines.append(f"  owner    {printable(entry.owner, 100)}: {_issues(entry, record.subject)}")
    return "\n".join(lines)


def _chrome(entry: TrustEntry) -> str:
    if entry.sct_not_after is not None:
        return f", for certificates logged until {spoken(entry.sct_not_after.date())}"
    return f", last in version {entry.chrome_until}" if entry.chrome_until else ""


def _issues(entry: TrustEntry, subject: str) -> str:
    """What the owner's policy gives for its next certificates, as of today."""
    class_ = {"chrome-root": "public-chrome", "vendor": "vendor"}.get(str(entry.kind), "public-other")
    today = datetime.now(UTC).date()
    found = issues_next(entry.owner, organization_of(subject), entry.display_name, class_, today)
    if found.default == "keep":
        return "no policy touches it"
    word = "issues both EKUs" if found.default == "both" else "issues serverAuth only"
    if found.on_request:
        until = f" until {spoken(found.on_request_until)}" if found.on_request_until else ""
        word += f", both on request{until}"
    return word
