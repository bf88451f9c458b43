"""Every way through a flow change: three people agree, any of them returns it, the author corrects or drops it."""

from __future__ import annotations

import pytest

from tests.process.drawing import drawings
from tests.process.journey import Journey, definition

REVIEWS = ("policy_review", "change_risk_check", "change_decision")


def handed_in() -> Journey:
    return Journey("flow_change").do("change_request").to("policy_review")


def at(station: str) -> Journey:
    case = handed_in()
    for earlier in REVIEWS[: REVIEWS.index(station)]:
        case.do(earlier)
    return case.to(station)


def test_three_agree_and_the_version_is_stored_after_the_last() -> None:
    case = at("change_decision")
    assert [name for name, _ in case.called] == ["studio.lock_draft"]
    case.do("change_decision")
    assert [name for name, _ in case.called] == ["studio.lock_draft", "studio.publish_change"]
    assert case.end == "change_in_force"


@pytest.mark.parametrize("station", REVIEWS)
def test_whoever_returns_it_the_draft_is_open_and_all_look_again(station: str) -> None:
    case = at(station).do(station, "refuse").to("change_correction")
    assert case.called[-1][0] == "studio.open_draft"
    case.do("change_correction", "resubmit").to("policy_review")
    assert case.called[-1][0] == "studio.lock_draft"
    for review in REVIEWS:
        case.do(review)
    assert case.end == "change_in_force"


@pytest.mark.parametrize("station", REVIEWS)
def test_whoever_returns_it_the_author_may_drop_it(station: str) -> None:
    case = at(station).do(station, "refuse").do("change_correction", "drop")
    assert case.end == "change_dropped"
    assert case.called[-1][0] == "studio.drop_change"
    assert "studio.publish_change" not in [name for name, _ in case.called]


def test_nobody_who_looked_at_it_before_looks_again_and_never_the_author() -> None:
    steps = definition("flow_change").steps
    for place, review in enumerate(REVIEWS):
        assert set(steps[review].four_eyes) == {"change_request", *REVIEWS[:place]}


def test_only_analysts_begin_one() -> None:
    assert definition("flow_change").starters == ("process_analysts",)


def test_each_node_of_the_route_is_passed_by_some_way() -> None:
    cases = [at("change_decision").do("change_decision"), at("policy_review").do("policy_review", "refuse")]
    cases[1].do("change_correction", "drop")
    again = at("policy_review").do("policy_review", "refuse").do("change_correction", "resubmit")
    (drawing,) = [d for d in drawings() if d.name == "flow_change"]
    passed = {node for case in (*cases, again) for node in case.passed}
    assert set(drawing.kinds) - passed == set()
