"""The forms of the routes: clean, fillable, strict about who may write what, and in step with what the diagrams decide by."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from app.workflow import forms
from app.workflow.forms.state import settle
from tests.process.answers import IDENTITY, SOURCES, files, fill, findings, form_of, options, submit
from tests.process.drawing import drawings
from tests.process.journey import INVESTIGATIONS, Journey, definition

CREDIT = sorted(n for d in drawings() if d.path.parent.name == "credit_application" for n in d.steps())
EXPENSE = sorted(n for d in drawings() if d.path.parent.name == "expense_declaration" for n in d.steps())
every_station = pytest.mark.parametrize("station", CREDIT + EXPENSE)

LOAN: dict[str, Any] = {
    "customer_kind": "individual",
    "customer_name": "王建国",
    **IDENTITY,
    "industry": "other",
    "product": "consumer",
    "amount": Decimal(200_000),
    "term_months": Decimal(36),
    "purpose": "装修",
    "repayment_method": "equal_instalment",
    "guarantee": "credit",
    "business_line": "retail",
    "credit_officer": "wangli",
    "rating": "B",
}


def test_no_form_has_a_finding() -> None:
    assert [(f.file, f.component, f.message["en"]) for f in findings()] == []


@every_station
def test_a_tidy_clerk_can_fill_it_in(station: str) -> None:
    known = {} if station in ("intake", "declaration") else LOAN
    taken = submit(station, known, **({"amount": 200_000} if station == "intake" else {}))
    assert taken.ok, taken.errors


@every_station
def test_an_empty_entry_names_every_field_that_must_be_filled(station: str) -> None:
    form = form_of(station)
    empty = forms.read(form, forms.to_posted(form, {}), values={}, options=options, locale="zh_Hans")
    always = {k for k, f in form.fields.items() if f.required and not f.visible and not form.section_of[k].visible}
    assert always <= set(empty.errors)


@every_station
@pytest.mark.parametrize("locale", ["en", "zh_Hans", "zh_Hant"])
def test_it_renders_in_every_language(station: str, locale: str) -> None:
    form = form_of(station)
    heading = next(section for section in form.sections if section.key in ("loan", "expense"))
    assert heading.label[locale] in forms.render(form, LOAN, options=options, locale=locale)


@pytest.mark.parametrize("station", CREDIT)
def test_the_work_of_a_station_stands_before_what_it_only_reads(station: str) -> None:
    writable = [any(field.editable for field in section.fields) for section in form_of(station).sections]
    if any(writable):
        assert writable[0]


@pytest.mark.parametrize("line", INVESTIGATIONS)
def test_what_an_officer_must_fill_is_visible_in_his_line(line: str) -> None:
    known = {**LOAN, "business_line": line, "guarantee": "mortgage", "recommendation": "grant"}
    for station in [*INVESTIGATIONS[line], *(["retail_valuation"] if line == "retail" else [])]:
        form = form_of(station)
        hidden = {key for key, field in form.fields.items() if field.required} - settle(form, known).visible
        assert hidden == set(), station


@every_station
def test_values_a_station_only_shows_cannot_be_changed_there(station: str) -> None:
    form = form_of(station)
    shown = {key for key, field in form.fields.items() if not field.editable and key in LOAN}
    forged = forms.to_posted(form, dict.fromkeys(shown, "999"))
    taken = forms.read(form, forged, values=LOAN, options=options, locale="zh_Hans")
    assert all(taken.values[key] == LOAN[key] for key in shown)


@pytest.mark.parametrize(
    "station", ["credit_committee", "committee_resolution", "risk_committee", "risk_review", "final_approval"]
)
def test_deciders_see_neither_identity_number_nor_phone(station: str) -> None:
    html = forms.render(form_of(station), LOAN, options=options, locale="zh_Hans")
    assert IDENTITY["id_number"] not in html
    assert IDENTITY["phone"] not in html
    assert "王建国" in html


def test_only_intake_and_the_last_stations_write_to_the_loan_and_its_customer() -> None:
    writers: dict[str, set[str]] = {}
    for station in CREDIT:
        for field in form_of(station).fields.values():
            if field.bind and field.editable:
                writers.setdefault(field.bind, set()).add(station)
    conclusions = {f"{line}_conclusion" for line in INVESTIGATIONS}
    terms = {"committee_resolution", "final_approval"}
    assert writers.pop("application.rating") == conclusions
    assert writers.pop("application.business_line") == {"routing"}
    assert writers.pop("application.conditions") == terms | {"risk_review"}
    for name in ("amount", "term_months", "rate"):
        assert writers.pop(f"application.approved_{name}") == terms
    assert set(map(frozenset, writers.values())) == {frozenset({"intake"})}


@pytest.mark.parametrize(
    ("station", "said", "field"),
    [
        ("intake", {"guarantee": "mortgage"}, "collateral"),
        ("intake", {"guarantee": "guaranteed"}, "guarantors"),
        ("intake", {"guarantee": "credit", "amount": 1_000_001}, "amount"),
        ("intake", {"amount": 999}, "amount"),
        ("intake", {"term_months": 361}, "term_months"),
        ("intake", {"id_number": "110101190303073011"}, "id_number"),
        ("routing", {"business_line": "corporate"}, "business_line"),
        ("assignment", {"business_line": "corporate"}, None),
        ("retail_conclusion", {"recommendation": "grant", "recommended_amount": 200_001}, "recommended_amount"),
        ("final_approval", {"approved_amount": 200_001}, "approved_amount"),
        ("retail_phone_check", {"retail_call_date": "2031-01-01"}, "retail_call_date"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(station: str, said: dict[str, Any], field: str | None) -> None:
    errors = submit(station, {} if station == "intake" else LOAN, **said).errors
    assert (field in errors) if field else not errors, errors


def test_the_two_officers_of_a_corporate_case_are_two_people() -> None:
    corporate = {**LOAN, "customer_kind": "enterprise", "business_line": "corporate", "credit_officer": None}
    assert "second_officer" in submit("assignment", corporate, credit_officer="wangli", second_officer="wangli").errors
    assert submit("assignment", corporate, credit_officer="wangli", second_officer="sunyu").ok


def test_the_second_officer_is_asked_for_in_the_corporate_line_only() -> None:
    assert "second_officer" in fill("assignment", {**LOAN, "business_line": "corporate", "credit_officer": None})
    assert "second_officer" not in fill("assignment", {**LOAN, "credit_officer": None})


def test_an_individual_is_asked_for_an_identity_number_and_an_enterprise_for_its_credit_code() -> None:
    assert "credit_code" not in fill("intake", {}, customer_kind="individual")
    assert "id_number" not in fill("intake", {}, customer_kind="enterprise")


def test_a_mortgage_with_its_collateral_is_taken() -> None:
    house = {"kind": "house", "description": "建设路1号101室", "owner": "王建国", "value": Decimal(1_500_000)}
    taken = submit("intake", {}, guarantee="mortgage", collateral=[house], amount=900_000)
    assert taken.ok, taken.errors
    assert taken.values["collateral"][0]["value"] == Decimal("1500000.00")


def test_the_monthly_income_is_the_sum_of_its_sources() -> None:
    rows = [{"kind": "salary", "monthly": Decimal(9_000)}, {"kind": "rent", "monthly": Decimal("1500.50")}]
    assert submit("intake", {}, incomes=rows, amount=50_000).values["monthly_income"] == Decimal("10500.50")


@pytest.mark.parametrize(("value", "ratio"), [(400_000, "50.00"), (150_000, "133.33")])
def test_loan_to_value_is_worked_out_from_amount_and_valuation(value: int, ratio: str) -> None:
    mortgaged = {**LOAN, "guarantee": "mortgage"}
    taken = submit("retail_valuation", mortgaged, retail_property_value=Decimal(value))
    assert taken.values["retail_loan_to_value"] == Decimal(ratio)


def test_the_resolution_proposes_what_the_officer_recommended() -> None:
    known = {**LOAN, "recommendation": "grant_less", "recommended_amount": Decimal(150_000)}
    html = forms.render(form_of("committee_resolution"), known, options=options, locale="en")
    assert 'name="approved_amount"' in html
    assert "150000" in html.replace(",", "")


@pytest.mark.parametrize("line", INVESTIGATIONS)
def test_deciders_see_the_investigation_of_the_cases_own_line_only(line: str) -> None:
    shown = settle(form_of("pre_committee_review"), {**LOAN, "business_line": line}).visible
    assert {key.partition("_")[0] for key in shown} & set(INVESTIGATIONS) == {line}


def test_fields_come_to_the_engine_under_the_names_it_decides_by() -> None:
    for key, stations in (("credit_application", CREDIT), ("expense_declaration", EXPENSE)):
        given = {name for station in stations for name, f in form_of(station).fields.items() if f.editable}
        own = {f"{station}_result" for station in stations}
        computed = set(Journey(key).definition.routing_names) - given - own
        assert computed <= {
            "decision",
            "conditions_open",
            "investigation_result",
            "approver_group",
            "risk_committee_needed",
            "suggested_business_line",
            "pre_check",
            "pre_check_result",
            "pre_check_reason",
            "route",
            "route_first_check",
            "route_budget_owner",
            "route_director",
        }


def test_the_choices_of_the_forms_are_those_the_decisions_know() -> None:
    pre_check = form_of("routing").fields["pre_check_result"]
    assert {choice.value for choice in pre_check.choices} == {"pass", "manual", "refuse"}
    declared = form_of("declaration").fields
    assert {c.value for c in declared["unit_kind"].choices} == {"faculty", "institute", "small_unit"}
    assert {c.value for c in declared["charged_to"].choices} == {"department", "project"}
    assert set(SOURCES["business_lines"]) == set(INVESTIGATIONS)


def test_shared_parts_decide_no_access_of_their_own() -> None:
    parts = {
        name: json.loads(content) for name, content in files().items() if forms.is_part(name.removesuffix(".form"))
    }
    assert len(parts) >= 14
    assert not any("access" in part for part in parts.values())


def test_no_routing_value_of_a_person_is_personal_data() -> None:
    personal = {"customer.name", "customer.id_number", "customer.credit_code", "customer.phone", "customer.address"}
    names = definition("credit_application").routing_names
    assert not {k for k, f in form_of("intake").fields.items() if f.bind in personal} & names
