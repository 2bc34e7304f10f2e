"""Runs for the tests of the HTML page: ten sites, thousands of endpoints, and names that mean harm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ekuscan.model import Notice, Outcome, RoleName, Run, SlotContent, Source, Target, Verdict
from ekuscan.report.html.document import render
from ekuscan.rules.load import packaged
from tests import report_samples as samples

HOSTILE = (
    '</script></style></noscript><script>alert(1)</script><img src="https://evil.invalid/x" onerror="alert(2)">',
    "\"'`><svg/onload=alert(3)> {{ 7 * 7 }} {% raw %} ${alert(4)}",
    "\u05d0\u05d1\u05d2 \u0645\u0631\u062d\u0628\u0627 \u202eevil\u2028\u2029\x1b[31m\x00\ud800 \U0001f600",
    "x" * 9_000,
)

_SITES = ("ber", "ham", "muc", "fra", "cgn", "par", "lon", "mad", "mil", "vie")
# Role, name, cluster, and how many there are of it at a site.
_BOXES: tuple[tuple[RoleName, str, str | None, int], ...] = (
    ("expressway-e", "exp-e", "edge", 2),
    ("expressway-c", "exp-c", "core", 2),
    ("cucm", "cucm", "cm", 3),
    ("imp", "imp", None, 1),
    ("cms", "cms", None, 1),
    ("cube", "cube", None, 1),
)
# Use case, who dials, who answers, and the outcome by the number of the site.
_LINKS: tuple[tuple[str, str, str, tuple[Outcome, ...]], ...] = (
    ("uc-traversal", "exp-c", "exp-e", ("breaks-now", "ok", "breaks-at-renewal")),
    ("neighbor-zone", "exp-c", "cucm", ("depends", "ok")),
    ("neighbor-zone", "exp-c", "cms", ("at-risk",)),
    ("sip-trunk", "cucm", "cube", ("ok", "unknown")),
    ("sip-trunk", "cube", "cucm", ("ok",)),
    ("sip-trunk", "cucm", "cms", ("ok",)),
    ("sip-trunk", "imp", "cucm", ("ok",)),
    ("provider-trunk", "cube", "provider", ("breaks-now", "at-risk")),
    ("sip-b2b", "exp-e", "far ends", ("breaks-at-renewal",)),
)


def page(run: Run) -> str:
    """The page of a run, with the packaged tables, seen from the samples' day."""
    return "".join(render(run, packaged(), samples.NOW))


def sites() -> Run:
    """A hundred boxes at ten sites, and what they dial."""
    targets = [
        samples.target(
            f"{name}{number}-{site}.example.com", role, "X15.4", [_slot(f"{name}{number}-{site}")],
            cluster=f"{cluster}-{site}" if cluster else None,
        )
        for site in _SITES for role, name, cluster, count in _BOXES for number in range(1, count + 1)
    ]  # fmt: skip
    verdicts = [verdict for place, site in enumerate(_SITES) for verdict in _verdicts(place, site)]
    broken = [one for one in verdicts if one.outcome == "breaks-now"]
    names = {target.id.partition(".")[0] for target in targets}
    certificates = {
        samples.fingerprint(name): samples.certificate(name, samples.DIGICERT, samples.SERVER, samples.END_C)
        for name in sorted(names)
    }
    chains = {
        samples.fingerprint("chain " + name): samples.chain(
            (samples.fingerprint(name),), "public-chrome", samples.DIGICERT_ROOT, "DigiCert", samples.SERVER
        )
        for name in sorted(names)
    }
    problems = [samples.problem([one], "broken-now", "UC traversal zone", "It breaks.", "Renew it.") for one in broken]
    return samples.run(targets, [], certificates, chains, verdicts, problems, exit_code=1)


def _slot(name: str) -> SlotContent:
    return SlotContent("server", samples.fingerprint(name), samples.fingerprint("chain " + name), "file")


def _verdicts(place: int, site: str) -> Iterator[Verdict]:
    counts = {name: count for _, name, _, count in _BOXES}
    for use_case, dials, answers, outcomes in _LINKS:
        for number in range(1, counts[dials] + 1):
            end = f"{answers}1-{site}.example.com" if answers in counts else answers
            outcome = outcomes[place % len(outcomes)]
            name = f"{dials}{number}-{site}"
            yield samples.verdict("X11", use_case, f"{name}.example.com", end, outcome, samples.fingerprint(name))


def endpoints(count: int) -> Run:
    """As many ports as asked for, five of each box."""
    boxes = [f"box-{number:04}" for number in range(count // 5)]
    seen = [samples.seen(box, port, None, "none") for box in boxes for port in (443, 5061, 5062, 7001, 8443)]
    targets = [samples.target(box, "expressway-e", "X15.4", []) for box in boxes]
    return samples.run(targets, seen, {}, {})


def hostile() -> Run:
    """The estate of the samples with harm in every text that a name, a certificate, a rule or a peer can bring."""
    markup, quotes, letters, long = HOSTILE
    whole = samples.estate(c1=markup, e1=quotes, cucm=letters, cube=long)
    bad = Source("EVIL", markup, "javascript:alert(5)", quotes)
    verdicts = tuple(
        replace(one, text=text, use_case=quotes, source=(bad,), missing=(markup,), assumed=(letters,), rule=markup)
        for one, text in zip(whole.verdicts, HOSTILE * 5, strict=False)
    )
    certificates = {
        sha256: replace(one, subject=f"CN={markup}", issuer=f"CN={quotes}", key=letters, flaws=(markup,))
        for sha256, one in whole.certificates.items()
    }
    targets: list[Target] = [replace(one, release=markup, cluster=quotes) for one in whole.targets]
    noticed = Notice("x", markup, quotes, None, (), (), "low", "observed", long)
    return replace(
        whole, targets=tuple(targets), verdicts=verdicts, certificates=certificates, notices=(noticed,),
        run=replace(whole.run, id=markup, ekuscan=quotes, vantage=letters),
    )  # fmt: skip
