"""What is wrong with an assembled form: names that no field has, access to nothing, circles, unknown sources and
binds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from app.feel.temporal import Date
from app.workflow.forms import limits
from app.workflow.forms.conditions import Condition
from app.workflow.forms.findings import Findings
from app.workflow.forms.literals import compared, members_read
from app.workflow.forms.model import PRESS, Access, Field, FieldType, Form
from app.workflow.forms.narrowing import OPTION, VALUE


@dataclass(frozen=True)
class Offers:
    """What the house offers to forms: option sources (with the facts that each tells of its options, where it is a mapping), and
    bind names by process. None is not checked."""

    sources: Mapping[str, Collection[str]] | Collection[str] | None = None
    binds: Callable[[str], Collection[str] | None] | None = None


# What a literal must be to be comparable with a field; text fields take texts, dates are written as calls or @-literals.
_LITERALS: dict[FieldType, type | tuple[type, ...]] = {
    FieldType.NUMBER: Decimal,
    FieldType.CHECKBOX: bool,
    FieldType.TABLE: (),
    FieldType.DATE: Date,
}


def check_form(form: Form, access: Any, offers: Offers, findings: Findings, *, part: bool) -> None:
    """Note everything that shows only in the whole form. Parts may read fields that the including form brings."""
    _check_size(form, findings)
    _check_keys(form, findings)
    _check_access(form, access, findings, part=part)
    if not part:
        _check_names(form, findings)
        _check_literals(form, findings)
        _check_circles(form, findings)
    _check_sources(form, offers.sources, findings)
    _check_filters(form, offers.sources, findings)
    _check_binds(form, offers.binds, findings)


def _check_size(form: Form, findings: Findings) -> None:
    if len(form.fields) > limits.FIELDS:
        what = {"en": "fields", "zh_Hans": "个字段", "zh_Hant": "個欄位"}
        findings.error("too_large", found=len(form.fields), what=what, most=limits.FIELDS)


def _check_keys(form: Form, findings: Findings) -> None:
    keys = [section.key for section in form.sections if section.key]
    for key in sorted({key for key in keys if keys.count(key) > 1 or key in form.fields}):
        findings.error("duplicate_key", key, found=key)


def _check_access(form: Form, access: Any, findings: Findings, *, part: bool) -> None:
    if not isinstance(access, Mapping):
        findings.error("wrong_value", property="access", found=repr(access)[:60], wanted='{"*": "read"}')
        return
    if part:
        if access:
            findings.warning("part_access")
        return
    known = {"*", *form.fields, *(section.key for section in form.sections if section.key)}
    for name, right in access.items():
        if name not in known:
            findings.error("access_unknown", name, found=name, guess=_guess(name, known))
        if right not in list(Access):
            findings.error("wrong_value", name, property="access", found=repr(right)[:60], wanted=", ".join(Access))
    for field in form.fields.values():
        if field.calculated and field.access is Access.REQUIRED and field.key in access:
            findings.error("never_filled", field.key, found=field.key)


def _check_names(form: Form, findings: Findings) -> None:
    for component, condition in _conditions(form):
        known = form.fields.keys() | (PRESS if component == "rules" else set())
        known |= {OPTION} if _is_filter(form, component, condition) else set()
        for name in sorted(condition.names - known):
            guess = _guess(name, form.fields)
            findings.error("unknown_name", component, text=condition.text, found=name, guess=guess)
    for rule in form.rules:
        if rule.field and rule.field not in form.fields:
            findings.error("field_unknown", "rules", found=rule.field, guess=_guess(rule.field, form.fields))


def _check_literals(form: Form, findings: Findings) -> None:
    """A condition that compares a field with what it can never hold would hide fields in silence."""
    for component, condition in _conditions(form):
        for name, literal in sorted(compared(condition.text), key=repr):
            field = form.fields.get(name)
            if field and not isinstance(literal, _LITERALS.get(field.type, str)):
                facts = {"text": condition.text, "field": name, "found": literal, "type": field.type.value}
                findings.error("wrong_literal", component, **facts)
            elif field and field.choices and not field.source and all(c.value != literal for c in field.choices):
                known = ", ".join(choice.value for choice in field.choices)
                findings.error("unknown_choice", component, text=condition.text, field=name, found=literal, known=known)


def _conditions(form: Form) -> Iterator[tuple[str, Condition]]:
    for section in form.sections:
        if section.visible:
            yield section.key, section.visible
        for item in section.items:
            own = (
                (item.visible, item.default, item.calculated, item.filter)
                if isinstance(item, Field)
                else (item.visible,)
            )
            yield from ((item.key if isinstance(item, Field) else section.key, one) for one in own if one)
    yield from (("rules", rule.check) for rule in form.rules)


def _check_circles(form: Form, findings: Findings) -> None:
    """Visibility and calculated values are worked out in rounds, which end only where nothing depends on itself."""
    reads = {key: _reads(form, field) for key, field in form.fields.items()}
    for key in reads:
        if key in _reachable(key, reads):
            findings.error("condition_circle", key, found=key)


def _reads(form: Form, field: Field) -> frozenset[str]:
    own = (field.visible, field.calculated, field.filter, form.section_of[field.key].visible)
    return frozenset().union(*(condition.names for condition in own if condition))


def _reachable(key: str, reads: Mapping[str, frozenset[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(reads[key])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += reads.get(name, ())
    return seen


def _check_sources(form: Form, sources: Collection[str] | None, findings: Findings) -> None:
    if sources is None:
        return
    for path, field in _with_columns(form.fields.values()):
        if field.source and field.source not in sources:
            findings.at(field.file).error("unknown_source", path, found=field.source, known=", ".join(sorted(sources)))


def _is_filter(form: Form, component: str, condition: Condition) -> bool:
    return component in form.fields and form.fields[component].filter is condition


def _check_filters(form: Form, sources: Any, findings: Findings) -> None:
    """A filter must ask something of the option, and only what the source tells of it: anything else would offer all or nothing."""
    for key, field in form.fields.items():
        if field.filter is None:
            continue
        own = findings.at(field.file)
        if OPTION in form.fields:
            own.error("reserved_key", OPTION, found=OPTION)
        asked = members_read(field.filter.text, OPTION)
        if not asked:
            own.error("filter_of_nothing", key, text=field.filter.text)
        told = {VALUE, *(sources.get(field.source, ()) if field.source and isinstance(sources, Mapping) else ())}
        if field.source is None or (isinstance(sources, Mapping) and field.source in sources):
            for fact in sorted(asked - told):
                own.error("unknown_fact", key, found=fact, guess=_guess(fact, told), known=", ".join(sorted(told)))


def _check_binds(form: Form, binds: Callable[[str], Collection[str] | None] | None, findings: Findings) -> None:
    bound = [field.bind for field in form.fields.values() if field.bind]
    known = binds(form.key.partition("/")[0]) if binds else None
    for name in sorted(set(bound)):
        if bound.count(name) > 1:
            findings.error("duplicate_bind", found=name)
        if known is not None and name not in known:
            findings.error("unknown_bind", found=name, known=", ".join(sorted(known)) or "-")


def _with_columns(fields: Iterable[Field]) -> Iterator[tuple[str, Field]]:
    for field in fields:
        yield field.key, field
        yield from ((f"{field.key}.{column.key}", column) for column in field.columns)


def _guess(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), 1)
    return f" ({near[0]}?)" if near else ""
