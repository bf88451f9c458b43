"""A finished case made into a scenario: its acts, with nothing in them that tells whose case it was.

Only variables that the diagram decides by are kept. Names of users become person_1, person_2 … (the same person the same name),
free texts text_1 …; amounts, choices and dates stay, for they decide the route. Case number, times and people are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from app import feel
from app.kernel.errors import Refusal
from app.workflow import forms
from app.workflow.engine import Candidates, Definition
from app.workflow.trials.deeds import Deed, Kind, Life
from app.workflow.trials.record import names_of
from app.workflow.trials.scenario_files import Scenario, deeds_at
from app.workflow.trials.ways import marks_of, nodes_of, way

KEPT = frozenset({Kind.START, Kind.ANSWER, Kind.MOVE, Kind.MESSAGE, Kind.TIMER, Kind.END})
PERSONAL = frozenset({"user_of", "least_loaded", "picked"})
_KINDS = forms.FieldType
FREE = frozenset({_KINDS.TEXTFIELD, _KINDS.TEXTAREA, _KINDS.IDNUMBER, _KINDS.CREDITCODE, _KINDS.PHONE, _KINDS.USER})


def scenario_of(
    life: Life,
    definition: Definition,
    files: Mapping[str, bytes],
    *,
    title: Mapping[str, str],
    wanted: frozenset[str] = frozenset(),
) -> Scenario:
    """The scenario of a case that ran on `definition`, as yet without a name; `wanted`: what another version decides by, too.

    Raises Refusal for a case that was rewound.
    """
    if any(deed.kind is Kind.RESTORE for deed in life.deeds):
        raise Refusal("This case was rewound to an earlier moment; such a case can't be made into a scenario.")
    mask = _Mask(frozenset(_personal(definition)), frozenset(_free_texts(definition, files)))
    kept = definition.routing_names | wanted
    deeds = deeds_at([mask.deed(deed, kept) for deed in life.deeds if deed.kind in KEPT])
    served = {n: mask.values(given, kept) for deed in life.deeds for n, given in deed.served.items()}
    route = way(marks_of(life.deeds), nodes_of(definition))
    end = definition.ends.get(life.outcome, life.outcome)
    first = replace(deeds[0], served=served)
    return Scenario("", definition.key, title, (first, *deeds[1:]), route, end, served)


def _personal(definition: Definition) -> Iterator[str]:
    """The variables that hold user names: those by which rules find a certain person."""
    for step in definition.steps.values():
        for rule in step.candidates:
            yield from _names_in(rule)


def _names_in(rule: Candidates) -> Iterator[str]:
    if rule.rule in PERSONAL:
        # A rule that can't be read finds nobody, and is a finding of the check.
        with suppress(feel.FeelError):
            yield from feel.outside_names(feel.parse(rule.value), {})
    for part in (*rule.also, *rule.apart):
        yield from _names_in(part)


def _free_texts(definition: Definition, files: Mapping[str, bytes]) -> Iterator[str]:
    for step in definition.steps.values():
        if step.form is not None:
            for each in forms.load(step.form, files).fields.values():
                if each.type in FREE:
                    yield from names_of(each)


@dataclass
class _Mask:
    """Replaces what could tell of a person, the same by the same."""

    personal: frozenset[str]
    free: frozenset[str]
    given: dict[tuple[str, str], str] = field(default_factory=dict)

    def deed(self, deed: Deed, wanted: frozenset[str]) -> Deed:
        """The deed without what tells of a person; `wanted`: the variables that decide."""
        return replace(deed, values=self.values(deed.values, wanted), served={})

    def values(self, values: Mapping[str, Any], wanted: frozenset[str]) -> dict[str, Any]:
        kept = {name: value for name, value in values.items() if name in wanted}
        return {name: self._value(name, value) for name, value in kept.items()}

    def _value(self, name: str, value: Any) -> Any:
        kind = "person" if name in self.personal else "text" if name in self.free else None
        if kind is None or not isinstance(value, str) or not value:
            return value
        number = 1 + sum(1 for known, _ in self.given if known == kind)
        return self.given.setdefault((kind, value), f"{kind}_{number}")
