"""Which rows answered a saved verdict: the cases of its rule, and of the verifying end's row, that its facts fit.

A verdict names its facts as a person reads them; they are compared with the tables again, so that what is not known
leaves several cases open instead of a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ekuscan.model import Target, Verdict
from ekuscan.profiles.load import ROLES
from ekuscan.record import record
from ekuscan.rules import releases
from ekuscan.rules.releases import Release
from ekuscan.rules.tables import Case, Condition, Rule, Tables, Verifier, VerifierCase


@record
class Ends:
    """Who shows a certificate in a verdict and who verifies it, with their roles where they are targets."""

    presents: str
    presents_role: str
    verifies: str | None
    verifies_role: str


def ends_of(verdict: Verdict, rule: Rule, targets: Mapping[str, Target], tables: Tables) -> Ends:
    """The ends of a verdict of a rule. One that is no target has the role that the rule or its use case names."""
    verifies = verdict.verifies
    presents = next((name for name in (verdict.dials, verdict.answers) if name and name != verifies), verdict.target)
    use_case = tables.use_cases[rule.use_case]
    far = use_case.to if rule.presents.as_ == "client" else use_case.from_
    roles = {name: target.role for name, target in targets.items()}
    other = rule.verifies if rule.verifies in ROLES else next(iter(far), "outside")
    own = next((role for role in rule.presents.roles if role in ROLES), "outside")
    return Ends(presents, roles.get(presents, own), verifies, roles.get(verifies or "", other))


def fitting_cases(rule: Rule, facts: Facts) -> list[Case]:
    """The cases of a rule that no known fact contradicts; one where everything is known that it asks."""
    return [case for case in rule.cases if all(facts.may_hold(condition) for condition in case.when)]


def fitting_verifier_cases(row: Verifier, facts: Facts) -> list[VerifierCase]:
    """The same of a verifier's row, whose facts are the verifying end's own."""
    return [case for case in row.cases if all(facts.may_hold(c, "verifies.") for c in case.when)]


class Facts:
    """What a verdict says it stands on, under the names that rules have for it."""

    def __init__(self, verdict: Verdict, ends: Ends) -> None:
        self._told = {one.fact: one.value for one in verdict.because}
        self._assumed = dict(text.partition(" = ")[::2] for text in verdict.assumed)
        self._ends = ends
        self._link = f"/{verdict.use_case}."

    def may_hold(self, condition: Condition, prefix: str = "") -> bool:
        """Whether a condition holds, or may hold because nothing is known of its fact."""
        values = list(self._values(prefix + condition.fact))
        if condition.values:
            return not values or any(value in condition.values for value in values)
        intervals = list(self._releases(prefix + condition.fact))
        low = condition.low or ()
        return not intervals or any(one.overlaps(low, condition.high) for one in intervals)

    def _values(self, fact: str) -> Iterator[str]:
        end, _, name = fact.partition(".")
        if fact == "presents.role":
            yield self._ends.presents_role
        elif fact == "verifies.role":
            yield self._ends.verifies_role
        elif end == "link":
            found = [*self._told.items(), *self._assumed.items()]
            yield from (value for told, value in found if told.endswith(f".{name}") and ">" in told)
        elif end == "pair":
            yield from (value for told, value in self._told.items() if told.endswith(f".{name}"))
        else:
            owner = self._ends.presents if end == "presents" else self._ends.verifies
            for told in (self._told, self._assumed):
                if f"{owner}.{name}" in told:
                    yield told[f"{owner}.{name}"]

    def _releases(self, fact: str) -> Sequence[Release]:
        ends = ["presents", "verifies"] if fact.startswith("pair.") else [fact.partition(".")[0]]
        roles = {"presents": self._ends.presents_role, "verifies": self._ends.verifies_role}
        found = []
        for end in ends:
            for text in self._values(f"{end}.release"):
                try:
                    found.append(releases.parse(roles[end], text))
                except releases.ReleaseError:
                    continue
        if len(ends) == 2:
            return [min(found, key=lambda one: one.low)] if len(found) == 2 else []
        return found
