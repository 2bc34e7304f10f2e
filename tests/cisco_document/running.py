"""Situations run twice over: through the command line as a person does, and through the verdicts alone.

The second way judges one situation again under other rule tables without reading anything again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from typer.testing import CliRunner

from ekuscan.advice import is_fine
from ekuscan.assessment import ChainBook
from ekuscan.certificate_files import read_certificates
from ekuscan.cli.app import app
from ekuscan.cli.knowledge import knowledge, moment, vocabulary
from ekuscan.model import Connection, Fact, Inventory, RulesVersion, RunInfo, SlotFile, Target, Verdict
from ekuscan.profiles.load import profile, role_named
from ekuscan.rules.tables import Tables
from ekuscan.run import Knowledge, Options, Piece, RunInProgress
from ekuscan.targets.load import TargetRequest, load
from ekuscan.trust import TrustStore
from ekuscan.verdict.clusters import wholes
from ekuscan.verdict.estate import Estate, Seen
from ekuscan.verdict.facts import CaList
from ekuscan.verdict.judge import UPLOAD_CHECKS, WIRE_CHECKS, judge
from tests.cisco_document.situation import TODAY, Situation, Upload
from tests.cisco_document.world import World

Verdicts = list[Mapping[str, Any]]
UPLOAD_USE_CASES = frozenset({"upload-server", "upload-client", "upload-certificate"})


# --- the command line ---------------------------------------------------------------------------------------------


def scan(situation: Situation, world: World) -> dict[str, Any]:
    """The document that ``ekuscan scan --format json`` prints for a situation."""
    file = world.folder / f"{situation.name[:120]}.yaml"
    file.write_text(situation.targets, encoding="utf-8")
    return _json(["scan", "-f", str(file), "--as-of", situation.as_of, *situation.args, *_trust(world)])


def inspect(upload: Upload, world: World) -> dict[str, Any]:
    """The document that ``ekuscan inspect --format json`` prints for a file."""
    settings = [word for setting in upload.settings for word in ("--set", setting)]
    slot = [word for name in upload.slots for word in ("--slot", name)]
    file = str(world.folder / upload.file)
    return _json(["inspect", file, "--as", upload.role, *settings, *slot, "--as-of", TODAY, *_trust(world)])


def explain(subject: str) -> str:
    """What ``ekuscan explain`` prints for a subject."""
    result = CliRunner().invoke(app, ["explain", subject])
    assert result.exit_code == 0, f"explain {subject}: exit {result.exit_code}\n{result.output}"
    return result.stdout


def _trust(world: World) -> list[str]:
    return ["--trust-data", str(world.trust_data), "--format", "json"]


def _json(arguments: Sequence[str]) -> dict[str, Any]:
    result = CliRunner().invoke(app, arguments)
    said = f"exit {result.exit_code}\n{result.stderr}"
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code in (0, 1, 3), said
    document: dict[str, Any] = json.loads(result.stdout)
    assert document["summary"]["exit"] == result.exit_code, said
    return document


def upload_verdicts(verdicts: Verdicts) -> Verdicts:
    """The verdicts about the upload alone, without the target, which is the file, in ids and facts."""
    return [_without_target(verdict) for verdict in verdicts if verdict["use_case"] in UPLOAD_USE_CASES]


def _without_target(verdict: Mapping[str, Any]) -> Mapping[str, Any]:
    target, _, id_ = verdict["id"].partition("/")
    prefix = f"{target}."
    return {
        **verdict,
        "id": id_,
        "assumed": [fact.removeprefix(prefix) for fact in verdict["assumed"]],
        "forks": [{**fork, "fact": fork["fact"].removeprefix(prefix)} for fork in verdict["forks"]],
    }


# --- the verdicts alone -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prepared:
    """A situation with its certificates read and judged: everything that does not depend on the rule tables."""

    targets: Mapping[str, Target]
    connections: Sequence[Connection]
    book: ChainBook
    as_of: datetime
    far_ends: bool
    uploads: bool
    ca_lists: Mapping[tuple[str, str], CaList] = field(default_factory=dict)
    trusted_cas: Mapping[str, CaList] = field(default_factory=dict)


def prepare(case: Situation | Upload, world: World, store: TrustStore) -> Prepared:
    """Read a situation's targets and files once."""
    known = knowledge()
    inventory = _inventory(case, world, known) if isinstance(case, Situation) else _candidate(case, world)
    uploads = isinstance(case, Upload)
    as_of = moment(case.as_of if isinstance(case, Situation) else TODAY, datetime.now(UTC))
    assume = not (isinstance(case, Situation) and "--no-assume" in case.args)
    book = ChainBook(store, inventory.trust)
    # Without rules the run fills slots and connections, and judges nothing.
    unjudged = Knowledge(replace(known.tables, rules=()), known.policy)
    options = Options(as_of, assume=assume, candidates=uploads)
    run = RunInProgress(_info(as_of, store), inventory, unjudged, book, options)
    pieces = list(run.begin())
    return Prepared(
        {target.id: target for piece in pieces for target in piece.targets},
        _connections(pieces),
        book,
        as_of,
        assume and not uploads,
        uploads,
    )


def listing_other_cas(prepared: Prepared, target: str, service: str) -> Prepared:
    """The same where a service of a target was seen to list CAs, and none that issued a certificate of the estate."""
    other = CaList("Another Root", dict.fromkeys(prepared.book.chains, False))
    return replace(prepared, ca_lists={**prepared.ca_lists, (target, service): other})


def trusting_other_cas(prepared: Prepared, target: str) -> Prepared:
    """The same where a target was told to trust CAs, and none that issued a certificate of the estate."""
    other = CaList("Another Root", dict.fromkeys(prepared.book.chains, False))
    return replace(prepared, trusted_cas={**prepared.trusted_cas, target: other})


def _connections(pieces: Sequence[Piece]) -> tuple[Connection, ...]:
    return tuple(connection for piece in pieces for connection in piece.connections)


def _inventory(situation: Situation, world: World, known: Knowledge) -> Inventory:
    file = world.folder / "prepared.yaml"
    file.write_text(situation.targets, encoding="utf-8")
    return load(TargetRequest(file=file), vocabulary(known.tables), read_certificates)


def _candidate(upload: Upload, world: World) -> Inventory:
    role, _, release = upload.role.partition("@")
    name = role_named(role)
    assert name is not None, role
    settings = {key: Fact(value, "declared") for key, value in (setting.split("=") for setting in upload.settings)}
    target = Target(upload.file, name, "declared", release, "declared", settings=settings)
    path = world.folder / upload.file
    ders = tuple(read_certificates(path.read_bytes(), upload.file))
    slots = upload.slots or (("server", "client") if role.startswith("expressway") else (profile(name).default_slot,))
    return Inventory((target,), slot_files=tuple(SlotFile(upload.file, slot, ders, upload.file) for slot in slots))


def _info(as_of: datetime, store: TrustStore) -> RunInfo:
    return RunInfo("test", as_of, None, False, as_of, "test", None, RulesVersion("", ""), store.version)


def judged_under(prepared: Prepared, tables: Tables) -> Verdicts:
    """The verdicts of a prepared situation under some rule tables, as far as `situation.differences` reads them."""
    seen = Seen(
        targets=prepared.targets,
        connections=prepared.connections,
        certificates=prepared.book.certificates,
        chains=prepared.book.chains,
        as_of=prepared.as_of,
        far_ends=prepared.far_ends,
        ca_lists=prepared.ca_lists,
        trusted_cas=prepared.trusted_cas,
    )
    estate = Estate(seen, tables, knowledge().policy)
    checks = UPLOAD_CHECKS if prepared.uploads else WIRE_CHECKS
    judged = judge(estate, 45, checks)
    verdicts: Verdicts = [_shown(item.verdict) for item in (*judged, *wholes(judged, estate, is_fine))]
    return upload_verdicts(verdicts) if prepared.uploads else verdicts


def _shown(verdict: Verdict) -> Mapping[str, Any]:
    return {
        "id": verdict.id,
        "use_case": verdict.use_case,
        "now": verdict.now,
        "next": verdict.next,
        "forks": [
            {
                "fact": fork.fact,
                "values": {value: {"now": branch.now, "next": branch.next} for value, branch in fork.values.items()},
            }
            for fork in verdict.forks
        ],
        "assumed": verdict.assumed,
        "if_used": verdict.if_used,
        "confidence": verdict.confidence,
        "because": [{"fact": because.fact} for because in verdict.because],
    }
