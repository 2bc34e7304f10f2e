"""The result as evidence in one archive, for a support case or a change board: the report, the result itself, each
certificate as a file, the CA names and alerts of each port, the versions judged by, and a hash of everything.

The same result gives the same bytes: members are sorted, and their times are the run's.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC

from ekuscan.model import Failure, Observation, Run
from ekuscan.report import json_document, table
from ekuscan.report.records import records
from ekuscan.report.redaction import redacted
from ekuscan.report.rendering import Rendering, instant, request_of, said

MANIFEST = "MANIFEST.sha256"
_WIDTH = 100
_EARLIEST = 1980
"""The first year that the directory of a zip file can hold (APPNOTE 4.4.6)."""


def render(given: Rendering) -> Iterator[bytes]:
    """The archive."""
    run = redacted(given.run, given.tables) if given.redact else given.run
    members = dict(sorted(_members(run, given).items()))
    members[MANIFEST] = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in members.items()
    ).encode()
    when = run.run.started.astimezone(UTC)
    stamp = (max(when.year, _EARLIEST), when.month, when.day, when.hour, when.minute, when.second)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as written:
        for name, data in members.items():
            entry = zipfile.ZipInfo(name, stamp)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            written.writestr(entry, data)
    yield archive.getvalue()


def _members(run: Run, given: Rendering) -> dict[str, bytes]:
    report = table.render(
        run, width=_WIDTH, verbose=True, color=False, unicode=True, titles=given.titles, now=given.now
    )
    texts = {
        "report.txt": "".join(report),
        "run.json": "".join(json_document.render(records(run), run.problems, run.plan, run.remedy_work)),
        "ca-names.txt": "".join(_ca_names(run)),
        "alerts.txt": "".join(_alerts(run)),
        "versions.json": json.dumps(_versions(run), indent=1) + "\n",
        "README.txt": _README + (_REDACTED if given.redact else ""),
    }
    if not given.redact:
        texts |= {f"certificates/{sha256}.pem": one.pem for sha256, one in run.certificates.items()}
    return {name: text.encode("utf-8", "backslashreplace") for name, text in texts.items()}


def _ca_names(run: Run) -> Iterator[str]:
    """Of each port that asks for a client certificate, the CAs that it takes one from."""
    for one in run.observations:
        asks = request_of(one)
        names = list(dict.fromkeys(name for sight in one.sights for name in sight.client_certificate.ca_names))
        if asks in ("optional", "required"):
            more = " and more" if one.ca_names_cut else ""
            yield f"{said(one.endpoint.id)}: certificate {asks}, {len(names)} CA names{more}\n"
            yield from (f"  {said(name)}\n" for name in names)


def _alerts(run: Run) -> Iterator[str]:
    """Of each port how its handshakes ended, where it was not as usual."""
    for one in run.observations:
        lines = list(_ended(one))
        if lines:
            yield f"{said(one.endpoint.id)}: {one.status}\n"
            yield from (f"  {said(line)}\n" for line in lines)


def _ended(observation: Observation) -> Iterator[str]:
    for sight in observation.sights:
        for alert in sight.alerts:
            yield f"{instant(sight.started)} {sight.offer}: {alert.direction} {alert.level} {alert.number} {alert.name}"
        if sight.failure is not None:
            yield f"{instant(sight.started)} {sight.offer}: {_why(sight.failure)}"
    failure = observation.failure
    if failure is not None and not observation.sights:
        yield _why(failure)


def _why(failure: Failure) -> str:
    return f"{failure.stage}: {failure.reason}: {failure.detail}"


def _versions(run: Run) -> dict[str, object]:
    info = run.run
    return {
        "ekuscan": info.ekuscan,
        "rules": asdict(info.rules),
        "trust_data": asdict(info.trust_data),
        "run": info.id,
        "started": instant(info.started),
        "as_of": instant(info.as_of),
        "complete": info.complete,
    }


_README = f"""Evidence of one run of ekuscan.

report.txt            what breaks, why, and what to do
run.json              the whole result (ekuscan.run/1); ekuscan report run.json gives any other format of it
certificates/*.pem    every certificate, named by its SHA-256 fingerprint
ca-names.txt          the CAs from which each port takes client certificates
alerts.txt            TLS alerts, and where handshakes ended
versions.json         the rules and the trust data that the run was judged by
{MANIFEST}       the SHA-256 of every file here; sha256sum -c {MANIFEST} checks them
"""
_REDACTED = """
Names are left out: each host, address, box and subject has one stand-in throughout. Certificates hold names, so there
are none here; their EKUs, dates and issuing hierarchies are in run.json. Numbers stand for the fingerprints of the
site's own certificates.
"""
