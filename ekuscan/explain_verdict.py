"""A verdict of a saved result, unfolded: the answer, the certificate, every fact, the rows that answered, the way out.

Pure: records in, paragraphs out. What the tables say is theirs; what was seen is the result's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ekuscan.explain.pages import page_of
from ekuscan.explain.paragraph import Paragraph
from ekuscan.explain.wording import case_text, conditions_text, ends_text, verifier_answer
from ekuscan.matching import Ends, Facts, ends_of, fitting_cases, fitting_verifier_cases
from ekuscan.model import Certificate, Chain, Fork, Remedy, Run, Stack, Target, Verdict
from ekuscan.policy.days import spoken
from ekuscan.rules.tables import Tables

_OUTCOMES = {
    "ok": "works, and still will after the next renewal",
    "breaks-now": "broken now",
    "breaks-at-renewal": "works today and breaks at the next renewal",
    "depends": "depends on a fact that nobody stated",
    "at-risk": "at risk: the vendor documents the need, not what happens without it",
    "unknown": "unknown: what decides was not seen",
    "not-applicable": "does not exist here",
}
_ANSWERS = {"ok": "fine", "breaks": "breaks", "at-risk": "at risk", "not-applicable": "does not exist"}
_ORIGINS = {
    "observed": "seen on the wire",
    "inferred": "concluded from what was seen",
    "port": "seen on its port",
    "file": "from the file that was given",
    "archive": "from an archive",
    "listen": "seen when it dialled",
    "pcap": "seen in a capture",
    "imported": "told by the product",
    "same-slot": "as in the slot that holds the same one",
    "declared": "the targets file says so",
    "guessed": "guessed from what was seen",
    "default": "nobody said otherwise",
    "assumed": "assumed, because nobody denied it",
    "rule": "a row of the tables",
}
_CERTAINTIES = {
    "observed": "the peer was seen to do so",
    "inferred": "the certificate was seen, the rows were applied",
    "declared": "hangs on a fact that only the targets file states",
    "assumed": "hangs on an assumption",
}
_GRAVITY = ("breaks-now", "unknown", "breaks-at-renewal", "depends", "at-risk", "ok", "not-applicable")


def explain_verdict(verdict: Verdict, result: Run, tables: Tables) -> list[Paragraph]:
    """Everything that led to a verdict. ``tables`` should be those that the result was judged by."""
    found = [*_answer(verdict, tables), *_certificate(verdict, result, tables)]
    found += [Paragraph("fact", f"{one.fact}: {one.value} ({_origin(one.from_)})") for one in verdict.because]
    found += [
        Paragraph("assumed", f"{text} (the vendor's default, taken where it is worse)") for text in verdict.assumed
    ]
    found += [*_rows(verdict, result, tables), *_parts(verdict, result)]
    found += [paragraph for fork in verdict.forks for paragraph in _fork(fork)]
    found += [*_missing(verdict, {one.id for one in result.targets}, tables)]
    role = next((one.role for one in result.targets if one.id == verdict.target), "*")
    found += [paragraph for remedy in verdict.remedies for paragraph in _remedy(remedy, role, tables)]
    for source in verdict.source:
        found.append(Paragraph("source", f"{source.code}: {source.title} (read {source.read})"))
        if source.url:
            found.append(Paragraph(" ", source.url))
    if result.run.rules.sha256 != tables.sha256:
        found.append(Paragraph("tables", _other_tables(result.run.rules.date)))
    return found


def _answer(verdict: Verdict, tables: Tables) -> Iterator[Paragraph]:
    use_case = tables.use_cases.get(verdict.use_case)
    title = use_case.title if use_case is not None else verdict.use_case
    used = " (if used)" if verdict.if_used else ""
    when = f" (its certificate ends on {spoken(verdict.when.date())})" if verdict.when is not None else ""
    yield Paragraph("", verdict.id)
    yield Paragraph("", f"{title}{used}: {_OUTCOMES[verdict.outcome]}{when}. {verdict.text}")
    told = f"{verdict.certainty}: {_CERTAINTIES[verdict.certainty]}; the row's confidence is {verdict.confidence}"
    yield Paragraph("certain", told)
    if verdict.waived is not None:
        one = verdict.waived
        yield Paragraph("waived", f"until {spoken(one.until)} by {one.owner}, so it is not counted: {one.reason}")


# --- the certificate ------------------------------------------------------------------------------------------


def _certificate(verdict: Verdict, result: Run, tables: Tables) -> Iterator[Paragraph]:
    if verdict.slot is None:
        return
    target, chain = _holder(verdict, result)
    slot = f"{target.id}'s {verdict.slot} slot" if target is not None else f"the {verdict.slot} slot"
    if verdict.sha256 is None or chain is None:
        yield Paragraph("shows", f"{slot}: its certificate was not seen")
        return
    content = next(one for one in (target.slots if target else ()) if one.sha256 == verdict.sha256)
    where = f" ({', '.join(content.endpoints)})" if content.endpoints else ""
    yield Paragraph("shows", f"{slot}, {_origin(content.from_)}{where}; SHA-256 {verdict.sha256}")
    path = chain.paths[0] if chain.paths else chain.presented
    stack = _stack(verdict, result, tables)
    purpose = chain.effective_eku.get(stack)
    for depth, sha256 in enumerate(path):
        certificate = result.certificates.get(sha256)
        if certificate is not None:
            blocks = purpose is not None and purpose.blocked_by == sha256
            yield Paragraph(
                "chain" if not depth else " ",
                _link(certificate, depth, blocks=blocks, purpose_lost=_lost(chain, stack)),
            )
    if purpose is not None:
        fit = {(True, True): "server and client", (True, False): "server only", (False, True): "client only"}
        told = fit.get((purpose.server_auth, purpose.client_auth), "neither server nor client")
        yield Paragraph("fit for", f"{told}, as {stack} reads the chain: what the verifying end is taken to run")
    hierarchy = chain.hierarchy
    yield Paragraph(
        "issuer", f"{hierarchy.owner or 'no known owner'} ({hierarchy.class_}): {'; '.join(hierarchy.evidence)}"
    )


def _holder(verdict: Verdict, result: Run) -> tuple[Target | None, Chain | None]:
    """The target that holds a verdict's certificate, and the chain that it was shown in."""
    names = [verdict.dials, verdict.answers, verdict.target]
    holders = [one for one in result.targets if one.id in names]
    for target in holders:
        for content in target.slots:
            chain = result.chains.get(content.chain or "")
            if content.sha256 is not None and content.sha256 == verdict.sha256 and chain is not None:
                return target, chain
    return next((one for one in holders if one.id == verdict.target), None), None


def _link(certificate: Certificate, depth: int, *, blocks: bool, purpose_lost: str) -> str:
    eku = certificate.eku
    purposes = ", ".join(eku.names) if eku.state != "absent" else "no EKU: not restricted"
    flaw = f" (EKU is {eku.flaw})" if eku.flaw else ""
    ends = f", ends {spoken(certificate.not_after.date())}" if certificate.not_after is not None else ""
    place = "" if not depth else "signed by "
    told = f"{place}{certificate.subject}: {purposes or 'empty EKU'}{flaw}{ends}"
    return f"{told}. This one takes {purpose_lost} away." if blocks else told


def _lost(chain: Chain, stack: Stack) -> str:
    purpose = chain.effective_eku.get(stack)
    return "serverAuth" if purpose is not None and purpose.client_auth else "clientAuth"


def _stack(verdict: Verdict, result: Run, tables: Tables) -> Stack:
    """Whose reading of EKUs counts: that of the verifying end, declared or by its product."""
    target = next((one for one in result.targets if one.id == verdict.verifies), None)
    if target is None:
        return tables.stack()
    declared = target.settings.get("stack")
    stack: Stack = declared.value if declared is not None else tables.stack(target.role)  # type: ignore[assignment]
    return stack


# --- the rows -------------------------------------------------------------------------------------------------


def _rows(verdict: Verdict, result: Run, tables: Tables) -> Iterator[Paragraph]:
    rule = next((one for one in tables.rules if one.id == verdict.rule), None)
    if rule is None:
        use_case = tables.use_cases.get(verdict.use_case)
        if use_case is not None and use_case.parts:
            yield Paragraph("rule", f"{verdict.rule} has no row of its own: the gravest of its legs is the answer")
        else:
            yield Paragraph("rule", f"{verdict.rule} is in none of the tables; --rules FILE adds those of a site")
        return
    targets = {one.id: one for one in result.targets}
    ends = ends_of(verdict, rule, targets, tables)
    facts = Facts(verdict, ends)
    needs = f" It needs {' and '.join(rule.needs)}." if rule.needs else ""
    yield Paragraph("rule", f"{rule.id}: {ends_text(rule)}{needs}")
    cases = fitting_cases(rule, facts)
    for case in cases:
        yield Paragraph("row says" if len(cases) == 1 else "may say", case_text(case))
    if any(case.ask_verifier for case in cases):
        yield from _verifier(ends, facts, targets, tables)
    if rule.note:
        yield Paragraph("note", rule.note)
    yield Paragraph(
        "row", f"confidence {rule.confidence}, checked {rule.checked}; ekuscan explain {rule.id} shows all of it"
    )
    yield from page_of(rule)


def _verifier(ends: Ends, facts: Facts, targets: Mapping[str, Target], tables: Tables) -> Iterator[Paragraph]:
    """What the verifying end's own row says, where nothing that was declared or seen comes before it."""
    row = tables.verifier(ends.verifies_role)
    if row is None:
        yield Paragraph("verifier", f"no row says whether {ends.verifies_role} checks clientAuth")
        return
    cases = fitting_verifier_cases(row, facts)
    for case in cases:
        when = conditions_text(case.when)
        who = ends.verifies or "the other end"
        known = f"{who} {verifier_answer(case)}"
        does = f"what {who} does is not documented" if case.client_eku == "undocumented" else known
        told = f"{row.id}: {does}" + (f" ({when})" if when else "")
        yield Paragraph("verifier" if len(cases) == 1 else "may be", told)
    target = targets.get(ends.verifies or "")
    declared = target.settings.get("client_eku") if target is not None else None
    if declared is not None:
        yield Paragraph("declared", f"client_eku is {declared.value} on {ends.verifies}: it comes before the row")


def _parts(verdict: Verdict, result: Run) -> Iterator[Paragraph]:
    """The legs of a composite, the gravest first: each has a verdict of its own."""
    ends = {verdict.dials, verdict.answers}
    parts = [one for one in result.verdicts if one.part_of == verdict.use_case and {one.dials, one.answers} == ends]
    if parts and verdict.part_of is None and verdict.rule == verdict.use_case.upper():
        for part in sorted(parts, key=lambda one: _GRAVITY.index(one.outcome)):
            yield Paragraph("leg", f"{part.id}: {part.outcome}")


# --- what is open, and the way out ----------------------------------------------------------------------------


def _fork(fork: Fork) -> Iterator[Paragraph]:
    yield Paragraph("open", fork.question or fork.fact)
    for value, branch in fork.values.items():
        later = f"; after the renewal {_ANSWERS.get(branch.next, branch.next)}" if branch.next != branch.now else ""
        yield Paragraph(" ", f"- {value}: {_ANSWERS.get(branch.now, branch.now)} now{later}")


def _missing(verdict: Verdict, names: Collection[str], tables: Tables) -> Iterator[Paragraph]:
    for name in verdict.missing:
        owner, _, fact = name.rpartition(".")
        setting = tables.settings.get(fact)
        if setting is not None:
            where = "on the connection" if setting.of == "connection" else f"on {owner}"
            if setting.of == "target" and owner not in names:
                where = f"on a target for {owner}"
            how = f"found at: {setting.read_at}. Then set {fact} {where} in the targets file"
        elif fact == "release":
            how = f"state the release of {owner} in the targets file"
        elif fact == "hierarchy":
            how = "name its root under trust in the targets file, if a CA of your own issued it"
        elif name.endswith(" certificate"):
            how = "scan its port, or give it as a file: --slot NAME:SLOT=FILE"
        else:
            how = "state it in the targets file"
        yield Paragraph("missing", f"{name}: {how}")


def _remedy(remedy: Remedy, role: str, tables: Tables) -> Iterator[Paragraph]:
    row = tables.remedies.get(remedy.id)
    until = f" Possible until {spoken(remedy.until.date())}." if remedy.until is not None else ""
    clears = f" Clears {len(remedy.clears)} verdicts." if len(remedy.clears) > 1 else ""
    yield Paragraph("remedy", f"{remedy.text}{until}{clears}")
    if row is None:
        return
    steps = ([tables.backup(role)] if row.replaces_certificate else []) + list(row.before)
    for step in steps:
        yield Paragraph(" ", f"- before: {step}")
    if row.command:
        yield Paragraph(" ", f"- type: {row.command}")
    yield Paragraph(" ", f"- costs: {row.costs}{' It lowers security.' if row.weakens else ''}")


def _origin(word: str) -> str:
    return _ORIGINS.get(word, word)


def _other_tables(day: str) -> str:
    return (
        f"the result was judged by tables of {day} that differ from these: rows shown here may have changed since. "
        "Scan again for a verdict by these; give the same --rules where there were any."
    )
