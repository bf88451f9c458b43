"""What a request brings, taken against the form: typed values and the reasons why some can't be taken.

Only fields that this step may edit are looked at; whatever else stands in the request is ignored. An editable field
that the request does not name keeps its value (it was not on the page); one that is not visible is emptied, so that
nothing decides a case unseen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from werkzeug.datastructures import MultiDict

from app.kernel import clock
from app.workflow.forms import limits
from app.workflow.forms.messages import say
from app.workflow.forms.model import CHOICES, PRESS, Access, Choice, Field, FieldType, Form, Option, OptionSource, Rule
from app.workflow.forms.narrowing import depends_on, is_out
from app.workflow.forms.state import State, seen_by_conditions, settle
from app.workflow.forms.texts import pick
from app.workflow.forms.values import TICKED, ValueRefused, for_input, parse, rows_of

ADD, REMOVE, UPDATE = "_add:", "_remove:", "_update"
ROWS = ".rows"  # marks a table as present, so that "no rows" can be told from "not on the page"


@dataclass(frozen=True)
class Submission:
    """The outcome.

    `values`: every field of the form, typed; `shown`: the same with refused texts as typed, for the page; `errors`:
    path ("amount", "incomes.0.source", "rule:1") to a sentence; `changed`: keys whose value differs from before.
    """

    values: dict[str, Any]
    shown: dict[str, Any]
    errors: Mapping[str, str]
    changed: frozenset[str]

    @property
    def ok(self) -> bool:
        """Whether everything can be taken."""
        return not self.errors


def read(
    form: Form,
    posted: MultiDict[str, str],
    *,
    values: Mapping[str, Any],
    options: OptionSource,
    locale: str,
    today: date | None = None,
    press: Mapping[str, Any] | None = None,
) -> Submission:
    """Take a request. `values` are the typed values before it; `today` (in China, if not given) bounds dates.

    press: what rules may ask beside the fields (`model.PRESS`): the button pressed, and whether the case had come back.
    """
    before = {key: values.get(key, field.empty) for key, field in form.fields.items()}
    taking = _Taking(posted, before, options, locale, today or clock.now().astimezone(limits.TIME_ZONE).date())
    for field in form.fields.values():
        if field.editable:
            taking.take(field)
    state = settle(form, taking.values)
    taking.put_away_unseen(form, state)
    taking.narrow(form, state)
    taking.demand(form, state)
    taking.decide(form, state, press or {})
    after = {
        key: taking.values[key] if field.calculated is None else state.values[key] for key, field in form.fields.items()
    }
    changed = frozenset(key for key, value in after.items() if value != before[key])
    return Submission(after, {**after, **taking.refused}, taking.errors, changed)


def read_draft(form: Form, posted: MultiDict[str, str]) -> dict[str, Any]:
    """What was typed into the editable fields, unchecked, as texts (tables: lists of dicts); row buttons are obeyed."""
    draft: dict[str, Any] = {}
    for field in form.fields.values():
        if not field.editable:
            continue
        if field.type is FieldType.TABLE and _names_table(posted, field):
            draft[field.key] = _with_buttons(field, [_storable(row) for row in _rows(posted, field)], posted)
        elif field.key in posted:
            draft[field.key] = _storable_text(posted.getlist(field.key)[-1])
    return draft


def is_refresh(posted: MultiDict[str, str]) -> bool:
    """Whether a button of the form itself was pressed (update, add, remove a row): the page is asked for again."""
    return any(name == UPDATE or name.startswith((ADD, REMOVE)) for name in posted)


def to_posted(form: Form, values: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> MultiDict[str, str]:
    """The request a browser would send to enter `values` (typed or as JSON has them) on a page that showed `before`."""
    posted: MultiDict[str, str] = MultiDict()
    entered = {**(before or {}), **values}
    for key, field in form.fields.items():
        if key not in entered:
            continue
        value = entered[key]
        if field.type is not FieldType.TABLE:
            posted[key] = _as_text(field, value)
            continue
        posted[key + ROWS] = "1"
        for number, row in enumerate(rows_of(value)):
            posted.update(
                {f"{key}.{number}.{column.key}": _as_text(column, row.get(column.key)) for column in field.columns}
            )
    return posted


def offered(field: Field, options: OptionSource) -> list[Option]:
    """The choices of a choice field: those of the file, then those of its source, also such as are no longer offered."""
    if field.type not in CHOICES:
        return []
    found = options(field.source) if field.source else ()
    return [*field.choices, *(Choice(one.value, one.label, one.facts, one.is_offered) for one in found)]


class _Taking:
    """One request being taken; each step adds to `values`, `refused` (texts as typed) and `errors`."""

    def __init__(
        self, posted: MultiDict[str, str], before: Mapping[str, Any], options: OptionSource, locale: str, today: date
    ) -> None:
        self.posted, self.before, self.options, self.locale, self.today = posted, before, cache(options), locale, today
        self.values = dict(before)
        self.refused: dict[str, Any] = {}
        self.errors: dict[str, str] = {}
        self.on_page: set[str] = set()

    def take(self, field: Field) -> None:
        """Read one field, if the request names it."""
        if field.type is FieldType.TABLE:
            if _names_table(self.posted, field):
                self._take_table(field)
        elif field.key in self.posted:
            raw = self.posted.getlist(field.key)[-1]
            try:
                self.values[field.key] = self._parse(field, raw, self.before[field.key])
            except ValueRefused as refused:
                self._refuse(field.key, refused)
                self.values[field.key] = field.empty
                self.refused[field.key] = _storable_text(raw)

    def put_away_unseen(self, form: Form, state: State) -> None:
        """Empty the editable fields that the conditions hide, and forget what was wrong with them."""
        for key, field in form.fields.items():
            if field.editable and key not in state.visible:
                self.values[key] = field.empty
                self.refused.pop(key, None)
                self.errors = {path: text for path, text in self.errors.items() if path.partition(".")[0] != key}

    def narrow(self, form: Form, state: State) -> None:
        """Refuse choices that do not go with the other entries, also where they were made before: those may have changed."""
        seen = seen_by_conditions(state)
        for key, field in form.fields.items():
            if field.filter is None or not field.editable or key not in state.visible or _has_error(self.errors, key):
                continue
            if any(_has_error(self.errors, name) for name in depends_on(field)):
                continue
            chosen = self.values[key]
            if is_out(field, chosen, offered(field, self.options), seen):
                self.errors[key] = self._say("choice_out")
                self.values[key], self.refused[key] = field.empty, chosen

    def demand(self, form: Form, state: State) -> None:
        """Note required fields that are empty and tables with too few rows."""
        for key, field in form.fields.items():
            if not field.editable or key not in state.visible or _has_error(self.errors, key):
                continue
            if field.type is FieldType.TABLE:
                self._demand_rows(field)
            elif field.required and self.values[key] == field.empty:
                self.errors[key] = self._say(_missing(field))

    def decide(self, form: Form, state: State, press: Mapping[str, Any]) -> None:
        """Check the rules that concern what this step may edit and whose fields are all in order."""
        seen = seen_by_conditions(state)
        seen = {**{name: press.get(name) for name in PRESS}, **seen}
        self.on_page = {key for key in state.visible if form.fields[key].access is not Access.HIDDEN}
        editable = {key for key, field in form.fields.items() if field.editable and key in state.visible}
        for number, rule in enumerate(form.rules, 1):
            names = _with_sources(form, rule.check.names)
            if names & editable and not any(_has_error(self.errors, name) for name in names):
                self._decide(rule, f"rule:{number}", seen)

    def _decide(self, rule: Rule, path: str, seen: Mapping[str, Any]) -> None:
        outcome = rule.check.value(seen)
        if outcome is True:
            return
        place = rule.field if rule.field in self.on_page else path
        if outcome is False:
            self.errors.setdefault(place, pick(rule.message, self.locale))
        elif all(seen[name] not in (None, "", []) for name in rule.check.names):
            self.errors.setdefault(place, self._say("rule_unclear", text=rule.check.text))

    def _take_table(self, field: Field) -> None:
        before = self.before[field.key] or []
        typed: list[dict[str, Any]] = []
        as_typed: list[dict[str, Any]] = []
        for raw in _rows(self.posted, field):
            if any(text.strip() for text in raw.values()):
                typed.append(self._take_row(field, raw, before, f"{field.key}.{len(typed)}"))
                as_typed.append({**typed[-1], **self._refused_cells(field, raw, len(typed) - 1)})
        self.values[field.key] = typed
        if len(typed) > field.limits.max_rows:
            self.errors[field.key] = self._say("max_rows", most=field.limits.max_rows, found=len(typed))
        if _has_error(self.errors, field.key):
            self.refused[field.key] = as_typed

    def _take_row(self, field: Field, raw: Mapping[str, str], before: list[Any], path: str) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for column in field.columns:
            text = raw.get(column.key, "")
            old = text if any(former.get(column.key) == text for former in before) else None
            row[column.key] = column.empty
            try:
                row[column.key] = self._parse(column, text, old)
                if column.required and row[column.key] == column.empty:
                    self.errors[f"{path}.{column.key}"] = self._say(_missing(column))
            except ValueRefused as refused:
                self._refuse(f"{path}.{column.key}", refused)
        return row

    def _refused_cells(self, field: Field, raw: Mapping[str, str], number: int) -> dict[str, str]:
        return {key: _storable_text(text) for key, text in raw.items() if f"{field.key}.{number}.{key}" in self.errors}

    def _demand_rows(self, field: Field) -> None:
        found, least = len(self.values[field.key] or []), field.limits.min_rows
        if found == 0 and field.required:
            self.errors[field.key] = self._say("required")
        elif found < least:
            self.errors[field.key] = self._say("min_rows", least=least, found=found)

    def _parse(self, field: Field, raw: str, old: Any) -> Any:
        return parse(field, raw, offered=offered(field, self.options), old=old, today=self.today)

    def _refuse(self, path: str, refused: ValueRefused) -> None:
        self.errors[path] = pick(refused.texts, self.locale)

    def _say(self, code: str, **facts: object) -> str:
        return say(code, self.locale, **facts)


def _names_table(posted: MultiDict[str, str], field: Field) -> bool:
    return field.key + ROWS in posted


def _rows(posted: MultiDict[str, str], field: Field) -> list[dict[str, str]]:
    """The rows as typed, in the order of their numbers; more than the house allows are not looked at."""
    columns = "|".join(column.key for column in field.columns)
    name = re.compile(rf"{field.key}\.([0-9]{{1,6}})\.({columns})")
    rows: dict[int, dict[str, str]] = {}
    for posted_name in posted:
        if match := name.fullmatch(posted_name):
            rows.setdefault(int(match[1]), {})[match[2]] = posted.getlist(posted_name)[-1]
    return [rows[number] for number in sorted(rows)][: limits.MOST_ROWS + 1]


def _with_buttons(field: Field, rows: list[dict[str, str]], posted: MultiDict[str, str]) -> list[dict[str, str]]:
    button = f"{REMOVE}{field.key}:"
    removed = {name.removeprefix(button) for name in posted if name.startswith(button)}
    kept = [row for number, row in enumerate(rows) if str(number) not in removed]
    if ADD + field.key in posted and len(kept) < field.limits.max_rows:
        kept.append({column.key: "" for column in field.columns})
    return kept


def _has_error(errors: Mapping[str, str], key: str) -> bool:
    return any(path.partition(".")[0] == key for path in errors)


def _with_sources(form: Form, names: frozenset[str]) -> frozenset[str]:
    """The names, and those that the calculated fields among them are calculated from."""
    calculated = (form.fields[name].calculated for name in names if name in form.fields)
    further = frozenset().union(*(condition.names for condition in calculated if condition)) - names
    return _with_sources(form, names | further) if further else names


def _missing(field: Field) -> str:
    if field.type is FieldType.CHECKBOX:
        return "required_tick"
    return "required_choice" if field.type in CHOICES else "required"


def _as_text(field: Field, value: Any) -> str:
    if isinstance(value, bool):
        return TICKED if value else ""
    return str(value) if isinstance(value, int | float) else for_input(field, value)


def _storable(row: Mapping[str, str]) -> dict[str, str]:
    return {key: _storable_text(text) for key, text in row.items()}


def _storable_text(raw: str) -> str:
    """As typed, without what no store takes (NUL, halves of surrogate pairs) and what exceeds the longest text."""
    return re.sub("[\x00\ud800-\udfff]", "", raw)[: limits.LONGEST_TEXT]
