"""The pages of the rule tables: rules, use cases, verifiers, slots, settings, remedies."""

from __future__ import annotations

from ekuscan.docs_pages import links
from ekuscan.docs_pages.links import Places, escaped, mark
from ekuscan.docs_pages.sections import cited, code, listed, page_text, paragraphs_of, table
from ekuscan.explain.pages import rule_page, use_case_page
from ekuscan.explain.paragraph import Paragraph
from ekuscan.rules.tables import (
    Example,
    Rule,
    StackHabit,
    StepRow,
    Tables,
    UseCase,
)

_HABITS = {"checked": "refuses it", "ignored": "takes it"}


def rules(tables: Tables, where: Places) -> str:
    """The index of rules."""
    intro = (
        "What a certificate must be fit for, use case by use case: a page for each rule. "
        f"[How a row reads](../rules.md); whether the other end checks: [verifiers](../{links.VERIFIERS})."
    )
    heads = ("Rule", "Also answers", "Use case", "Who shows a certificate", "Who checks it", "Needs")
    rows = (
        (
            where.link("row", rule.id, links.RULES),
            ", ".join(rule.also),
            where.link("use case", rule.use_case, links.RULES, tables.use_cases[rule.use_case].title),
            ", ".join(rule.presents.roles),
            rule.verifies,
            ", ".join(rule.needs),
        )
        for rule in tables.rules
    )
    return page_text("Rules", intro, [table(heads, ([_role(cell) for cell in row] for row in rows))])


def _role(word: str) -> str:
    """A role in a cell; the one that stands for any would begin an emphasis."""
    return "any" if word == "*" else word


def rule(row: Rule, tables: Tables, where: Places) -> str:
    """The page of one rule."""
    page = rule_page(row.id)
    use_case = where.link("use case", row.use_case, page, tables.use_cases[row.use_case].title)
    ids = f" It also answers {', '.join(row.also)}." if row.also else ""
    shown = [one for one in paragraphs_of(row.id, f"Rule {row.id}", tables) if one.label != "example"]
    intro = f"A [rule]({links.relative(links.RULES, page)}) of the use case {use_case}.{ids}"
    blocks = [
        mark(*_anchored(row, tables, where)),
        listed(shown, page, where),
        table(("Example", "Given", "Answer"), (_example(example) for example in row.examples)),
    ]
    return page_text(f"{row.id}: {escaped(tables.use_cases[row.use_case].title)}", intro, blocks)


def _anchored(rule: Rule, tables: Tables, where: Places) -> list[str]:
    """The ids that a link may name this row by: its own, and further ones that no row before it has."""
    named = {id_: first for first in reversed(tables.rules) for id_ in first.also}
    page = rule_page(rule.id)
    here = [id_ for id_ in rule.also if named[id_] is rule and where.of["row"][id_].partition("#")[0] == page]
    own = {first.id for first in tables.rules}
    return [rule.id, *(id_ for id_ in here if id_ not in own)]


def _example(example: Example) -> tuple[str, str, str]:
    given = ", ".join(f"{code(fact)} {escaped(value)}" for fact, value in example.given.items())
    if isinstance(example.expect, str):
        return example.id, given, example.expect
    forks = (
        f"depends on {code(fact)}: " + ", ".join(f"{value} {answer}" for value, answer in branches.items())
        for fact, branches in example.expect.items()
    )
    return example.id, given, "; ".join(forks)


def use_cases(tables: Tables, where: Places) -> str:
    """The index of use cases."""
    intro = (
        "What people do over the certificates: a page for each use case. A name is what a connection says in the "
        "[targets file](../targets.md), as far as two ends can be named for it."
    )
    rows = (
        (
            where.link("use case", row.name, links.USE_CASES),
            escaped(row.title),
            ", ".join(map(_role, row.from_)),
            ", ".join(map(_role, row.to)),
            ", ".join(where.link("row", rule.id, links.USE_CASES) for rule in tables.rules_of(row.name)),
        )
        for row in tables.use_cases.values()
    )
    return page_text("Use cases", intro, [table(("Name", "Title", "Who dials", "Who answers", "Rules"), rows)])


def use_case(row: UseCase, tables: Tables, where: Places) -> str:
    """The page of one use case."""
    page = use_case_page(row.name)
    paragraphs = paragraphs_of(row.name, f"Use case {row.name}", tables)
    if row.parts_if_used:
        names = ", ".join(f"{tables.use_cases[name].title} ({name})" for name in row.parts_if_used)
        paragraphs.append(Paragraph("if declared", f"{names} count as parts too"))
    if row.assume:
        pairs = ", ".join(f"{dials} to {answers}" for dials, answers in row.assume)
        paragraphs.append(Paragraph("assumed", f"without a declared connection, from {pairs}"))
    ids = [row.name, *(id_ for id_ in row.also if where.of["row"].get(id_, "").partition("#")[0] == page)]
    intro = f"{code(row.name)}, one of the [use cases]({links.relative(links.USE_CASES, page)})."
    blocks = [mark(*ids), listed(paragraphs, page, where)]
    return page_text(escaped(row.title), intro, [block for block in blocks if block])


def verifiers(tables: Tables, where: Places) -> str:
    intro = (
        "Does the end that is dialled check clientAuth in the certificate of the end that dials? One row per product. "
        "Rules that ask the verifier take its answer; where nothing is documented, the rule itself says what that "
        "means. A box's own `client_eku` in the [targets file](targets.md) comes before its product's row, and what "
        "an experiment with client certificates proved on the port that is dialled comes before both."
    )
    blocks = (
        f"{mark(row.id)}\n## {row.id}: {', '.join(row.roles)}\n\n"
        + listed(paragraphs_of(row.id, f"Verifier {row.id}", tables), links.VERIFIERS, where)
        for row in tables.verifiers
    )
    return page_text("Verifiers", intro, (*blocks, _stacks(tables, where)))


def _stacks(tables: Tables, where: Places) -> str:
    rows = (
        (code(name), escaped(_HABITS[habit.client_eku]), escaped(habit.note), _source_of(habit, where))
        for name, habit in tables.stacks.items()
    )
    intro = (
        "A generic peer of which neither `client_eku` nor an experiment says what it does is assumed to do what "
        "servers on its `stack` do by default, with a client certificate that lacks clientAuth, where that makes the "
        "answer worse. Where they do not look, it stays a question: an application can differ."
    )
    listing = table(("Stack", "By default", "How it shows", "Source"), rows)
    return f"{mark('stacks')}\n## TLS stacks of generic peers\n\n{intro}\n\n{listing}"


def _source_of(habit: StackHabit, where: Places) -> str:
    return f"{cited(habit.source, links.VERIFIERS, where)}; {habit.confidence}, checked {habit.checked}"


def slots(tables: Tables, where: Places) -> str:
    intro = (
        "A slot is the product's own name for one of its certificates; [ports](ports.md) lists them. Here: which slots "
        "hold one and the same certificate, and what a renewal or an upgrade does to what is in a slot, and "
        "which upgrades a box cannot take. Of the renewal "
        "rows the first whose conditions hold applies."
    )
    blocks = (
        f"{mark(row.id)}\n## {row.id}: {escaped(row.says)}\n\n"
        + listed(paragraphs_of(row.id, f"{row.id}: ", tables), links.SLOTS, where)
        for row in tables.slot_rows
    )
    return page_text("Slots: which are one, and what renewals and upgrades change", intro, blocks)


def settings(tables: Tables, where: Places) -> str:
    intro = (
        "Facts that no port shows: a box's stand beside its role in the [targets file](targets.md), a zone's in its "
        "connection. Values go in quotes. A default is the vendor's documented one; it is used only where it makes "
        "the answer worse, and the verdict then lists it under `assumed`."
    )
    blocks = (
        f"{mark(row.name)}\n## {code(row.name)}\n\n{escaped(row.question)}\n\n"
        + listed(paragraphs_of(row.name, f"Setting {row.name}", tables), links.SETTINGS, where)
        for row in tables.settings.values()
    )
    return page_text("Settings", intro, blocks)


def steps(tables: Tables, where: Places) -> str:
    intro = (
        "The steps of a change, in the order in which `ekuscan preflight` lists them. A step is listed where a change "
        "of its kind meets its conditions: `release` is that after the change, `old.release` the one before it, "
        "`peer.` marks a fact of the box at the other end of a connection. `any other` stands where no step of the "
        "same place does."
    )
    return page_text("Steps of a change", intro, (_step(row, where) for row in tables.steps))


def _step(row: StepRow, where: Places) -> str:
    conditions = [f"{code(condition.fact)} {escaped(condition.text)}" for condition in row.when]
    conditions += ["any other"] if row.otherwise else []
    lines = [f"- **For:** {', '.join(row.on)}" + (f", where {', '.join(conditions)}" if conditions else "")]
    if row.command is not None:
        lines.append(f"- **Typed:** {code(row.command)}")
    if row.effect:
        lines.append(f"- **Then:** {', '.join(f'{code(name)} {value}' for name, value in row.effect.items())}")
    if row.source:
        lines.append(f"- **Source:** {cited(row.source, links.STEPS, where)}, confidence {row.confidence}")
    return f"{mark(row.id)}\n## {code(row.id)}\n\n{escaped(row.text)}\n\n" + "\n".join(lines)


def remedies(tables: Tables, where: Places) -> str:
    intro = (
        "Ways out. What a remedy clears is found by judging again with its effect in place of the facts. The report "
        "names the one that clears most, of several the one with the least effort; what lowers security comes after "
        "what does not."
    )
    blocks = (
        f"{mark(row.id)}\n## {code(row.id)}: {escaped(row.title)}\n\n"
        + listed(paragraphs_of(row.id, f"Remedy {row.id}", tables), links.REMEDIES, where)
        for row in tables.remedies.values()
    )
    return page_text("Remedies", intro, blocks)
