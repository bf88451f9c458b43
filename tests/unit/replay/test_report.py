"""The figures and the report of a replay."""

from __future__ import annotations

from app.replay.events import Log, Reject
from app.replay.moves import APPROVED, REFUSED
from app.replay.player import Played
from app.replay.report import Tally, progress, report

LOG = Log(digest=b"\1" * 32, format="the loan log of 2012", rejects=[Reject(7, "12", "No date.")], rows=9)


def played(case: str = "1", outcome: str = APPROVED, **more: object) -> Played:
    return Played(case, APPROVED, outcome, {"claim": 2, "complete": 1}, events=3, unsaid=1, **more)


def tally(*cases: Played) -> Tally:
    found = Tally(wanted=10, earlier=4)
    for one in cases:
        found.add(one)
    return found


def test_outcomes_are_compared_with_the_log() -> None:
    text = report(LOG, tally(played("1"), played("2", REFUSED)), 2.0)
    assert "- outcome as in the log: 1 of 2 (50.0%)" in text
    assert "| approved | refused | 1 |" in text
    assert "- case 2: approved in the log, refused here" in text


def test_a_case_that_was_left_is_named_with_its_row_and_not_compared() -> None:
    found = tally(played("1"), played("3", fault="Nobody may do it.", row=17))
    text = report(LOG, found, 2.0)
    assert "- case 3, row 17: Nobody may do it." in text
    assert found.agreeing == 1
    assert sum(found.outcomes.values()) == 1


def test_rejected_rows_are_named_with_their_number() -> None:
    assert "- row 7 (case 12): No date." in report(LOG, tally(), 1.0)


def test_a_case_that_was_stopped_is_not_counted_but_its_acts_are() -> None:
    found = tally(played(stopped=True))
    assert (found.cases, sum(found.acts.values())) == (0, 3)


def test_the_line_of_progress_has_both_rates() -> None:
    line = progress(tally(played(), played()), 2.0)
    assert line == "2 of 10 cases, 6 acts, 1.0 cases/s, 3 acts/s"


def test_nothing_played_is_a_report_too() -> None:
    text = report(LOG, tally(), 0.0)
    assert "played: 0 of 10 cases" in text
    assert "4 finished by earlier runs" in text


def test_cases_entered_at_a_limit_are_counted() -> None:
    assert "limit of the product: 3 cases" in report(LOG, Tally(wanted=1, clamped=3), 1.0)


def test_cases_left_with_a_fault_show_while_it_runs() -> None:
    assert progress(tally(played(fault="No.", row=3)), 1.0).endswith("1 left with a fault")
