"""What demo people enter is taken by the forms of every station."""

from __future__ import annotations

import json
import random
from datetime import date
from decimal import Decimal
from functools import partial

import pytest

from app.demo import expense_answers, loan_answers, profile
from app.demo.expense_answers import Expense
from app.demo.loan_answers import STATIONS, Loan
from app.demo.wishes import PRODUCTS, draw_loan
from app.products.rules import GUARANTEE_KINDS, INDUSTRIES, REPAYMENT_METHODS
from app.workflow import forms
from app.workflow.forms import Choice
from config import ROOT

TODAY = date(2026, 3, 2)
FILES = {f"{path.parent.name}/{path.name}": path.read_bytes() for path in sorted((ROOT / "forms").rglob("*.form"))}


def loans() -> list[Loan]:
    """One application of each product."""
    found: dict[str, Loan] = {}
    for number in range(400):
        loan = draw_loan(profile.load(), random.Random(number), number, overdue_now=False, weak=False)
        found.setdefault(f"{loan.product} {loan.guarantee}", loan)
    return list(found.values())


def stations_of(loan: Loan) -> list[str]:
    lines = ("corporate", "micro", "retail", "agriculture")
    return [s for s in STATIONS if not s.startswith(lines) or s.startswith(loan.line)]


def options(loan: Loan, source: str) -> list[Choice]:
    names = {
        "products": PRODUCTS,
        "repayment_methods": REPAYMENT_METHODS,
        "guarantee_kinds": GUARANTEE_KINDS,
        "industries": INDUSTRIES,
        "ratings": "ABCDE",
        "business_lines": ("corporate", "micro", "retail", "agriculture"),
        "credit_officers": (loan.officer, loan.second_officer),
        "second_officers": (loan.officer, loan.second_officer),
    }[source]
    facts = {"products": list(PRODUCTS), "lines": [loan.line], "customer_kind": None}
    return [Choice(str(name), {"en": str(name)}, facts) for name in names]


@pytest.mark.parametrize("loan", loans(), ids=lambda loan: f"{loan.product} {loan.guarantee}")
@pytest.mark.parametrize("against", [False, True])
def test_every_station_takes_what_is_entered(loan: Loan, against: bool) -> None:
    known = loan_answers.answer("intake", loan, TODAY) | {"business_line": loan.line}
    for station in stations_of(loan):
        form = forms.load(f"credit_application/{station}", FILES)
        entered = loan_answers.answer(station, loan, TODAY, against=against)
        before = {key: value for key, value in known.items() if key in form.fields} if station != "intake" else {}
        posted = forms.to_posted(form, entered)
        offered = partial(options, loan)
        taken = forms.read(form, posted, values=before, options=offered, locale="en", today=TODAY)
        assert dict(taken.errors) == {}, station


@pytest.mark.parametrize("station", ["declaration", "correction", "payment", "first_check", "supervisor_approval"])
def test_expense_stations_take_what_is_entered(station: str) -> None:
    expense = Expense("faculty", "project", "差旅费报销", Decimal(1200), "BUDGET-01")
    form = forms.load(f"expense_declaration/{station}", FILES)
    entered = expense_answers.answer(station, expense, TODAY)
    posted = forms.to_posted(form, entered)
    assert forms.read(form, posted, values={}, options=lambda _s: [], locale="en", today=TODAY).errors == {}


def test_each_field_that_is_entered_is_on_its_form() -> None:
    loan = next(one for one in loans() if one.line == "corporate")
    for station in stations_of(loan):
        form = forms.load(f"credit_application/{station}", FILES)
        unknown = loan_answers.answer(station, loan, TODAY).keys() - form.fields.keys()
        assert unknown == set(), station


def test_there_is_an_answer_for_every_form_that_requires_something() -> None:
    for name, content in FILES.items():
        station = name.rpartition("/")[2].removesuffix(".form")
        if name.startswith("credit_application/") and not station.startswith("_"):
            required = "required" in json.loads(content)["access"].values()
            assert not required or station in STATIONS, station


def test_whoever_is_against_gives_a_reason() -> None:
    for station in ("routing", "pre_committee_review", "credit_committee", "risk_committee", "final_approval", "other"):
        assert loan_answers.opinion(station, against=True).strip()
