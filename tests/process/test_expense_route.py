"""Every way through the expense declaration: who looks at it, what comes back, and how it ends."""

from __future__ import annotations

import pytest

from tests.process.drawing import drawings
from tests.process.journey import Journey, declared, definition, required_fields

UNITS = {"faculty": "administration", "institute": "pre_approvers", "small_unit": "none"}


def test_the_commonest_declaration_is_checked_approved_and_paid() -> None:
    case = declared().to("first_check").do("first_check").to("supervisor_approval")
    case.do("supervisor_approval").to("payment").do("payment", "paid")
    assert case.end == "declaration_paid"


@pytest.mark.parametrize(("unit", "group"), UNITS.items())
def test_the_unit_decides_who_checks_first(unit: str, group: str) -> None:
    case = declared(unit_kind=unit)
    assert case.variables["route_first_check"] == group
    case.to("supervisor_approval" if group == "none" else "first_check")


@pytest.mark.parametrize(
    ("changes", "asked"), [({"charged_to": "project"}, True), ({"amount": 5_001}, True), ({"amount": 5_000}, False)]
)
def test_the_budget_owner_is_asked_for_projects_and_large_amounts(changes: dict[str, object], asked: bool) -> None:
    case = declared(**changes).do("first_check").to("budget_approval" if asked else "supervisor_approval")
    if asked:
        case.do("budget_approval").to("supervisor_approval")


def test_a_director_looks_at_very_large_amounts_after_the_supervisor() -> None:
    case = declared(amount=20_001).do("first_check").do("budget_approval").do("supervisor_approval")
    case.to("director_approval").do("director_approval").to("payment").do("payment", "paid")
    assert case.end == "declaration_paid"


RETURNING = ("first_check", "budget_approval", "supervisor_approval", "director_approval", "payment")


def at(station: str) -> Journey:
    """A large declaration that has come as far as `station`."""
    case = declared(amount=30_000)
    for earlier in RETURNING[: RETURNING.index(station)]:
        case.do(earlier)
    return case.to(station)


@pytest.mark.parametrize("station", RETURNING)
def test_whoever_returns_it_the_employee_corrects_and_submits_again(station: str) -> None:
    case = at(station).do(station, "refuse").to("correction")
    case.do("correction", "resubmit", unit_kind="small_unit", charged_to="department", amount=60)
    case.to("supervisor_approval").do("supervisor_approval").do("payment", "paid")
    assert case.end == "declaration_paid"


@pytest.mark.parametrize("station", RETURNING)
def test_whoever_returns_it_the_employee_may_drop_it(station: str) -> None:
    case = at(station).do(station, "refuse").do("correction", "drop")
    assert case.end == "declaration_dropped"
    assert "declaration_paid" not in case.passed


def test_a_corrected_amount_changes_the_way() -> None:
    case = declared(amount=60).do("first_check", "refuse")
    case.do("correction", "resubmit", amount=30_000, unit_kind="faculty", charged_to="department")
    case.do("first_check").to("budget_approval")


def test_it_may_come_back_forty_times() -> None:
    case = declared()
    for _ in range(40):
        case.do("first_check", "refuse").do("correction", "resubmit")
    case.do("first_check").do("supervisor_approval").do("payment", "paid")
    assert case.end == "declaration_paid"


@pytest.mark.parametrize("target", ["declaration", "first_check", "budget_approval", "supervisor_approval"])
def test_the_director_may_send_back_to_every_station(target: str) -> None:
    case = at("director_approval").send_back("director_approval", target).to(target)
    for station in ("declaration", *RETURNING):
        if case.stations == [station]:
            case.do(station)
    assert case.end == "declaration_paid"


def test_each_node_of_the_route_is_passed_by_some_way() -> None:
    cases = [at("payment").do("payment", "paid"), at("payment").do("payment", "refuse").do("correction", "drop")]
    (drawing,) = [d for d in drawings() if d.name == "expense_declaration"]
    assert set(drawing.kinds) - {node for case in cases for node in case.passed} == set()


def test_the_forms_ask_for_every_value_the_route_reads() -> None:
    names = definition("expense_declaration").routing_names
    for station in ("declaration", "correction"):
        assert {"unit_kind", "charged_to", "amount"} <= required_fields(station) & names
