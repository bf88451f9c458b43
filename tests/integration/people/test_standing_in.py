"""Substitutes: who may act for whom, when, on what; and that every act says so."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from app.audit.models import AuditEntry
from app.identity.models import Substitution
from app.inbox import case_page, case_record, lists
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.workflow import queries, rules, user_tasks
from app.workflow.assigning import substitutes
from app.workflow.assigning.substitutes import Wish
from app.workflow.deploying import explanations
from app.workflow.moves import returns
from app.workflow.rules import Verb, Who
from app.workflow.watching import worklists
from app.workflow.watching.worklists import Filter
from tests.integration.people.kit import (
    INITIATOR,
    MORNING,
    Case,
    acting,
    candidates,
    change,
    deploy,
    holder,
    member,
    person,
    substitution,
)

pytestmark = pytest.mark.usefixtures("desk")
DAY = timedelta(days=1)


def held_by(username: str, inside: str = "", by: str = "zhaomin") -> Case:
    """A case whose step `check` is held by somebody."""
    deploy("trial", ("apply", INITIATOR), ("check", candidates("user", username) + inside))
    case = Case.start("trial", by)
    case.do("apply", by)
    return case


def in_pool(inside: str = "") -> Case:
    deploy("trial", ("apply", INITIATOR), ("check", candidates("group", "risk_managers") + inside))
    case = Case.start("trial")
    case.do("apply", "zhaomin")
    return case


def may(case: Case, username: str, verb: Verb = Verb.COMPLETE) -> bool:
    return rules.may(verb, acting(username, case.now), case.row, case.task("check"))


def in_todo(case: Case, username: str) -> bool:
    rows = worklists.todo(acting(username, case.now), Filter(), now=case.now, size=500).rows
    return case.task("check").id in {row.task.id for row in rows}


# --- acting


def test_a_substitute_completes_in_place_of_his_principal_and_every_record_says_so():
    case = held_by("wangfang")
    substitution("wangfang", "hanmei")
    case.do("check", acting("hanmei"))
    done = case.visit("check")
    assert (done.completed_by, done.completed_for) == (member("hanmei"), member("wangfang"))
    event = queries.events_of(case.row.id)[-1]
    assert (event.actor_id, event.for_id) == (member("hanmei"), member("wangfang"))
    entry = session.scalars(
        select(AuditEntry).where(AuditEntry.object_id == str(done.id)).order_by(AuditEntry.id)
    ).all()[-1]
    assert f'"for":{member("wangfang")}' in entry.payload.replace(" ", "")
    page = case_page.open_case(case.row, person("wangfang"), case.now)
    assert {e.person for e in case_record.history(page)} & {"韩梅（代 王芳）", "韩梅 for 王芳"}
    assert {i.person for i in case_record.timeline(page)} & {"韩梅（代 王芳）", "韩梅 for 王芳"}


def test_without_a_substitution_nobody_acts_for_another():
    case = held_by("wangfang")
    with pytest.raises((Forbidden, NotFound, Conflict)):
        case.do("check", acting("hanmei"))


def test_in_his_own_right_he_acts_for_nobody():
    case = held_by("hanmei")
    substitution("wangfang", "hanmei")
    case.do("check", acting("hanmei"))
    assert case.visit("check").completed_for is None


def test_a_task_claimed_for_the_principal_is_the_principals():
    case = in_pool()
    substitution("caoying", "hanmei")
    user_tasks.claim(task_id=case.task("check").id, person=acting("hanmei"), now=case.later())
    assert holder(case.task("check")) == "caoying"
    event = queries.events_of(case.row.id)[-1]
    assert (event.verb, event.actor_id, event.for_id) == ("claim", member("hanmei"), member("caoying"))


def test_a_substitute_releases_saves_and_sends_back_for_his_principal():
    case = in_pool()
    substitution("caoying", "hanmei")
    hanmei, task = acting("hanmei"), case.task("check")
    user_tasks.claim(task_id=task.id, person=hanmei, now=case.later())
    user_tasks.save_draft(task_id=task.id, answer=user_tasks.Answer(values={}), person=hanmei, now=case.later())
    user_tasks.release(task_id=task.id, person=hanmei, now=case.later())
    user_tasks.claim(task_id=task.id, person=hanmei, now=case.later())
    returns.send_back(
        task_id=task.id, target="apply", reason_code="other", reason="补", mode="step", person=hanmei, now=case.later()
    )
    assert case.stations() == ["apply"]
    assert queries.events_of(case.row.id)[-1].for_id == member("caoying")


def test_what_is_asked_of_who_did_it_is_asked_of_the_principal():
    deploy(
        "trial",
        ("apply", INITIATOR),
        ("check", candidates("user", "wangfang")),
        ("again", candidates("actor_of", "check")),
    )
    case = Case.start("trial")
    case.do("apply", "zhaomin")
    substitution("wangfang", "hanmei")
    case.do("check", acting("hanmei"))
    assert holder(case.task("again")) == "wangfang"


# --- the window and the scope


@pytest.mark.parametrize(
    ("window", "allowed"),
    [
        ({}, True),
        ({"from_at": MORNING + DAY}, False),
        ({"until_at": MORNING - timedelta(seconds=1)}, False),
        ({"ended_at": MORNING}, False),
        ({"process_key": "trial"}, True),
        ({"process_key": "credit_application"}, False),
        ({"business_line": "retail"}, False),
        ({"ceiling": Decimal(100)}, False),
        ({"existing": False}, False),
        ({"existing": False, "from_at": MORNING}, True),
    ],
)
def test_a_substitution_reaches_as_far_as_it_says_in_rules_and_lists_alike(window, allowed):
    case = held_by("wangfang")
    substitution("wangfang", "hanmei", **window)
    if window == {"existing": False}:
        session.execute(update(Substitution).values(from_at=case.later()))
    assert may(case, "hanmei") is allowed
    assert in_todo(case, "hanmei") is allowed


@pytest.mark.parametrize(("amount", "allowed"), [("99.99", True), ("100", True), ("100.01", False), (None, False)])
def test_the_ceiling_is_the_most_a_case_may_be_about(amount, allowed):
    case = held_by("wangfang")
    case.row.amount = Decimal(amount) if amount else None
    session.flush()
    substitution("wangfang", "hanmei", ceiling=Decimal(100))
    assert (may(case, "hanmei"), in_todo(case, "hanmei")) == (allowed, allowed)


def test_the_line_is_that_of_the_cases_variables():
    case = held_by("wangfang")
    case.row.variables = {"business_line": "retail"}
    session.flush()
    substitution("wangfang", "hanmei", business_line="retail")
    assert (may(case, "hanmei"), in_todo(case, "hanmei")) == (True, True)


def test_a_substitution_that_ended_since_the_page_was_opened_is_noticed_inside_the_lock():
    case = held_by("wangfang")
    row = substitution("wangfang", "hanmei")
    hanmei = acting("hanmei")
    row.ended_at = case.now
    session.flush()
    with pytest.raises(Forbidden, match="no longer act"):
        case.do("check", hanmei)
    assert case.stations() == ["check"]


def test_it_ends_by_itself():
    case = held_by("wangfang")
    row = substitution("wangfang", "hanmei")
    hanmei = acting("hanmei")
    case.now = row.until_at
    with pytest.raises(Forbidden):
        case.do("check", hanmei)


def test_what_a_substitute_holds_when_his_window_ends_is_his_principals_alone():
    case = in_pool()
    row = substitution("caoying", "hanmei")
    hanmei = acting("hanmei")
    user_tasks.claim(task_id=case.task("check").id, person=hanmei, now=case.later())
    draft = user_tasks.Answer(values={}, opinion="初稿")
    user_tasks.save_draft(task_id=case.task("check").id, answer=draft, person=hanmei, now=case.later())
    case.now = row.until_at
    assert (may(case, "hanmei"), in_todo(case, "hanmei")) == (False, False)
    with pytest.raises(Forbidden):
        case.do("check", hanmei)
    assert (holder(case.task("check")), in_todo(case, "caoying")) == ("caoying", True)
    assert case.task("check").draft["opinion"] == "初稿", "what was written is not lost"
    case.do("check", "caoying")
    assert (case.visit("check").completed_by, case.visit("check").completed_for) == (member("caoying"), None)


# --- chains


def test_a_chain_reaches_through():
    case = held_by("wangfang")
    substitution("wangfang", "hanmei")
    substitution("hanmei", "yangguang")
    case.do("check", acting("yangguang"))
    done = case.visit("check")
    assert (done.completed_by, done.completed_for) == (member("yangguang"), member("wangfang"))


def test_a_chain_is_as_narrow_as_its_narrowest_link():
    case = held_by("wangfang")
    case.row.amount = Decimal(50)
    session.flush()
    substitution("wangfang", "hanmei", ceiling=Decimal(100))
    substitution("hanmei", "yangguang", ceiling=Decimal(10))
    assert (may(case, "hanmei"), may(case, "yangguang")) == (True, False)


def test_somebody_who_has_left_breaks_the_chain():
    case = held_by("wangfang")
    substitution("wangfang", "hanmei")
    substitution("hanmei", "yangguang")
    change("hanmei", active=False)
    assert not may(case, "yangguang")


def test_a_circle_is_refused_when_it_is_saved():
    name("wangfang", "hanmei")
    name("hanmei", "yangguang")
    with pytest.raises(Refusal, match="circle"):
        name("yangguang", "wangfang")


def test_a_circle_in_another_time_is_none():
    name("wangfang", "hanmei", from_at=MORNING, until_at=MORNING + DAY)
    name("hanmei", "wangfang", from_at=MORNING + DAY, until_at=MORNING + 2 * DAY)


def test_a_circle_in_the_table_is_harmless():
    case = held_by("wangfang")
    for principal, deputy in (("wangfang", "hanmei"), ("hanmei", "yangguang"), ("yangguang", "wangfang")):
        substitution(principal, deputy)
    assert may(case, "yangguang")
    assert {m.principal_id for m in acting("wangfang").stands_for} == {member("hanmei"), member("yangguang")}


# --- who must keep away keeps away


@pytest.mark.parametrize("deputy", ["zhaomin", "hanmei"])
def test_four_eyes_hold_for_the_substitute_and_for_his_principal(deputy):
    deploy(
        "trial",
        ("apply", INITIATOR),
        ("first", candidates("user", "hanmei")),
        ("check", candidates("user", "wangfang") + '<credit:fourEyes step="first"/>'),
    )
    case = Case.start("trial")
    case.do("apply", "zhaomin")
    case.do("first", "hanmei")
    substitution("wangfang", deputy)
    assert not may(case, deputy)
    assert not in_todo(case, deputy)


def test_whoever_let_another_do_a_step_for_him_may_not_do_the_one_of_four_eyes_either():
    deploy(
        "trial",
        ("first", candidates("user", "wangfang")),
        ("check", candidates("group", "credit_committee") + '<credit:fourEyes step="first"/>'),
    )
    case = Case.start("trial")
    substitution("wangfang", "zhengwei")
    case.do("first", acting("zhengwei"))
    away = set(case.task("check").excluded_ids)
    assert {member("wangfang"), member("zhengwei")} <= away


def test_who_began_the_case_stands_in_for_nobody_in_it():
    case = held_by("wangfang")
    substitution("wangfang", "zhaomin")
    assert not may(case, "zhaomin")
    assert not in_todo(case, "zhaomin")


def test_nor_does_a_chain_that_passes_through_him():
    case = held_by("wangfang")
    substitution("wangfang", "zhaomin")
    substitution("zhaomin", "hanmei")
    assert not may(case, "hanmei")


def test_but_somebody_may_stand_in_for_who_began_it():
    case = held_by("wangfang")
    substitution("zhaomin", "qianjin")
    returns.send_back(
        task_id=case.task("check").id,
        target="apply",
        reason_code="other",
        reason="补",
        mode="step",
        person=person("wangfang"),
        now=case.later(),
    )
    case.do("apply", acting("qianjin"))
    assert case.visit("apply").completed_for == member("zhaomin")


def test_a_ballot_is_personal():
    deploy("trial", ("check", '<credit:vote electorate="credit_committee"/>'))
    case = Case.start("trial")
    substitution("wangfang", "hanmei")
    assert Who.ELECTOR not in rules.relations(acting("hanmei"), case.row, case.task("check"))


def test_supervising_is_not_inherited():
    case = held_by("wangfang")
    substitution("jiangshan", "hanmei")
    assert not may(case, "hanmei", Verb.REASSIGN)


# --- the inbox


def test_the_task_stands_in_both_inboxes_and_is_marked_in_the_substitutes(bank):
    case = held_by("wangfang")
    substitution("wangfang", "hanmei")
    assert in_todo(case, "wangfang")
    assert in_todo(case, "hanmei")
    with bank.app.test_request_context("/inbox"):
        rows = lists.rows_of("todo", acting("hanmei"), Filter(text=case.row.number), case.now).rows
        own = lists.rows_of("todo", person("wangfang"), Filter(text=case.row.number), case.now).rows
    assert [row.acting_for for row in rows] == ["王芳"]
    assert [row.acting_for for row in own] == [None]
    assert worklists.counts(acting("hanmei"))["todo"] == worklists.counts(person("hanmei"))["todo"] + 1 + extra()


def extra() -> int:
    """What wangfang holds besides in the demo bank without cases: nothing."""
    return 0


def test_the_principals_pool_is_the_substitutes_too():
    case = in_pool()
    substitution("caoying", "hanmei")
    rows = worklists.pool(acting("hanmei"), Filter(), now=case.now, size=500).rows
    assert case.task("check").id in {row.task.id for row in rows}
    assert queries.may_see(acting("hanmei"), case.row)


def test_the_task_tells_the_substitute_why_he_sees_it():
    case = held_by("wangfang")
    substitution("wangfang", "hanmei")
    said = explanations.because(case.task("check"), acting("hanmei"), principal_id=member("wangfang"))
    assert "王芳" in said


# --- naming and ending


def name(principal: str, deputy: str, by: str | None = None, **more) -> Substitution:
    window = {"from_at": MORNING, "until_at": MORNING + 5 * DAY, **more}
    return substitutes.name_substitute(
        principal_id=member(principal), wish=Wish(deputy=deputy, **window), person=person(by or principal), now=MORNING
    )


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"deputy": "wangfang"}, Refusal),
        ({"deputy": "nobody"}, NotFound),
        ({"deputy": "xieqian"}, Refusal),
        ({"until_at": MORNING}, Refusal),
        ({"from_at": MORNING - 2 * DAY, "until_at": MORNING - DAY}, Refusal),
        ({"until_at": MORNING + 400 * DAY}, Refusal),
        ({"process_key": "nothing"}, Refusal),
        ({"business_line": "nothing"}, Refusal),
        ({"ceiling": Decimal(0)}, Refusal),
        ({"by": "hanmei"}, Forbidden),
    ],
)
def test_what_makes_no_sense_is_refused(more, kind):
    with pytest.raises(kind):
        name("wangfang", **{"deputy": "hanmei", **more})


def test_a_supervisor_names_one_for_somebody_else_and_both_are_told():
    from app.notifications.models import Notice

    name("wangfang", "hanmei", by="jiangshan")
    session.flush()
    told = session.scalars(select(Notice.user_id).where(Notice.event == "substitute_named")).all()
    assert sorted(told) == sorted([member("wangfang"), member("hanmei")])


@pytest.mark.parametrize(
    ("by", "allowed"), [("wangfang", True), ("hanmei", True), ("jiangshan", True), ("yangguang", False)]
)
def test_the_two_of_them_or_a_supervisor_end_it(by, allowed):
    row = name("wangfang", "hanmei")
    if not allowed:
        with pytest.raises(NotFound):
            substitutes.end_substitution(substitution_id=row.id, person=person(by), now=MORNING + DAY)
        return
    substitutes.end_substitution(substitution_id=row.id, person=person(by), now=MORNING + DAY)
    assert substitutes.substitutions_of(person("wangfang"), MORNING + DAY) == []
    assert acting("hanmei", MORNING + DAY).stands_for == ()


def test_naming_and_ending_are_on_record():
    row = name("wangfang", "hanmei")
    substitutes.end_substitution(substitution_id=row.id, person=person("wangfang"), now=MORNING + DAY)
    session.flush()
    verbs = session.scalars(
        select(AuditEntry.verb).where(AuditEntry.object_type == "substitution").order_by(AuditEntry.id)
    )
    assert list(verbs)[-2:] == ["name_substitute", "end_substitution"]
