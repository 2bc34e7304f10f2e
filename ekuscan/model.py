"""The nouns of ekuscan: records without behaviour, each in the shape in which it is published.

A record's fields are the keys of the JSON document ``ekuscan.run/1`` in the same order; a trailing underscore
(``from_``) is dropped there because the key is a Python keyword. All times are aware datetimes in UTC. All
fingerprints are lower-case hexadecimal SHA-256. ``None`` means "not known" or "does not apply", never "no".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from typing import Literal

from ekuscan.record import record

RoleName = Literal[
    "expressway-e",
    "expressway-c",
    "cucm",
    "imp",
    "unity-connection",
    "cer",
    "cms",
    "cube",
    "contact-center",
    "webex",
    "generic",
    "outside",
]
Stack = Literal["openssl", "go", "java", "webpki", "boringssl", "nss", "gnutls", "erlang", "mbedtls"]

FactOrigin = Literal["declared", "observed", "imported", "guessed", "default"]
SlotOrigin = Literal["port", "file", "archive", "listen", "pcap", "imported", "same-slot", "unseen"]
ConnectionOrigin = Literal["declared", "imported", "assumed"]

Stage = Literal["resolve", "connect", "proxy", "preamble", "hello", "certificate", "finish", "after"]
EndpointStatus = Literal["seen", "partial", "closed", "failed", "skipped"]
Request = Literal["none", "optional", "required", "unknown"]
RefusedBy = Literal["alert", "close", "http", "sip", "smtp"]

EkuState = Literal["absent", "listed", "malformed"]
EkuFlaw = Literal["empty", "duplicate", "undecodable"]

HierarchyClass = Literal["public-chrome", "public-other", "vendor", "private", "self-signed", "undecided"]
ChromeStateName = Literal["trusted", "phase-out", "absent"]

Answer = Literal["ok", "breaks", "depends", "at-risk", "unknown", "not-applicable"]
Outcome = Literal["ok", "breaks-now", "breaks-at-renewal", "depends", "at-risk", "unknown", "not-applicable"]
Severity = Literal["critical", "high", "medium", "low", "none"]
Certainty = Literal["observed", "inferred", "declared", "assumed"]
Enforces = Literal["enforces", "ignores", "any-certificate", "undecided"]
IssuesClientAuth = Literal["yes", "on-request", "no", "unknown"]
Confidence = Literal["H", "M", "L"]


# --- the wire -------------------------------------------------------------------------------------------------


@record
class Alert:
    """A TLS alert. ``number`` is the AlertDescription of RFC 8446 §6, ``name`` its name there."""

    direction: Literal["received", "sent"]
    level: Literal["warning", "fatal"]
    number: int
    name: str


@record
class Failure:
    """Why a handshake or an endpoint gave less than asked: where it ended, a stable reason, one line for a person."""

    stage: Stage
    reason: str
    detail: str
    alert: int | None = None


@record
class TlsParameters:
    """What was negotiated. ``version`` is "TLSv1.2" or "TLSv1.3"; ``group`` the key-exchange group, if known."""

    version: str
    cipher: str
    group: str | None


@record
class ClientCertificate:
    """Whether the peer asked us for a certificate, by what it refused us without one, and the CA names it sent.

    ``late``: it asked only after our request had come, by renegotiation or after the handshake of TLS 1.3.
    ``answered`` is the status with which it then answered our request ("HTTP 403"), None where nothing was asked of it
    or no answer came.
    """

    request: Request
    refused_by: RefusedBy | None = None
    ca_names: tuple[str, ...] = ()
    late: bool = False
    answered: str | None = None


@record
class Sight:
    """One handshake with one offer. Chain and failure can stand in the same sight: a refusal still shows the chain.

    ``chain`` is the id of the presented chain (see `chain_id`); its certificates are in `Observation.presented`.
    ``seconds`` is the time from the first byte sent to the end of the sight. ``presented_as`` names the client
    certificate that we presented, None where we had none.
    """

    offer: str
    started: datetime
    seconds: float
    tls: TlsParameters | None
    chain: str | None
    client_certificate: ClientCertificate
    alerts: tuple[Alert, ...] = ()
    failure: Failure | None = None
    presented_as: str | None = None


@record
class Enforcement:
    """Whether a peer enforces clientAuth, as it showed when we presented client certificates.

    "enforces": it refuses a certificate for want of clientAuth; "ignores": it took one without clientAuth, and, where
    that is observed, refused one that it does not trust; "any-certificate": it takes untrusted ones too; "undecided":
    what came back has more than one explanation. "observed" has no other explanation, "inferred" is the likely one of
    several. ``evidence`` are sentences.
    """

    value: Enforces
    certainty: Certainty
    evidence: tuple[str, ...]


@record
class AcceptedCa:
    """A CA from which a peer says that it takes client certificates: its name as text, and what is known under it.

    ``owner`` is the CA's owner, for want of one the organisation in its name. ``issues_client_auth``: whether clients
    can still get a certificate with clientAuth from it.
    """

    name: str
    class_: HierarchyClass
    owner: str | None
    issues_client_auth: IssuesClientAuth


@record
class Banner:
    """What a peer says it is. ``product`` is the product family named by the banner; ``raw`` is printable text."""

    product: str
    release: str | None
    raw: str


@record
class Endpoint:
    """Where to connect and how: one port of one target.

    ``service`` is the role profile's name for what listens here ("sip-tls", "uc-traversal", ...) and ``slot`` the
    certificate slot that this port shows; both are None where no profile says.
    ``protocol`` is a scheme: "https", "sips", "tls" and "turns" begin with TLS; in "xmpp-client", "xmpp-server",
    "smtp", "imap", "ldap" and "postgresql" it begins inside the protocol; "dtls" is DTLS over UDP; of "sip-udp",
    "sip-tcp" and "ssh" only the banner is read.
    ``profile_port`` is the number under which profiles know this port; it differs from ``port`` where a port is
    forwarded, and is None where no profile knows it. ``address`` is the one address of the host to look at, None for
    whichever the resolver gives first.
    """

    id: str
    target: str
    host: str
    port: int
    protocol: str
    server_name: str | None
    optional: bool
    service: str | None = None
    slot: str | None = None
    profile_port: int | None = None
    address: str | None = None


@record
class Observation:
    """What one endpoint showed.

    ``presented`` maps a chain id to the DER certificates in the order they were sent, ``ca_names`` the text of each CA
    name that the peer listed to its DER; ``accepts`` is what is known of these CAs. ``ca_names_cut``: the peer listed
    more than were read.
    """

    endpoint: Endpoint
    address: str | None
    status: EndpointStatus
    failure: Failure | None
    sights: tuple[Sight, ...]
    banner: Banner | None = None
    presented: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)
    ca_names: Mapping[str, bytes] = field(default_factory=dict)
    enforcement: Enforcement | None = None
    accepts: tuple[AcceptedCa, ...] = ()
    ca_names_cut: bool = False


# --- certificates ---------------------------------------------------------------------------------------------


@record
class Eku:
    """The extended key usage extension in its three states; ``oids`` holds what could be read, in order."""

    state: EkuState
    flaw: EkuFlaw | None = None
    oids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@record
class Certificate:
    """One certificate as published. Dates are None only where the certificate's own date cannot be read.

    ``scts`` are the times of the embedded signed certificate timestamps (RFC 6962 §3.3).
    ``flaws`` says what a strict parser would refuse, in plain words.
    """

    subject: str
    issuer: str
    serial: str
    not_before: datetime | None
    not_after: datetime | None
    key: str
    san: tuple[str, ...]
    eku: Eku
    scts: tuple[datetime, ...]
    flaws: tuple[str, ...]
    pem: str


@record
class ChromeState:
    """How the Chrome Root Store stands to this chain.

    ``leaf_in_time``: an SCT (else notBefore) of the end-entity is not later than the cut-off.
    """

    state: ChromeStateName
    sct_not_after: datetime | None = None
    leaf_in_time: bool | None = None


@record
class Hierarchy:
    """Who issued a chain. ``root`` is the display name of the trust anchor reached, ``owner`` the CA's owner."""

    class_: HierarchyClass
    root: str | None
    owner: str | None
    chrome: ChromeState
    certainty: Certainty
    evidence: tuple[str, ...]


@record
class Purpose:
    """What a chain may be used for in the eyes of one stack; ``blocked_by`` is the certificate that takes clientAuth
    (or, where client use is fine, serverAuth) away."""

    server_auth: bool
    client_auth: bool
    blocked_by: str | None = None


@record
class Chain:
    """A presented chain and what follows from it. ``paths`` run from the end-entity to the last known issuer."""

    presented: tuple[str, ...]
    paths: tuple[tuple[str, ...], ...]
    flaws: tuple[str, ...]
    hierarchy: Hierarchy
    effective_eku: Mapping[Stack, Purpose]


# --- what to look at ------------------------------------------------------------------------------------------


@record
class Fact:
    """A value and where it came from."""

    value: str
    from_: FactOrigin


@record
class SlotContent:
    """A product's certificate slot and what is in it.

    Several contents of one slot mean that its ports disagree, or that a port has a certificate for each kind of key.

    ``same_as`` names the slot of the same box that holds the same certificate, where that is declared.
    """

    slot: str
    sha256: str | None
    chain: str | None
    from_: SlotOrigin
    endpoints: tuple[str, ...] = ()
    same_as: str | None = None


@record
class Target:
    """One box. ``line`` is its line in the inventory file. Settings are those of the box, not of its zones."""

    id: str
    role: RoleName
    role_from: FactOrigin
    release: str | None
    release_from: FactOrigin
    cluster: str | None = None
    tags: tuple[str, ...] = ()
    line: int | None = None
    settings: Mapping[str, Fact] = field(default_factory=dict)
    slots: tuple[SlotContent, ...] = ()


@record
class Connection:
    """A use case between two ends: ``from_`` dials, ``to`` answers; both are target or cluster names."""

    id: str
    use_case: str
    from_: str
    to: str
    settings: Mapping[str, Fact] = field(default_factory=dict)
    origin: ConnectionOrigin = "declared"
    line: int | None = None


@record
class SlotFile:
    """Certificates of one slot read from a file: DER, end-entity first as the file has them.

    ``from_`` is "imported", and ``path`` empty, where the box's API told them: then ports and files come before.
    ``standing``: a targets file names it, from one run to the next: then what a port shows today comes before.
    """

    target: str
    slot: str
    ders: tuple[bytes, ...]
    path: str
    from_: Literal["file", "imported"] = "file"
    standing: bool = False


@record
class ClientPairFile:
    """A client certificate of ours and its key, as the files that hold them; ``name`` is what reports call it."""

    name: str
    certificate: str
    key: str


@record
class Approach:
    """How one target is to be approached; None, or an empty value, where nothing was said.

    ``client_pairs`` are the names of the client certificates to present; ``key_types`` whether to look with RSA alone
    and with ECDSA alone too; ``proxy`` the URL of the proxy to go through, "none" for none.
    """

    client_pairs: tuple[str, ...] = ()
    key_types: bool | None = None
    proxy: str | None = None


@record
class Waiver:
    """Findings that the site accepts: those of ``verdict``, the id of a verdict or one with "*" for whole parts of it.

    ``until`` is the last day (UTC) on which it holds. ``line`` is its line in the inventory file.
    """

    verdict: str
    owner: str
    reason: str
    until: date
    line: int | None = None


@record
class Inventory:
    """What to look at: targets, their endpoints, the connections between them, certificates given as files.

    ``trust`` are DER certificates that the site names as its own trust anchors. ``approaches`` are by target, of those
    for which something was said; ``proxy`` is the one for all others. ``hosts`` are the names and addresses by which a
    target is reached, of those targets that have any. ``trusted_cas`` are by target the DER certificates of all CAs
    that it trusts, of those targets of which that was told.
    """

    targets: tuple[Target, ...]
    connections: tuple[Connection, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    slot_files: tuple[SlotFile, ...] = ()
    trust: tuple[bytes, ...] = ()
    client_pairs: tuple[ClientPairFile, ...] = ()
    approaches: Mapping[str, Approach] = field(default_factory=dict)
    proxy: str | None = None
    hosts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    trusted_cas: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)


# --- the answer -----------------------------------------------------------------------------------------------


@record
class ForkBranch:
    """What one value of a deciding fact gives."""

    now: Answer
    next: Answer


@record
class Fork:
    """A fact that decides, the question that asks for it, and what each value gives."""

    fact: str
    question: str
    values: Mapping[str, ForkBranch]


@record
class Because:
    """A fact that the answer stands on."""

    fact: str
    value: str
    from_: str


@record
class Remedy:
    """A way out that is possible here.

    ``until`` is the day it stops being possible, ``clears`` the ids of the verdicts that it settles, ``harms`` those of
    the same box that it makes worse, or keeps from being settled.
    """

    id: str
    text: str
    until: datetime | None
    clears: tuple[str, ...]
    harms: tuple[str, ...] = ()


@record
class Source:
    """Where a statement comes from and the day it was read."""

    code: str
    title: str
    url: str
    read: str


@record
class Verdict:
    """The answer for one use case of one target or connection, now and after the next renewal.

    ``sha256`` is the end-entity certificate judged; ``dials``, ``answers`` and ``verifies`` are target names.
    ``waived`` is the waiver that accepts it on the day of the run; what is fine needs none.
    """

    id: str
    rule: str
    use_case: str
    part_of: str | None
    connection: str | None
    target: str
    slot: str | None
    sha256: str | None
    dials: str | None
    answers: str | None
    verifies: str | None
    if_used: bool
    outcome: Outcome
    now: Answer
    next: Answer
    when: datetime | None
    severity: Severity
    certainty: Certainty
    confidence: Confidence
    text: str
    forks: tuple[Fork, ...] = ()
    missing: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    because: tuple[Because, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    source: tuple[Source, ...] = ()
    waived: Waiver | None = None


@record
class VerdictsLike:
    """The verdicts of a box that is like another one in every fact that a rule reads.

    ``template`` are the verdicts under stand-in words, which ``words`` replaces wherever they stand: pairs of the
    stand-in and this box's own word. A stand-in holds a private-use character, so that it is found nowhere else.
    """

    template: tuple[Verdict, ...]
    words: tuple[tuple[str, str], ...]


@record
class Notice:
    """Something worth knowing that is no verdict: no use case is judged by it, and the exit code leaves it out.

    ``id`` is TARGET[>PEER]/KIND[/DETAIL], without fingerprint or date. ``kind`` is a row of the table of notices, which
    may grow. ``target`` is the name of a target, or of a cluster where its members are compared; ``peer`` is another
    target. ``endpoints`` are the ids of the ports that showed it, ``certificates`` fingerprints. ``text`` says in one
    sentence what was seen.
    """

    id: str
    kind: str
    target: str
    peer: str | None
    endpoints: tuple[str, ...]
    certificates: tuple[str, ...]
    severity: Severity
    certainty: Certainty
    text: str
    because: tuple[Because, ...] = ()


@record
class Problem:
    """What a person acts on: one certificate slot, one cheapest remedy, and every use case that it hits.

    ``verdicts`` are verdict ids, the gravest first; ``rules`` their rule ids without repetition. ``title`` is what
    fails (or the question), ``text`` why, ``action`` the one next step as a sentence; ``section`` is the section of
    the report it stands in. ``peer`` is the other end's name, None for a target's own problem. ``ways`` are the
    remedies that are possible for some of its verdicts, those of least effort first, with what each clears of them.
    ``members`` are all targets that it is about where it is the same for several members of a cluster, else none.
    """

    section: Literal["broken-now", "at-renewal", "at-risk", "unknown", "decide"]
    target: str
    peer: str | None
    slot: str | None
    title: str
    text: str
    action: str
    when: datetime | None
    rules: tuple[str, ...]
    verdicts: tuple[str, ...]
    remedy: Remedy | None
    ways: tuple[Remedy, ...] = ()
    members: tuple[str, ...] = ()


@record
class RemedyWork:
    """What a remedy takes wherever it is done: what comes first, in order, what to type, what it costs.

    ``effort`` orders remedies from little to much; it counts nothing. ``weakens``: it lowers security. ``source`` are
    codes of sources.
    """

    title: str
    effort: int
    weakens: bool
    before: tuple[str, ...]
    command: str | None
    costs: str
    unchanged: str
    source: tuple[str, ...]


@record
class PlanStep:
    """One step of a plan: a remedy on one target, or on several where it is the same.

    ``clears`` are the verdicts that it settles once the steps before it are done.
    """

    remedy: str
    targets: tuple[str, ...]
    text: str
    until: datetime | None
    clears: tuple[str, ...]


@record
class Plan:
    """Few and cheap steps that together settle what remedies can: each of ``clears`` was judged with all of them done.

    ``leaves`` are verdicts that ask for a remedy and that no step settles. Composites are not counted: their parts are.
    """

    steps: tuple[PlanStep, ...]
    clears: tuple[str, ...]
    leaves: tuple[str, ...]


@record
class RulesVersion:
    date: str
    sha256: str


@record
class TrustVersion:
    date: str
    chrome_store: str


@record
class RunInfo:
    """One run. ``as_of`` is the instant the verdicts were judged for; ``finished`` is None while it runs.

    ``vantage`` is the place it was looked from, ``inventory`` the file to whose lines targets and connections refer, as
    it was named. ``waivers`` are all that it holds, those that have ended too.
    """

    id: str
    started: datetime
    finished: datetime | None
    complete: bool
    as_of: datetime
    ekuscan: str
    vantage: str | None
    rules: RulesVersion
    trust_data: TrustVersion
    inventory: str | None = None
    waivers: tuple[Waiver, ...] = ()


@record
class EndpointCounts:
    seen: int
    partial: int
    closed: int
    failed: int
    skipped: int


@record
class Summary:
    """Counts, and the exit code that they give. Waived verdicts are counted in ``waived`` alone.

    ``undecided``: declared connections without an answer, targets of a role that nothing settled, and pairs of roles
    with too many targets to assume who talks to whom.
    """

    outcomes: Mapping[Outcome, int]
    endpoints: EndpointCounts
    undecided: int
    exit: int
    waived: int = 0


@record
class Run:
    """The whole result of one scan: what was looked at, what was seen, and what it means."""

    run: RunInfo
    targets: tuple[Target, ...]
    connections: tuple[Connection, ...]
    certificates: Mapping[str, Certificate]
    chains: Mapping[str, Chain]
    observations: tuple[Observation, ...]
    verdicts: tuple[Verdict, ...]
    problems: tuple[Problem, ...]
    summary: Summary
    notices: tuple[Notice, ...] = ()
    plan: Plan | None = None
    remedy_work: Mapping[str, RemedyWork] = field(default_factory=dict)


RecordKind = Literal["run", "target", "connection", "certificate", "chain", "endpoint", "verdict", "notice", "summary"]


@record
class Record:
    """One object of a result as it is streamed. ``key`` is its id or fingerprint, "" for run and summary."""

    kind: RecordKind
    key: str
    value: RunInfo | Target | Connection | Certificate | Chain | Observation | Verdict | VerdictsLike | Notice | Summary
