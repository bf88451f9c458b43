"""Every way through the credit route, driven through the engine's door: each station, each refusal, each line, each return."""

from __future__ import annotations

import pytest

import app.bindings  # noqa: F401 - rooms offer their delegates at import
from app.workflow import engine, registry
from tests.process.drawing import ROOT, drawings
from tests.process.journey import (
    ENTERPRISE,
    INDIVIDUAL,
    INVESTIGATIONS,
    Journey,
    assigned,
    definition,
    intake,
    investigated,
    parsed,
    required_fields,
    voted,
)

LINES = tuple(INVESTIGATIONS)
RECORDED = ["credit_applications.record_decision", "credit_applications.announce_decision"]


def test_the_routes_deploy_without_an_error() -> None:
    assert [f.message["en"] for f in parsed().findings if f.severity is engine.Severity.ERROR] == []
    assert {d.key for d in parsed().definitions} >= {"credit_application", "expense_declaration"}


def test_the_only_warning_is_the_wish_for_default_flows_that_the_route_does_not_want() -> None:
    assert {f.code for f in parsed().findings} <= {"no_default"}


def test_no_file_lacks_a_form_or_names_an_unknown_candidate_rule() -> None:
    forms = frozenset(f"{p.parent.name}/{p.stem}" for p in ROOT.glob("forms/*/*.form"))
    delegates = frozenset(RECORDED) | registry.delegates()
    rules = frozenset({"group", "group_of", "head_of", "user_of", "initiator", "actor_of"})
    paths = [path for ending in ("bpmn", "dmn") for path in ROOT.glob(f"bpmn/*/*.{ending}")]
    catalogue = engine.Catalogue(delegates=delegates, forms=forms, candidate_rules=rules)
    found = engine.check({str(p): p.read_bytes() for p in paths}, catalogue).findings
    assert {f.code for f in found} <= {"no_default"}


def test_the_definition_knows_every_station_of_the_route_and_its_investigations() -> None:
    drawn = {node for d in drawings() if d.path.parent.name == "credit_application" for node in d.steps()}
    assert set(definition("credit_application").steps) == drawn


def test_the_engine_asks_for_no_personal_data() -> None:
    names = definition("credit_application").routing_names
    assert not names & {"customer_name", "id_number", "credit_code", "phone", "address"}
    assert {"amount", "rating", "business_line", "credit_officer", "decision"} <= names


def test_the_stand_in_values_are_those_that_the_intake_form_requires() -> None:
    names = definition("credit_application").routing_names
    assert required_fields("intake") & names == set(INDIVIDUAL) == set(ENTERPRISE)


@pytest.mark.parametrize("line", LINES)
def test_an_application_is_approved_from_intake_to_final_approval(line: str) -> None:
    case = voted(line).to("final_approval").do("final_approval", "approve")
    assert case.end == "approved"
    assert case.variables["decision"] == "approved"
    assert case.called == [(RECORDED[0], "approved"), (RECORDED[1], "approved")]


def test_it_is_approved_with_conditions_when_the_final_approver_says_so() -> None:
    case = voted().do("final_approval", "conditional").to("conditions_release").do("conditions_release", "release")
    assert case.end == "approved_with_conditions"
    assert case.called == [(name, "conditional") for name in RECORDED]


def test_a_conditional_vote_goes_on_as_an_agreement() -> None:
    assert voted(vote="conditional").to("final_approval").do("final_approval", "approve").end == "approved"


def test_an_outright_approval_waits_for_the_conditions_that_are_open_and_a_refusal_does_not() -> None:
    case = voted(vote="conditional").to("final_approval")
    case.owes = True
    assert case.do("final_approval", "approve").to("conditions_release").do("conditions_release").end == (
        "approved_with_conditions"
    )
    case = voted(vote="conditional").to("final_approval")
    case.owes = True
    assert case.do("final_approval", "refuse").end == "application_refused"


@pytest.mark.parametrize("fault", [{"current_overdue": "yes"}, {"overdue_count": 9}, {"debt_ratio": 95}])
def test_the_rules_refuse_before_anybody_works_on_it(fault: dict[str, object]) -> None:
    case = intake(**fault)
    assert case.end == "application_refused"
    assert "routing" not in case.passed
    assert case.called == [(name, "refused") for name in RECORDED]


def test_what_the_rules_find_doubtful_goes_on_with_the_reason() -> None:
    case = intake(overdue_count=4).to("routing")
    assert case.variables["pre_check_result"] == "manual"
    assert case.variables["pre_check_reason"] == "overdue_history"


def refusals() -> dict[str, Journey]:
    """A case refused at each station that may refuse."""
    return {
        "routing": intake().do("routing", "refuse", business_line="retail"),
        "pre_committee_review": investigated("retail").do("submission").do("pre_committee_review", "refuse"),
        "credit_committee": voted(vote="refuse"),
        "risk_committee": voted("retail", rating="D").do("risk_committee", "refuse").do("risk_review"),
        "final_approval": voted().do("final_approval", "refuse"),
    }


def test_every_station_that_may_refuse_ends_the_case_as_refused_and_tells_the_initiator() -> None:
    for station, case in refusals().items():
        assert case.end == "application_refused", station
        assert case.variables["decision"] == "refused", station
        assert case.called == [(name, "refused") for name in RECORDED], station


def test_the_committees_head_records_the_result_whichever_way_it_went() -> None:
    case = investigated("micro").do("submission").do("pre_committee_review").do("credit_committee", "refuse")
    case.to("committee_resolution").do("committee_resolution")
    assert case.end == "application_refused"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "retail"),
        ({"product": "agriculture"}, "agriculture"),
        ({"product": "personal_business"}, "micro"),
        ({"customer_kind": "enterprise", "amount": 9_000_000}, "micro"),
        ({"customer_kind": "enterprise"}, "corporate"),
    ],
)
def test_the_market_department_gets_a_suggestion_and_decides_freely(changes: dict[str, object], line: str) -> None:
    case = intake(**changes).to("routing")
    assert case.variables["suggested_business_line"] == line
    assert case.do("routing", business_line="micro").to("assignment").variables["business_line"] == "micro"


def test_the_corporate_line_sends_two_officers_at_once() -> None:
    case = assigned("corporate", customer_kind="enterprise").to("corporate_cross_check", "corporate_site_visit")
    case.do("corporate_cross_check").to("corporate_site_visit")
    case.do("corporate_site_visit").to("corporate_conclusion")
    case.do("corporate_conclusion", rating="A").to("corporate_countersign")
    case.do("corporate_countersign").to("submission")


def test_the_second_officer_need_not_sign_what_is_returned_to_the_leader() -> None:
    case = assigned("corporate").do("corporate_cross_check").do("corporate_site_visit")
    case.do("corporate_conclusion", "return_to_leader", rating="C").to("assignment")


@pytest.mark.parametrize(("line", "check"), [("micro", "micro_phone_check"), ("retail", "retail_phone_check")])
def test_a_doubtful_phone_call_leads_straight_to_the_conclusion(line: str, check: str) -> None:
    case = assigned(line).do(INVESTIGATIONS[line][0]).do(check, "doubtful").to(f"{line}_conclusion")
    assert INVESTIGATIONS[line][2] not in case.passed


@pytest.mark.parametrize(("guarantee", "valued"), [("mortgage", True), ("credit", False), ("combined", False)])
def test_only_mortgaged_property_is_valued(guarantee: str, valued: bool) -> None:
    case = assigned("retail", guarantee=guarantee).do("retail_document_check").do("retail_phone_check")
    case.do("retail_face_signing").to("retail_valuation" if valued else "retail_conclusion")
    if valued:
        case.do("retail_valuation").to("retail_conclusion")


def test_village_and_project_are_looked_at_side_by_side() -> None:
    case = assigned("agriculture").do("agriculture_household_visit")
    case.to("agriculture_project_check", "agriculture_village_review")
    case.do("agriculture_village_review").to("agriculture_project_check")
    case.do("agriculture_project_check").to("agriculture_conclusion")


@pytest.mark.parametrize("line", LINES)
def test_what_an_officer_returns_comes_to_the_leader_who_assigns_anew(line: str) -> None:
    case = assigned(line)
    for station in INVESTIGATIONS[line]:
        if station.endswith("_conclusion"):
            case.do(station, "return_to_leader", rating="C").to("assignment")
            break
        case.do(station)
    case.do("assignment", credit_officer="sunyu", second_officer="lina")
    assert case.variables["credit_officer"] == "sunyu"
    for station in INVESTIGATIONS[line]:
        case.do(station, **({"rating": "B"} if station.endswith("_conclusion") else {}))
    case.to("submission")
    assert case.variables["investigation_result"] == "submit"


def test_a_case_may_come_back_to_the_leader_again_and_again() -> None:
    case = assigned("micro")
    for _ in range(25):
        case.do("micro_site_visit").do("micro_phone_check", "doubtful")
        case.do("micro_conclusion", "return_to_leader", rating="D").to("assignment")
        case.do("assignment", credit_officer="wangli")
    case.to("micro_site_visit")


@pytest.mark.parametrize(
    ("changes", "rating", "meets"),
    [
        ({"amount": 200_000}, "B", False),
        ({"amount": 200_000}, "C", False),
        ({"amount": 200_000}, "D", True),
        ({"amount": 4_000_000, "product": "housing"}, "C", True),
        ({"customer_kind": "enterprise", "amount": 12_000_000}, "A", True),
    ],
)
def test_the_risk_committee_meets_by_amount_and_rating(changes: dict[str, object], rating: str, meets: bool) -> None:
    case = voted("micro", rating=rating, **changes)
    case.to("risk_committee" if meets else "final_approval")
    if meets:
        case.do("risk_committee").to("risk_review").do("risk_review").to("final_approval")
    assert case.decisions["risk_committee_needed"] is meets


@pytest.mark.parametrize(
    ("changes", "rating", "group"),
    [
        ({"amount": 200_000}, "A", "approvers_branch"),
        ({"amount": 4_000_000, "product": "housing"}, "B", "approvers_head_office"),
        ({"customer_kind": "enterprise", "amount": 8_000_000}, "A", "approvers_head_office"),
        ({"amount": 200_000}, "E", "approvers_president"),
    ],
)
def test_the_authority_matrix_names_the_final_approvers(changes: dict[str, object], rating: str, group: str) -> None:
    case = voted("micro", rating=rating, **changes)
    if case.stations == ["risk_committee"]:
        case.do("risk_committee").do("risk_review")
    assert case.to("final_approval").variables["approver_group"] == group
    (candidates,) = case.definition.steps["final_approval"].candidates
    assert (candidates.rule, candidates.value) == ("group_of", "approver_group")


@pytest.mark.parametrize("missing", sorted(set(INDIVIDUAL) - {"guarantee"}))
def test_a_value_that_nobody_gave_stops_the_case_and_once_given_it_goes_on(missing: str) -> None:
    case = Journey("credit_application")
    case.strict = False
    case.do("intake", **{name: value for name, value in INDIVIDUAL.items() if name != missing})
    incident = case.progress.incident
    assert incident is not None
    assert incident.element_id == ("suggest_business_line" if missing == "product" else "pre_check")
    assert case.stations == []
    assert not case.progress.finished
    case.retry(**{missing: INDIVIDUAL[missing]}).to("routing")


STATIONS_IN_ORDER = (
    "routing",
    "assignment",
    "retail_conclusion",
    "submission",
    "pre_committee_review",
    "credit_committee",
)


@pytest.mark.parametrize("target", ["intake", *STATIONS_IN_ORDER])
def test_the_final_approver_may_send_back_to_every_station_and_the_case_comes_to_him_again(target: str) -> None:
    case = voted().to("final_approval").send_back("final_approval", target).to(target)
    finish(case)
    assert case.end == "approved"


@pytest.mark.parametrize("target", ["intake", "routing", "assignment"])
def test_the_reviewer_may_send_back_before_the_investigation_which_is_then_done_anew(target: str) -> None:
    case = investigated("corporate", customer_kind="enterprise").do("submission")
    case.send_back("pre_committee_review", target).to(target)
    finish(case)
    assert case.end == "approved"
    assert case.passed.count("corporate_conclusion") == 2


def test_an_officer_may_send_back_to_the_leader_in_the_middle_of_a_double_investigation() -> None:
    case = assigned("corporate").do("corporate_cross_check")
    case.send_back("corporate_site_visit", "assignment").to("assignment")
    case.do("assignment", credit_officer="sunyu", second_officer="lina")
    case.to("corporate_cross_check", "corporate_site_visit")


def test_the_lead_officer_may_reopen_the_second_officers_check_alone() -> None:
    case = assigned("corporate").do("corporate_cross_check").do("corporate_site_visit").to("corporate_conclusion")
    case.send_back("corporate_conclusion", "corporate_cross_check").to("corporate_cross_check")
    case.do("corporate_cross_check").to("corporate_conclusion")


def test_the_committee_may_send_back_and_votes_again() -> None:
    case = investigated("agriculture").do("submission").do("pre_committee_review")
    case.send_back("credit_committee", "submission").to("submission")
    case.do("submission").do("pre_committee_review").to("credit_committee")


def test_a_line_chosen_wrongly_is_put_right_by_sending_back_to_the_market_department() -> None:
    case = assigned("retail", product="personal_business").send_back("retail_document_check", "assignment")
    case.send_back("assignment", "routing").to("routing")
    case.do("routing", business_line="micro").do("assignment", credit_officer="sunyu").to("micro_site_visit")


def test_each_node_of_the_route_is_passed_by_some_way() -> None:
    """The ways of this file together touch every node of the five diagrams."""
    cases = [*refusals().values(), voted("corporate", customer_kind="enterprise"), voted("micro", rating="D")]
    cases += [assigned("retail", guarantee="mortgage", product="housing"), voted("agriculture")]
    cases[-1].do("final_approval", "conditional")
    for case in cases:
        finish(case)
    drawn = {node for d in drawings() if d.path.parent.name == "credit_application" for node in d.kinds}
    assert drawn - {node for case in cases for node in case.passed} == set()


def finish(case: Journey) -> Journey:
    """Do whatever is open, always with the favourable answer, until the case ends."""
    for _ in range(60):
        if case.progress.finished:
            return case
        station = case.stations[0]
        needs = {
            "intake": dict(INDIVIDUAL) if case.variables["customer_kind"] == "individual" else dict(ENTERPRISE),
            "routing": {"business_line": case.variables.get("business_line")},
            "assignment": {"credit_officer": "wangli", "second_officer": "zhaoqiang"},
        }
        case.do(station, **needs.get(station, {"rating": "B"} if station.endswith("_conclusion") else {}))
    raise AssertionError("the case does not end")
