"""The same person twice in a row: skipped only where the node says so, and never where it would cost a control."""

from __future__ import annotations

import pytest
from flask_babel import force_locale

from app.inbox import case_page, case_record
from app.kernel.db import session
from app.workflow import queries, user_tasks
from app.workflow.deploying.definitions import NotDeployable
from app.workflow.moves import restoring, returns
from tests.integration.people.kit import (
    APPROVE,
    INITIATOR,
    Case,
    acting,
    candidates,
    deploy,
    member,
    person,
    substitution,
)

pytestmark = pytest.mark.usefixtures("desk")
SKIP = 'skipSame="true"'
WANG = candidates("user", "wangfang") + APPROVE


def test_a_step_of_the_same_person_passes_by_itself_and_stands_in_the_history():
    case = marked()
    case.do("second", "wangfang")
    assert case.stations() == ["last"]
    skipped = case.visit("third")
    assert (skipped.outcome, skipped.completed_by) == ("approve", member("wangfang"))
    events = queries.events_of(case.row.id)
    assert [(e.verb, e.element_id) for e in events[-2:]] == [("complete", "second"), ("skip_same", "third")]
    assert case.row.visits["third"]["by"] == [member("wangfang")]


def marked(second: str = WANG, third: str = WANG, mark: str = SKIP) -> Case:
    deploy_marked(second, third, mark)
    case = Case.start("trial")
    case.do("apply", "zhaomin")
    return case


def deploy_marked(second: str, third: str, mark: str = SKIP) -> None:
    deploy("trial", ("apply", INITIATOR), ("second", second), ("third", third), ("last", INITIATOR), **{"third": mark})


@pytest.mark.parametrize("language", ["en", "zh_Hans", "zh_Hant"])
def test_the_skip_is_a_line_that_everybody_who_may_see_the_case_reads(bank, language):
    case = marked()
    case.do("second", "wangfang")
    with bank.app.test_request_context("/"), force_locale(language):
        page = case_page.open_case(case.row, person("zhaomin"), case.now)
        lines = [(line.verb, line.detail) for line in case_record.history(page)]
    assert {
        "en": ("Passed by itself", "the same person did the step before"),
        "zh_Hans": ("自动通过", "与上一环节为同一人"),
        "zh_Hant": ("自動通過", "與上一環節為同一人"),
    }[language] in lines


def test_without_the_mark_it_waits():
    case = marked(mark="")
    case.do("second", "wangfang")
    assert case.stations() == ["third"]


def test_another_person_is_asked():
    case = marked(second=candidates("user", "zhengwei") + APPROVE)
    case.do("second", "zhengwei")
    assert case.stations() == ["third"]


def test_a_pool_is_nobody_in_particular():
    case = marked(third=candidates("group", "credit_committee") + APPROVE)
    case.do("second", "wangfang")
    assert case.stations() == ["third"]


def test_a_refusal_before_is_not_repeated():
    case = marked()
    case.do("second", "wangfang", outcome="refuse")
    assert case.stations() == ["third"]


def test_never_after_a_return():
    case = marked(second=candidates("user", "wangfang") + APPROVE)
    returns.send_back(
        task_id=case.task("second").id,
        target="apply",
        reason_code="other",
        reason="补",
        mode="step",
        person=person("wangfang"),
        now=case.later(),
    )
    case.do("apply", "zhaomin")
    case.do("second", "wangfang")
    assert case.stations() == ["third"]


def test_never_after_the_case_was_rewound():
    case = marked(second=candidates("user", "zhengwei") + APPROVE)
    case.do("second", "zhengwei")
    before = next(e.seq for e in queries.events_of(case.row.id) if e.element_id == "apply")
    session.expire_all()
    restoring.restore(instance_id=case.row.id, seq=before, reason="重办", person=person("jiangshan"), now=case.later())
    session.flush()
    reassign(case, "second", "wangfang")
    case.do("second", "wangfang")
    assert case.stations() == ["third"]


def reassign(case: Case, station: str, to: str) -> None:
    user_tasks.reassign(
        task_id=case.task(station).id, to_username=to, reason="改", person=person("jiangshan"), now=case.later()
    )


def test_never_where_conditions_of_the_approval_must_be_met():
    case = marked(mark=f'{SKIP} conditions="met"')
    case.do("second", "wangfang")
    assert case.stations() == ["third"]


def test_never_for_whom_a_substitute_acted():
    case = marked()
    substitution("wangfang", "hanmei")
    case.do("second", acting("hanmei"))
    assert case.stations() == ["third"]


def test_several_in_a_row_are_skipped_with_a_line_each():
    deploy(
        "trial",
        ("second", WANG),
        ("third", WANG),
        ("fourth", WANG),
        ("last", INITIATOR),
        **{"third": SKIP, "fourth": SKIP},
    )
    case = Case.start("trial")
    case.do("second", "wangfang")
    session.flush()
    assert case.stations() == ["last"]
    assert [e.element_id for e in queries.events_of(case.row.id) if e.verb == "skip_same"] == ["third", "fourth"]


@pytest.mark.parametrize(
    ("third", "code"),
    [
        ('<credit:vote electorate="credit_committee"/>', "skip_same_forbidden"),
        (WANG + '<credit:fourEyes step="apply"/>', "skip_same_forbidden"),
        (
            candidates("user", "wangfang")
            + '<credit:outcome id="a" kind="approve"/><credit:outcome id="b" kind="approve"/>',
            "skip_same_outcome",
        ),
        (
            candidates("user", "wangfang") + '<credit:outcome id="a" kind="approve" opinion="required"/>',
            "skip_same_outcome",
        ),
    ],
)
def test_where_it_must_not_be_the_mark_is_a_finding(third, code):
    with pytest.raises(NotDeployable) as refused:
        deploy_marked(WANG, third)
    assert code in {finding.code for finding in refused.value.findings}


def test_a_step_that_another_one_names_for_four_eyes_is_not_skipped_either():
    with pytest.raises(NotDeployable) as refused:
        deploy_marked(WANG + '<credit:fourEyes step="third"/>', WANG)
    assert "skip_same_forbidden" in {finding.code for finding in refused.value.findings}
