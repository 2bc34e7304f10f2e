"""The pages of the rule tables: rules, use cases, verifiers, slots, settings, remedies."""

from __future__ import annotations

from ekuscan.docs_pages import links
from ekuscan.docs_pages.links import Places, escaped, mark
from ekuscan.docs_pages.sections import cited, code, listed, page_text, paragraphs_of, table
from ekuscan.explain import Paragraph
from ekuscan.rules.tables import (
    Example,
    Rule,
    SlotAlias,
    SlotChange,
    StackHabit,
    StepRow,
    Tables,
    UpgradeChange,
    UseCase,
)

_HABITS = {"checked": "refuses it", "ignored": "takes it"}


def rules(tables: Tables, where: Places) -> str:
    intro = (
        "What a certificate must be fit for, use case by use case: of an Expressway and of peers that dial one (X), of "
        "Unified CM (CM), IM and Presence (IM), Unity Connection (UC) and Emergency Responder (ER). "
        f"[How a row reads](../rules.md); whether the other end checks: [verifiers](../{links.VERIFIERS})."
    )
    return page_text("Rules", intro, (_rule(rule, tables, where) for rule in tables.rules))


def _rule(rule: Rule, tables: Tables, where: Places) -> str:
    use_case = where.link("use case", rule.use_case, links.RULES)
    ids = f" It also answers {', '.join(rule.also)}." if rule.also else ""
    shown = [one for one in paragraphs_of(rule.id, f"Rule {rule.id}", tables) if one.label != "example"]
    parts = [
        f"{mark(*_anchored(rule, tables, where))}\n## {rule.id}: {escaped(tables.use_cases[rule.use_case].title)}",
        f"Use case {use_case}.{ids}",
        listed(shown, links.RULES, where),
        table(("Example", "Given", "Answer"), (_example(example) for example in rule.examples)),
    ]
    return "\n\n".join(parts)


def _anchored(rule: Rule, tables: Tables, where: Places) -> list[str]:
    """The ids that a link may name this row by: its own, and further ones that no row before it has."""
    named = {id_: first for first in reversed(tables.rules) for id_ in first.also}
    here = [id_ for id_ in rule.also if named[id_] is rule and where.of["row"][id_].startswith(links.RULES)]
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
    intro = (
        "What people do over the certificates. The name in front is the `use_case` of a connection in a "
        "[targets file](targets.md), as far as two ends can be named for it."
    )
    return page_text("Use cases", intro, (_use_case(row, tables, where) for row in tables.use_cases.values()))


def _use_case(row: UseCase, tables: Tables, where: Places) -> str:
    paragraphs = paragraphs_of(row.name, f"Use case {row.name}", tables)
    if row.parts_if_used:
        names = ", ".join(f"{tables.use_cases[name].title} ({name})" for name in row.parts_if_used)
        paragraphs.append(Paragraph("if declared", f"{names} count as parts too"))
    if row.assume:
        pairs = ", ".join(f"{dials} to {answers}" for dials, answers in row.assume)
        paragraphs.append(Paragraph("assumed", f"without a declared connection, from {pairs}"))
    ids = [row.name, *(id_ for id_ in row.also if where.of["row"].get(id_, "").startswith(links.USE_CASES))]
    heading = f"{mark(*ids)}\n## {code(row.name)}: {escaped(row.title)}"
    body = listed(paragraphs, links.USE_CASES, where)
    return f"{heading}\n\n{body}" if body else heading


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
        "A generic peer of which neither `client_eku` nor an experiment says what it does is taken to do what servers "
        "on its `stack` do by default, with a client certificate that lacks clientAuth."
    )
    listing = table(("Stack", "By default", "How it shows", "Source"), rows)
    return f"{mark('stacks')}\n## TLS stacks of generic peers\n\n{intro}\n\n{listing}"


def _source_of(habit: StackHabit, where: Places) -> str:
    return f"{cited(habit.source, links.VERIFIERS, where)}; {habit.confidence}, checked {habit.checked}"


def slots(tables: Tables, where: Places) -> str:
    intro = (
        "A slot is the product's own name for one of its certificates; [ports](ports.md) lists them. Here: which slots "
        "hold one and the same certificate, and what a renewal or an upgrade does to what is in a slot. Of the renewal "
        "rows the first whose conditions hold applies."
    )
    rows: tuple[SlotAlias | SlotChange | UpgradeChange, ...] = (*tables.aliases, *tables.changes, *tables.upgrades)
    blocks = (
        f"{mark(row.id)}\n## {row.id}: {escaped(row.says)}\n\n"
        + listed(paragraphs_of(row.id, f"{row.id}: ", tables), links.SLOTS, where)
        for row in rows
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
        "of its kind meets its conditions: `release` is that after the change, `old.release` the one before it. `any "
        "other` stands where no step of the same place does."
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
