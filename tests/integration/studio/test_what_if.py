"""What if, on cases that were returned and with values that nobody should type: told precisely, and never a fault."""

from __future__ import annotations

import pytest

from app.kernel.db import session, transaction
from app.workflow.migrating import what_if
from app.workflow.migrating.what_if_answers import Source
from tests.integration.workflow.route import Route

REVIEW = "pre_committee_review"
ODD = ["NaN", "-NaN", "sNaN", "Infinity", "-Infinity", "1E+999999", "1e400", "9" * 400, "-1", "abc", "一千"]
ODD += [
    "12,34",
    "0x10",
    "1_000",
    "   ",
    "",
    "\u0661\u0662",
    "<script>alert(1)</script>",
    "'; drop table case_event; --",
]
ODD += ["=1+1", "\u202e50", "50 000\n000"]


def back(route: Route, target: str, mode: str = "step") -> Route:
    """The case is sent back from where it stands."""
    route.send_back(route.stations[0], target, mode)
    return route


def sources(way) -> dict[str, Source]:
    return {stop.element_id: stop.source for stop in way.stops}


def test_a_case_sent_back_step_by_step_is_walked_with_what_was_answered_since(start):
    route = back(start().go_to(REVIEW), "retail_document_check").go_to(REVIEW)
    found = what_if.compare(route.case, {"amount": 5_000_000}, route.now)
    (move,) = found.returned
    assert (move.verb, move.origin, move.target, move.straight) == ("send_back", REVIEW, "retail_document_check", False)
    assert {"retail_document_check", "retail_conclusion", "submission"} <= set(move.void)
    kept = sources(found.before)
    assert {kept[station] for station in ("intake", "retail_document_check", "retail_conclusion")} == {Source.COUNTS}
    # It lies on a line back from the target, so its answer is void; but the case never came to it again.
    assert kept["assignment"] == Source.STOOD
    assert kept["final_approval"] == Source.ASSUMED
    assert found.before.end == "approved"


def test_a_case_that_has_yet_to_come_to_a_station_again_keeps_its_values_and_is_assumed_to_agree(start):
    route = back(start().go_to(REVIEW), "retail_document_check")
    found = what_if.compare(route.case, {"amount": 5_000_000}, route.now)
    kept = sources(found.before)
    assert kept["assignment"] == Source.STOOD
    assert {kept[station] for station in ("retail_document_check", "retail_conclusion")} == {Source.LAST_KNOWN}
    assert found.before.variables["rating"] == route.case.variables["rating"]
    assert found.before.end == "approved"


def test_after_a_straight_return_what_was_not_asked_again_counts_as_it_was_given(start):
    route = back(start().go_to(REVIEW), "retail_phone_check", "straight")
    route.do("retail_phone_check")
    assert route.stations == [REVIEW]
    found = what_if.compare(route.case, {"amount": 5_000_000}, route.now)
    (move,) = found.returned
    assert move.straight
    kept = sources(found.before)
    assert {kept[station] for station in ("retail_phone_check", "retail_conclusion", "submission")} == {Source.COUNTS}
    assert found.before.variables["rating"] == route.case.variables["rating"]


@pytest.fixture
def returned_case(bank, staff, paperless):
    """A case on record that was sent back and has come forward again."""
    session.remove()
    with transaction():
        route = back(Route(staff).go_to(REVIEW), "retail_document_check").go_to(REVIEW)
        found = route.case.id
    session.remove()
    return found


def test_whatever_is_typed_gets_a_page_or_a_sentence(returned_case, sign_in):
    client, bad = sign_in("jiangshan"), []
    for field in ("amount", "term_months", "debt_ratio", "overdue_count", "guarantee", "product", "rating"):
        for given in ODD:
            answer = client.get(f"/studio/cases/{returned_case}/what-if", query_string={f"value-{field}": given})
            if answer.status_code not in (200, 422):
                bad.append((field, given[:20], answer.status_code))
    assert bad == []


def test_the_page_tells_of_the_return_and_how_it_was_dealt_with(returned_case, sign_in):
    client = sign_in("jiangshan")
    page = client.get(f"/studio/cases/{returned_case}/what-if", query_string={"value-amount": "6000000"})
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "真实案件中的退回" in text
    assert "退回至“资料核验”" in text
    assert "以新结果推演" in text
    refused = client.get(f"/studio/cases/{returned_case}/what-if", query_string={"value-amount": "1E+999999"})
    assert refused.status_code == 422
    assert "1E+999999" in refused.get_data(as_text=True)
