"""Runs made by hand for the report tests: the estate of the design's example, a large and a clean one, failures."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ekuscan.model import (
    AcceptedCa,
    Alert,
    Answer,
    Banner,
    Because,
    Certificate,
    Chain,
    ChromeState,
    ClientCertificate,
    Connection,
    Eku,
    Endpoint,
    EndpointCounts,
    EndpointStatus,
    Fact,
    Failure,
    Fork,
    ForkBranch,
    Hierarchy,
    HierarchyClass,
    Notice,
    Observation,
    Outcome,
    Plan,
    PlanStep,
    Problem,
    Purpose,
    Remedy,
    RemedyWork,
    Request,
    RoleName,
    RulesVersion,
    Run,
    RunInfo,
    Sight,
    SlotContent,
    Source,
    Stack,
    Summary,
    Target,
    TlsParameters,
    TrustVersion,
    Verdict,
)

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
SERVER_AUTH, CLIENT_AUTH = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
STACKS: tuple[Stack, ...] = ("openssl", "go", "java", "webpki", "boringssl", "nss", "gnutls", "erlang", "mbedtls")
BOTH, SERVER, NEITHER = (SERVER_AUTH, CLIENT_AUTH), (SERVER_AUTH,), ()
SOURCES = (
    Source("S", "Client authentication EKU in public certificates", "https://example.com/eku", "2026-11-20"),
    Source("FN-EXP", "Field notice for Expressway", "https://example.com/field-notice", "2026-11-20"),
)

TITLES = {
    "uc-traversal": "UC traversal zone",
    "mra": "MRA",
    "neighbor-zone": "Neighbor zone",
    "sip-b2b": "B2B SIP calls",
    "sip-im-federation": "SIP IM federation",
    "edge-audio": "Webex Edge Audio",
    "cloud-onboarding": "Cisco cloud onboarding",
    "https": "Web interface",
}


def fingerprint(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def certificate(
    name: str, issuer: str, oids: Sequence[str], not_after: datetime | None, **changes: object
) -> Certificate:
    names = {SERVER_AUTH: "serverAuth", CLIENT_AUTH: "clientAuth"}
    eku = Eku("listed", None, tuple(oids), tuple(names.get(oid, oid) for oid in oids)) if oids else Eku("absent")
    plain = Certificate(
        subject=f"CN={name},O=Example",
        issuer=issuer,
        serial="0a1b2c",
        not_before=NOW - timedelta(days=200),
        not_after=not_after,
        key="RSA 2048",
        san=(f"DNS:{name}.example.com",),
        eku=eku,
        scts=(NOW - timedelta(days=200),),
        flaws=(),
        pem="-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----\n",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def chain(
    presented: Sequence[str], class_: HierarchyClass, root: str | None, owner: str | None, oids: Sequence[str]
) -> Chain:
    purpose = Purpose(SERVER_AUTH in oids or not oids, CLIENT_AUTH in oids or not oids)
    public = class_ == "public-chrome"
    return Chain(
        presented=tuple(presented),
        paths=(tuple(presented),),
        flaws=(),
        hierarchy=Hierarchy(
            class_,
            root,
            owner,
            ChromeState(
                "phase-out" if public else "absent", NOW + timedelta(days=90) if public else None, public or None
            ),
            "observed" if public else "inferred",
            ("the issuer's signature verifies with a packed CA",) if public else ("reaches no packed CA",),
        ),
        effective_eku=dict.fromkeys(STACKS, purpose),
    )


def endpoint(target: str, port: int, protocol: str = "sips", **changes: object) -> Endpoint:
    plain = Endpoint(
        f"{target}:{port}/{protocol}", target, f"{target}.example.com", port, protocol, None, optional=False
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def sight(chain_id: str | None, request: Request, **changes: object) -> Sight:
    plain = Sight(
        offer="default",
        started=NOW,
        seconds=0.012,
        tls=TlsParameters("TLSv1.3", "TLS_AES_256_GCM_SHA384", "x25519"),
        chain=chain_id,
        client_certificate=ClientCertificate(request, None, ()),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def seen(target: str, port: int, chain_id: str | None, request: Request, protocol: str = "sips") -> Observation:
    return Observation(endpoint(target, port, protocol), "192.0.2.7", "seen", None, (sight(chain_id, request),))


def unseen(target: str, port: int, failure: Failure | None, status: EndpointStatus = "failed") -> Observation:
    return Observation(endpoint(target, port, optional=status == "closed"), None, status, failure, ())


def target(name: str, role: RoleName, release: str | None, slots: Sequence[SlotContent], **changes: object) -> Target:
    plain = Target(name, role, "declared", release, "declared", slots=tuple(slots))
    return replace(plain, **changes)  # type: ignore[arg-type]


def verdict(
    rule: str, use_case: str, dials: str, answers: str | None, outcome: Outcome, sha256: str | None, **changes: object
) -> Verdict:
    pair = dials if answers is None else f"{dials}>{answers}"
    now: Answer = {"breaks-now": "breaks", "breaks-at-renewal": "ok"}.get(outcome, outcome)  # type: ignore[assignment]
    plain = Verdict(
        id=f"{pair}/{use_case}/{rule}",
        rule=rule,
        use_case=use_case,
        part_of=None,
        connection=None,
        target=dials,
        slot="server",
        sha256=sha256,
        dials=dials,
        answers=answers,
        verifies=answers,
        if_used=False,
        outcome=outcome,
        now=now,
        next="breaks" if outcome.startswith("breaks") else now,
        when=None,
        severity="none" if outcome == "ok" else "medium",
        certainty="inferred",
        confidence="H",
        text=f"{dials} dials {answers or 'itself'}.",
        because=(Because("presents.eku", "server", "observed"), Because("presents.release", "X15.4", "declared")),
        source=SOURCES,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def remedy() -> Remedy:
    return Remedy("ca-on-request", "Ask the CA for clientAuth.", NOW, ("exp-c1>exp-e1/uc-traversal/X11",))


def problem(
    verdicts: Sequence[Verdict], section: str, title: str, text: str, action: str, **changes: object
) -> Problem:
    first = verdicts[0]
    plain = Problem(
        section=section,  # type: ignore[arg-type]
        target=first.target,
        peer=first.answers,
        slot=first.slot,
        title=title,
        text=text,
        action=action,
        when=first.when,
        rules=tuple(dict.fromkeys(one.rule for one in verdicts)),
        verdicts=tuple(one.id for one in verdicts),
        remedy=Remedy("private-ca-c", action, None, tuple(one.id for one in verdicts)),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def run(
    targets: Sequence[Target],
    observations: Sequence[Observation],
    certificates: dict[str, Certificate],
    chains: dict[str, Chain],
    verdicts: Sequence[Verdict] = (),
    problems: Sequence[Problem] = (),
    connections: Sequence[Connection] = (),
    exit_code: int = 0,
) -> Run:
    statuses = [observation.status for observation in observations]
    outcomes: dict[Outcome, int] = {}
    for one in verdicts:
        outcomes[one.outcome] = outcomes.get(one.outcome, 0) + 1
    counts = EndpointCounts(*(statuses.count(name) for name in ("seen", "partial", "closed", "failed", "skipped")))
    info = RunInfo(
        id="20261123T140200Z-6f2a",
        started=NOW,
        finished=NOW + timedelta(seconds=9),
        complete=True,
        as_of=NOW,
        ekuscan="0.1.0",
        vantage=None,
        rules=RulesVersion("2026-11-20", fingerprint("rules")),
        trust_data=TrustVersion("2026-11-18", "39"),
    )
    return Run(
        info,
        tuple(targets),
        tuple(connections),
        certificates,
        chains,
        tuple(observations),
        tuple(verdicts),
        tuple(problems),
        Summary(outcomes, counts, 0, exit_code),
    )


# --- the estate of the design's example -----------------------------------------------------------------------

DIGICERT = "CN=DigiCert Global G2 TLS RSA SHA256 2020 CA1,O=DigiCert Inc,C=US"
DIGICERT_ROOT = "DigiCert Global Root G2"
END_E, END_C, END_CUCM = (datetime(*day, 23, 59, tzinfo=UTC) for day in ((2027, 2, 20), (2027, 5, 28), (2028, 6, 30)))

_PORTS_C: dict[int, Request] = {443: "none", 5061: "optional", 8443: "none"}
_PORTS_E: dict[int, Request] = dict.fromkeys((443, 2776, 5061, 5062, 5222, 6001, 6002, 7001, 8443), "none")
_PORTS_E[7001] = "required"
_PORTS_CUCM: dict[int, Request] = {
    443: "none",
    5061: "required",
    6972: "none",
    8443: "none",
    2443: "none",
    2445: "none",
}


def estate(c1: str = "exp-c1", e1: str = "exp-e1", cucm: str = "cucm1", cube: str = "cube1") -> Run:
    """Two Expressways whose certificates tell the two sides of the change, a CUCM with a private CA, a CUBE, Webex."""
    leaf_c, leaf_e, leaf_u = (fingerprint(name) for name in (c1, e1, cucm))
    issuing, corp = fingerprint("issuing"), fingerprint("corp")
    certificates = {
        leaf_c: certificate(c1, DIGICERT, SERVER, END_C),
        leaf_e: certificate(e1, DIGICERT, BOTH, END_E),
        issuing: certificate("DigiCert Global G2 TLS RSA SHA256 2020 CA1", f"CN={DIGICERT_ROOT}", BOTH, END_CUCM),
        leaf_u: certificate(cucm, "CN=Corp CA,O=Example", BOTH, END_CUCM),
        corp: certificate("Corp CA", "CN=Corp CA,O=Example", NEITHER, END_CUCM),
    }
    chain_c, chain_e, chain_u = (fingerprint("chain " + name) for name in (c1, e1, cucm))
    chains = {
        chain_c: chain((leaf_c, issuing), "public-chrome", DIGICERT_ROOT, "DigiCert", SERVER),
        chain_e: chain((leaf_e, issuing), "public-chrome", DIGICERT_ROOT, "DigiCert", BOTH),
        chain_u: chain((leaf_u, corp), "private", "Corp CA", None, BOTH),
    }
    asking: list[tuple[str, str, int, Request]] = [
        *((c1, chain_c, port, asks) for port, asks in _PORTS_C.items()),
        *((e1, chain_e, port, asks) for port, asks in _PORTS_E.items()),
        *((cucm, chain_u, port, asks) for port, asks in _PORTS_CUCM.items()),
    ]
    observations = [
        *(seen(name, port, id_, asks) for name, id_, port, asks in asking),
        *(unseen(c1, port, Failure("connect", "refused", ""), "closed") for port in (5062, 8446)),
        *(unseen(cucm, port, Failure("connect", "timeout", ""), "closed") for port in (5090, 5091)),
    ]
    return run(
        _targets(observations, (c1, leaf_c, chain_c), (e1, leaf_e, chain_e), (cucm, leaf_u, chain_u), cube),
        observations,
        certificates,
        chains,
        *_answers(c1, e1, cube, leaf_c, leaf_e, leaf_u, cucm),
        [Connection(f"{c1}>{e1}/uc-traversal", "uc-traversal", c1, e1, {"tls_verify": Fact("on", "declared")})],
        exit_code=1,
    )


def _targets(
    observations: Sequence[Observation],
    c1: tuple[str, str, str],
    e1: tuple[str, str, str],
    cucm: tuple[str, str, str],
    cube: str,
) -> list[Target]:
    def slots(names: Sequence[str], name: str, sha256: str, chain_id: str) -> list[SlotContent]:
        ids = tuple(one.endpoint.id for one in observations if one.endpoint.target == name and one.sights)
        first = SlotContent(names[0], sha256, chain_id, "port", ids)
        return [first, *(SlotContent(slot, sha256, chain_id, "same-slot", (), names[0]) for slot in names[1:])]

    return [
        target(c1[0], "expressway-c", "X15.4", slots(("server", "client"), *c1), cluster="core"),
        target(e1[0], "expressway-e", "X15.4", slots(("server", "client"), *e1), tags=("dmz",), line=4),
        target(cucm[0], "cucm", "14SU3", slots(("tomcat", "CallManager"), *cucm)),
        target("Webex", "webex", None, ()),
        target(cube, "outside", None, ()),
    ]


def _answers(
    c1: str, e1: str, cube: str, leaf_c: str, leaf_e: str, leaf_u: str, cucm: str
) -> tuple[list[Verdict], list[Problem]]:
    traversal = verdict(
        "X11", "uc-traversal", c1, e1, "breaks-now", leaf_c, connection=f"{c1}>{e1}/uc-traversal", severity="critical"
    )
    b2b = verdict("X04", "sip-b2b", e1, None, "breaks-at-renewal", leaf_e, if_used=True, when=END_E)
    audio, cloud = (
        verdict(rule, use_case, e1, "Webex", "at-risk", leaf_e, if_used=True, when=END_E)
        for rule, use_case in (("X24", "edge-audio"), ("X25", "cloud-onboarding"))
    )
    fork = Fork(
        "verifies.match_eku",
        "Does the CUBE match the EKU?",
        {"no": ForkBranch("ok", "ok"), "yes": ForkBranch("breaks", "breaks")},
    )
    match = verdict("X19", "neighbor-zone", c1, cube, "depends", leaf_c, forks=(fork,), missing=("verifies.match_eku",))
    fine = [verdict(f"X{30 + n}", "https", cucm, None, "ok", leaf_u) for n in range(14)]
    problems = [
        problem(
            [traversal],
            "broken-now",
            "UC traversal zone 7001: MRA is down",
            f"{c1} (X15.4) always dials and its certificate has no clientAuth; {e1} demands it. Same certificate: "
            "neighbor zone to cucm1 breaks if it is TLS, ssh tunnels 2222, TFTP 6972 and OAuth 5091 at risk.",
            f"Give {c1} a private-CA certificate with both EKUs. Clears all five.",
        ),
        problem(
            [b2b],
            "at-renewal",
            "B2B, SIP federation (if used)",
            "Both EKUs today. DigiCert omits clientAuth unless asked; from 1 Mar 2027 always. Far ends that check it "
            "then refuse; which do is not known.",
            "Renew before 20 Feb with clientAuth asked for: lasts to about 6 Sep 2027.",
            peer="far ends",
        ),
        problem([audio, cloud], "at-risk", "Edge Audio, onboarding (if used)", "", "Step 2 covers it."),
        problem(
            [match],
            "decide",
            "match eku client-auth?  no: fine  yes: broken now",
            "",
            f"Step 1 settles it either way; else set match_eku on {cube} in targets.yaml.",
        ),
    ]
    return [traversal, b2b, audio, cloud, match, *fine], problems


LONG = {
    "c1": "exp-core-frankfurt-01.example.com",
    "e1": "exp-edge-frankfurt-01.example.com",
    "cucm": "cucm-subscriber-02.voice.corp.example.com",
    "cube": "cube-frankfurt-provider-a.example.com",
}


def long_names() -> Run:
    """The same estate under the names that real hosts have, with much that goes wrong around it."""
    whole = estate(**LONG)
    c2, e2 = "exp-core-frankfurt-02.example.com", "exp-edge-frankfurt-02.example.com"
    odd = fingerprint("odd")
    observations = (
        *whole.observations,
        unseen(c2, 5061, Failure("connect", "refused", "nothing listens there")),
        unseen(c2, 443, Failure("connect", "timeout", "no answer within 3 s")),
        unseen(c2, 7001, Failure("connect", "timeout", "no answer within 3 s")),
        Observation(
            endpoint(c2, 5060, "sip-udp"), None, "failed", Failure("preamble", "silent", "no answer to OPTIONS"), ()
        ),
        unseen(e2, 5061, None, "skipped"),
        replace(
            seen(e2, 8443, fingerprint("chain odd"), "unknown"),
            status="partial",
            failure=Failure("after", "reset", "the peer reset the connection", 116),
            banner=Banner("expressway", "X15.5", "TANDBERG/4137 (X15.5)"),
        ),
        replace(
            seen(e2, 443, fingerprint("chain odd"), "required", "https"),
            sights=(
                sight(
                    fingerprint("chain odd"),
                    "required",
                    client_certificate=ClientCertificate("required", "alert", ("CN=Corp CA", "CN=Old CA")),
                    alerts=(Alert("received", "fatal", 116, "certificate_required"),),
                ),
            ),
            accepts=(
                AcceptedCa("CN=Corp CA", "private", None, "yes"),
                AcceptedCa("CN=Old CA", "public-chrome", "Old CA Ltd", "no"),
            ),
        ),
    )
    broken = certificate(
        "odd", "CN=Corp CA", SERVER, None, eku=Eku("malformed", "duplicate"), flaws=("negative serial",)
    )
    purposes = {
        stack: Purpose(True, stack != "nss", None if stack != "nss" else fingerprint("issuing")) for stack in STACKS
    }
    private = replace(
        chain((odd, fingerprint("issuing")), "undecided", None, None, BOTH),
        effective_eku=purposes,
        flaws=("out of order",),
    )
    question = verdict("X40", "sip-b2b", e2, None, "unknown", None, slot="client", missing=("slot:client",))
    slot_question = problem(
        [question],
        "unknown",
        "Which certificate is in the client slot?",
        "Since X15.5 this box has a client certificate of its own, and no port shows it.",
        f"Save it as PEM, then: ekuscan scan --slot {e2}:client=FILE",
        peer=None,
    )
    return replace(
        whole,
        targets=(
            *whole.targets,
            target(c2, "expressway-c", None, [SlotContent("server", None, None, "unseen")], role_from="guessed"),
            target(
                e2,
                "expressway-e",
                "X15.5",
                [
                    SlotContent(
                        "server", odd, fingerprint("chain odd"), "port", (f"{e2}:443/https", f"{e2}:8443/sips")
                    ),
                    SlotContent("client", None, None, "unseen"),
                ],
            ),
        ),
        observations=observations,
        certificates={**whole.certificates, odd: broken},
        chains={**whole.chains, fingerprint("chain odd"): private},
        connections=(
            *whole.connections,
            Connection("assumed-1", "neighbor-zone", LONG["c1"], LONG["cucm"], origin="assumed"),
        ),
        verdicts=(*whole.verdicts, question),
        problems=(_with_ways(whole.problems[0]), *whole.problems[1:3], slot_question, *whole.problems[3:]),
        plan=_plan(whole),
        remedy_work=_WORK,
        notices=_notices(odd, e2),
        summary=replace(whole.summary, endpoints=EndpointCounts(19, 1, 4, 4, 1), undecided=1),
    )


_WORK = {
    "private-ca-c": RemedyWork(
        "Private CA for Expressway-C",
        20,
        False,
        ("Back up certificate and private key first.", "Its peers trust the private root."),
        None,
        "A CA to run; its root goes to every peer.",
        "",
        ("S",),
    ),
    "eku-check-off": RemedyWork(
        "EKU checking off", 12, True, (), "xConfiguration SIP TLS Certificate", "Purposes go unchecked.", "Tunnels.", ()
    ),
}


def _with_ways(first: Problem) -> Problem:
    """A problem with the remedy that it names, and with another one."""
    assert first.remedy is not None
    other = Remedy("eku-check-off", f"Set EKU checking to off on {LONG['e1']}.", None, ())
    return replace(first, ways=(first.remedy, other))


def _plan(whole: Run) -> Plan:
    """Two steps for what the problems name four for."""
    names = [problem.verdicts for problem in whole.problems]
    first = PlanStep("private-ca-c", (LONG["c1"],), f"Give {LONG['c1']} a private-CA certificate.", None, names[0])
    rest = tuple(id_ for ids in names[1:] for id_ in ids)
    last = PlanStep("eku-check-off", (LONG["e1"],), f"Set EKU checking to off on {LONG['e1']}.", NOW, rest)
    return Plan((first, last), (*names[0], *rest), ())


def notice(kind: str, target: str, text: str, **changes: object) -> Notice:
    plain = Notice(f"{target}/{kind}", kind, target, None, (), (), "low", "observed", text)
    return replace(plain, **changes)  # type: ignore[arg-type]


def _notices(odd: str, e2: str) -> tuple[Notice, ...]:
    """A pair, a cluster, a box with two ports, and so many of one kind that not all are shown."""
    c1, e1, cucm = LONG["c1"], LONG["e1"], LONG["cucm"]
    where = (f"{cucm}:8443/sips", f"{cucm}:5061/sips")
    mismatch = [
        notice(
            "name-mismatch",
            name,
            f"{name} does not name exp-{number}.example.com, which was dialled.",
            id=f"{name}/name-mismatch/exp-{number}.example.com",
            certificates=(odd,),
        )
        for number, name in enumerate((e2, e1, c1, cucm))
    ]
    because = (Because("issuer", "CN=Corp CA", "port"), Because("listed", "CN=Old CA", "port"))
    return (
        notice(
            "certificate-reuse",
            cucm,
            f"{cucm} holds one certificate in its slots CallManager and tomcat (5061, 8443): its renewal reaches SIP "
            "trunks too.",
            endpoints=where,
            certificates=(fingerprint(cucm),),
        ),
        notice("cluster-differs", "core", "In core, exp-2 has no clientAuth, exp-1 has.", severity="medium"),
        notice(
            "ca-not-listed",
            c1,
            f"{e2} does not list the CA that issued {c1}'s certificate.",
            id=f"{c1}>{e2}/ca-not-listed",
            peer=e2,
            certainty="assumed",
            because=because,
        ),
        *mismatch,
    )


def clean() -> Run:
    """Nothing breaks and everything was seen: a private CA throughout."""
    whole = estate()
    fine = tuple(one for one in whole.verdicts if one.outcome == "ok")
    return replace(whole, problems=(), verdicts=fine, summary=replace(whole.summary, outcomes={"ok": 14}, exit=0))


def many(count: int) -> Run:
    """An estate of ``count`` boxes that all break, each with a certificate of its own."""
    names = [f"box-{number:05}" for number in range(count)]
    certificates = {
        fingerprint(name): certificate(name, DIGICERT, BOTH, NOW + timedelta(days=number % 400))
        for number, name in enumerate(names)
    }
    verdicts = [
        verdict("X11", "uc-traversal", name, None, "breaks-now", fingerprint(name))
        for name in names[:: max(1, count // 500)]
    ]
    return run(
        [
            target(name, "expressway-c", "X15.4", [SlotContent("server", fingerprint(name), None, "file")])
            for name in names
        ],
        [],
        certificates,
        {},
        verdicts,
        [problem([one], "broken-now", "UC traversal zone", "", "Renew it.") for one in verdicts],
        exit_code=1,
    )
