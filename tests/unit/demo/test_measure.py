"""What is read out of the logs, on small logs written here and on the real ones where they are."""

from __future__ import annotations

import json
from itertools import count

import pytest

from app.demo import measure
from app.demo.profile import PROFILE

MINUTE = "2026-03-02T10:{:02d}:00.000+08:00"


def loan(amount: str, *steps: tuple[str, str, str]) -> list[dict[str, str]]:
    """Events a minute apart: (activity, lifecycle, resource)."""
    minutes = count()
    return [
        {
            "case_id": amount,
            "amount_req": amount,
            "activity": activity,
            "lifecycle": lifecycle,
            "resource": resource,
            "timestamp": MINUTE.format(next(minutes)),
        }
        for activity, lifecycle, resource in steps
    ]


APPROVED = loan(
    "5000",
    ("A_SUBMITTED", "COMPLETE", "112"),
    ("W_Completeren aanvraag", "SCHEDULE", "112"),
    ("W_Completeren aanvraag", "START", "1"),
    ("W_Completeren aanvraag", "COMPLETE", "1"),
    ("W_Completeren aanvraag", "START", "2"),
    ("W_Completeren aanvraag", "COMPLETE", "2"),
    ("A_APPROVED", "COMPLETE", ""),
)
REFUSED = loan("7000", ("A_SUBMITTED", "COMPLETE", "112"), ("A_DECLINED", "COMPLETE", "112"))
LOANS = {"a": APPROVED, "b": REFUSED}


def test_outcomes_and_stages_are_counted_once_per_case() -> None:
    life = measure.loan_life(LOANS)
    assert life["shares"]["outcome"] == {"approved": 0.5, "refused": 0.5}
    assert life["shares"]["ended_at"] == {"refused:at_once": 1.0}


def test_hours_until_the_decision_run_from_the_first_event() -> None:
    assert measure.loan_life(LOANS)["curves"]["hours_until_approved"][0] == pytest.approx(0.1)


def test_a_case_without_an_end_is_undecided() -> None:
    assert measure.loan_life({"a": APPROVED[:-1]})["shares"]["outcome"] == {"undecided": 1.0}


def test_a_change_of_hands_is_a_claim_by_somebody_else_than_before() -> None:
    figures = measure.work_items(LOANS)["figures"]
    assert (figures["claims"], figures["claimed_again_by_another_share"]) == (2, 0.5)


def test_events_without_a_person_are_counted() -> None:
    assert measure.work_items(LOANS)["figures"]["events_without_a_person_share"] == pytest.approx(1 / 9, abs=1e-4)


def test_claims_per_work_item_are_a_distribution() -> None:
    assert measure.work_items(LOANS)["shares"]["claims_per_intake"] == {"2": 1.0}


def test_a_wait_is_measured_between_neighbours_of_the_same_item() -> None:
    many = {str(i): APPROVED for i in range(20)}
    curves = measure.work_items(many)["curves"]
    assert {"hours_claim_intake", "hours_hold_intake", "hours_rest_intake"} == set(curves)
    assert curves["hours_hold_intake"][6] == pytest.approx(1 / 60, abs=1e-4)


def test_arrivals_keep_local_hours() -> None:
    assert measure.arrivals(LOANS)["shares"]["arrival_hour"] == {"10": 1.0}


def declaration(*steps: tuple[str, str]) -> list[dict[str, str]]:
    minutes = count()
    return [{"activity": activity, "role": role, "timestamp": MINUTE.format(next(minutes))} for activity, role in steps]


def test_only_others_send_back_not_the_employee_who_takes_it_back() -> None:
    events = declaration(
        ("Declaration SUBMITTED by EMPLOYEE", "EMPLOYEE"),
        ("Declaration REJECTED by ADMINISTRATION", "ADMINISTRATION"),
        ("Declaration REJECTED by EMPLOYEE", "EMPLOYEE"),
        ("Declaration FINAL_APPROVED by SUPERVISOR", "SUPERVISOR"),
    )
    shares = measure.returns({"a": events})["shares"]
    assert shares == {"returns": {"1": 1.0}, "returned_by": {"administration": 1.0}}


def test_income_is_the_instalment_over_its_share() -> None:
    row = {
        "credit_amount": "1200",
        "duration_in_month": "12",
        "installment_rate_in_percentage_of_disposable_income": "1",
    }
    months = dict.fromkeys(measure.DELAYS, "0") | {"PAY_0": "2", "PAY_3": "1"}
    found = measure.customers([row], [months], [{"DEBTINC": ""}, {"DEBTINC": "30"}])
    assert found["curves"]["income_dem_month"][0] == 250
    assert found["shares"]["months_overdue"] == {"2": 1.0}
    assert found["curves"]["debt_ratio"][0] == 30


def test_a_missing_folder_is_one_sentence(tmp_path, capsys) -> None:
    assert measure.main([str(tmp_path)]) == 1
    assert "docs/demo.md says where to get it" in capsys.readouterr().err


def test_no_folder_at_all_is_one_sentence(capsys) -> None:
    assert measure.main([]) == 1
    assert "Give the folder" in capsys.readouterr().err


def test_the_profile_that_ships_is_what_the_sources_say(shared) -> None:
    assert measure.measure(shared) == json.loads(PROFILE.read_text(encoding="utf-8"))
