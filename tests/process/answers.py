"""Forms of the routes, loaded and filled in like a tidy clerk would. For tests only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from app.workflow import forms
from app.workflow.forms.state import settle
from tests.process.drawing import ROOT, drawings

TODAY = date(2026, 3, 2)
SOURCES: Mapping[str, Sequence[str]] = {
    "products": ["consumer", "housing", "personal_business", "micro_business", "agriculture", "working_capital"],
    "business_lines": ["corporate", "micro", "retail", "agriculture"],
    "repayment_methods": ["equal_instalment", "equal_principal", "interest_first", "bullet"],
    "guarantee_kinds": ["credit", "guaranteed", "mortgage", "pledge", "combined"],
    "industries": ["manufacturing", "other"],
    "ratings": list("ABCDE"),
    "credit_officers": ["wangli", "zhaoqiang", "sunyu"],
    "second_officers": ["wangli", "zhaoqiang", "sunyu"],
}
# What the sources tell of their options, where every officer works for every line and every product allows everything.
FACTS: Mapping[str, Mapping[str, Any]] = {
    "products": {"customer_kind": None},
    "repayment_methods": {"products": SOURCES["products"]},
    "guarantee_kinds": {"products": SOURCES["products"]},
    "credit_officers": {"lines": SOURCES["business_lines"]},
    "second_officers": {"lines": SOURCES["business_lines"]},
}
BINDS = frozenset(
    [
        *(f"customer.{n}" for n in ("kind", "name", "id_number", "credit_code", "phone", "address", "industry")),
        *(f"application.{n}" for n in ("product", "amount", "term_months", "purpose", "repayment_method", "guarantee")),
        *(f"application.{n}" for n in ("business_line", "rating", "conditions")),
        *(f"application.approved_{n}" for n in ("amount", "term_months", "rate")),
    ]
)
IDENTITY = {"id_number": "110101190303073010", "credit_code": "91350211M000100Y43", "phone": "13800138000"}


@cache
def files() -> Mapping[str, bytes]:
    """Every form file the program ships, by name as a deployment has it."""
    root = ROOT / "forms"
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.glob("*/*.form"))}


def findings() -> tuple[forms.Finding, ...]:
    """What the house finds wrong with them, knowing the option sources and the records' fields."""
    binds = {"credit_application": BINDS, "expense_declaration": frozenset[str]()}
    return forms.check(files(), sources=frozenset(SOURCES), binds=binds.get)


@cache
def form_of(station: str) -> forms.Form:
    """The form of a station."""
    (step,) = [d.steps()[station] for d in drawings() if station in d.steps()]
    return forms.load(step.get("form", ""), files())


def options(source: str) -> Sequence[forms.Option]:
    """What the bank offers, named by its key."""
    facts, names = FACTS.get(source, {}), ("en", "zh_Hans", "zh_Hant")
    return [forms.Choice(key, dict.fromkeys(names, key), facts) for key in SOURCES.get(source, ())]


def fill(station: str, known: Mapping[str, Any], **said: Any) -> dict[str, Any]:
    """What a clerk enters at a station: what is said, and something plausible in every other field that must be filled."""
    form, entered = form_of(station), dict(said)
    for _ in range(4):
        visible = settle(form, {**known, **entered}).visible
        for key, field in form.fields.items():
            if field.required and key in visible and key not in entered and (known.get(key) is None):
                entered[key] = plausible(field)
    return entered


def plausible(field: forms.Field) -> Any:
    """A value that any field of its type takes."""
    if field.key in IDENTITY:
        return IDENTITY[field.key]
    if field.type is forms.FieldType.NUMBER:
        return field.limits.minimum or Decimal(1)
    if field.type is forms.FieldType.DATE:
        return TODAY
    if field.type is forms.FieldType.CHECKBOX:
        return True
    if field.choices:
        return field.choices[0].value
    return SOURCES[field.source][0] if field.source else "已核实"


def submit(station: str, known: Mapping[str, Any], **said: Any) -> forms.Submission:
    """The clerk's entry taken by the server; `known` are the values of the case before."""
    form = form_of(station)
    posted = forms.to_posted(form, fill(station, known, **said))
    before = {key: value for key, value in known.items() if key in form.fields}
    return forms.read(form, posted, values=before, options=options, locale="zh_Hans", today=TODAY)
