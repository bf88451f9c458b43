"""Conditions of an approval as tracked objects, and the one reconsideration of a refused case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from sqlalchemy import delete, select, update

from app.credit_applications.queries import application_of
from app.demo import papers
from app.documents import queries as documents
from app.documents.operations import add_document
from app.identity.models import Group, Membership, User
from app.kernel import db
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.notifications.models import Notice
from app.workflow import queries, user_tasks
from app.workflow.committees import conditions
from app.workflow.committees.conditions import ConditionsUnmet
from app.workflow.committees.votes import Choice
from app.workflow.moves import pending, reconsiderations
from app.workflow.moves.reconsiderations import TooLate
from app.workflow.rules import Verb
from app.workflow.user_tasks import Answer
from tests.integration.workflow.committee import FIVE, INITIATOR, Board
from tests.integration.workflow.route import Route, notices_of
from tests.integration.workflow.test_committees import GROUP, refused

A, C, D = "agree", "conditional", "disagree"


@pytest.fixture
def board(bank, staff) -> Iterator[Callable[..., Board]]:
    """A function: a rule → a case before its board; everything is rolled back afterwards."""
    yield lambda rule=GROUP, **more: Board(staff, rule, **more)
    db.session.rollback()
    db.session.remove()


@pytest.fixture
def conditional(board) -> Board:
    """A case approved with two conditions."""
    case = board()
    case.cast(FIVE[0], C, "追加保证人\n- 办妥抵押登记")
    case.cast(FIVE[1], C, "办妥抵押登记")
    case.cast_all(FIVE[2:], A, A)
    return case


def evidence(case: Board | Route):
    """A paper of the case."""
    found = documents.documents_of("case", case.case.id)
    return found[0] if found else a_paper(case)


def a_paper(case: Board | Route):
    made = add_document(
        owner_type="case",
        owner_id=case.case.id,
        type_key="other",
        file_name="凭证.pdf",
        stream=BytesIO(papers.paper("other")),
        element_id=None,
        actor=case.person(INITIATOR).actor,
        now=case.later(),
    )
    session.flush()
    return made


def pay(case: Board) -> None:
    user_tasks.complete(
        task_id=case.task("payment").id, answer=Answer(), person=case.person(INITIATOR), now=case.later()
    )


def test_the_ballots_conditions_become_objects_of_the_initiator_each_once(conditional):
    found = conditions.conditions_of(conditional.case.id)
    assert sorted((one.text or "", one.state, one.owner_id) for one in found) == [
        ("办妥抵押登记", "open", conditional.id(INITIATOR)),
        ("追加保证人", "open", conditional.id(INITIATOR)),
    ]
    assert all(one.resolution_id is not None for one in found)
    assert "condition_set" in notices_of(conditional.id(INITIATOR), conditional.case.id)


def test_a_station_that_waits_for_conditions_is_not_completed_before_all_are_settled(conditional):
    refused(ConditionsUnmet, lambda: pay(conditional))
    first, second = conditions.unmet(conditional.case.id)
    paper = evidence(conditional)
    person, now = conditional.person(INITIATOR), conditional.later()
    conditions.meet(condition_id=first.id, evidence_id=paper.id, note="", person=person, now=now)
    refused(ConditionsUnmet, lambda: pay(conditional))
    conditions.waive(condition_id=second.id, reason="已有足额抵押", person=conditional.person("jiangshan"), now=now)
    assert conditions.unmet(conditional.case.id) == []
    pay(conditional)
    assert conditional.case.state == "completed"


def test_it_is_met_by_its_owner_or_a_supervisor_with_a_document_of_the_case_only(conditional, board):
    (one, _), now = conditions.unmet(conditional.case.id), conditional.later()
    other = evidence(board())
    mine = conditional.person(INITIATOR)
    meet = lambda person, paper: conditions.meet(
        condition_id=one.id, evidence_id=paper.id, note="", person=person, now=now
    )
    refused(Refusal, lambda: meet(mine, other))
    paper = evidence(conditional)
    refused(Forbidden, lambda: meet(conditional.person("lvbin"), paper))
    refused(NotFound, lambda: meet(conditional.person("hanmei"), paper))
    meet(mine, paper)
    assert (one.state, one.settled_by, one.evidence_id) == ("met", mine.id, paper.id)
    refused(Conflict, lambda: meet(mine, paper))
    assert conditional.events("condition_meet")[0].detail["evidence"] == str(paper.id)


def test_only_a_supervisor_waives_with_a_reason_and_never_his_own(conditional):
    one, two = conditions.unmet(conditional.case.id)
    chief, now = conditional.person("jiangshan"), conditional.later()
    waive = lambda person, reason="已无必要": conditions.waive(
        condition_id=one.id, reason=reason, person=person, now=now
    )
    refused(Forbidden, lambda: waive(conditional.person(INITIATOR)))
    refused(Refusal, lambda: waive(chief, " "))
    conditions.plan(condition_id=one.id, owner="jiangshan", due_on=None, person=chief, now=now)
    refused(Forbidden, lambda: waive(chief))
    conditions.waive(condition_id=two.id, reason="重复", person=chief, now=now)
    assert (two.state, two.note, two.settled_by) == ("waived", "重复", chief.id)


def test_who_is_named_to_see_to_it_is_told_sees_the_case_and_has_it_on_his_list(conditional):
    one, _ = conditions.unmet(conditional.case.id)
    mei, chief = conditional.person("hanmei"), conditional.person("jiangshan")
    assert not queries.may_see(mei, conditional.case)
    conditions.plan(condition_id=one.id, owner="hanmei", due_on=date(2026, 4, 1), person=chief, now=conditional.later())
    session.flush()
    assert queries.may_see(mei, conditional.case)
    assert [found.id for found, _ in conditions.open_for(mei.id)] == [one.id]
    assert conditions.count_for(mei.id) == 1
    assert "condition_set" in notices_of(mei.id, conditional.case.id)


def test_a_met_condition_is_opened_again_by_a_supervisor_and_blocks_again(conditional):
    one, _ = conditions.unmet(conditional.case.id)
    paper, now = evidence(conditional), conditional.later()
    conditions.meet(condition_id=one.id, evidence_id=paper.id, note="", person=conditional.person(INITIATOR), now=now)
    reopen = lambda by: conditions.reopen(
        condition_id=one.id, reason="登记有误", person=conditional.person(by), now=now
    )
    refused(Forbidden, lambda: reopen(INITIATOR))
    reopen("jiangshan")
    assert (one.state, one.evidence_id, len(conditions.unmet(conditional.case.id))) == ("open", None, 2)


def test_whoever_works_on_the_case_may_set_a_further_condition_and_a_stranger_may_not(conditional):
    add = lambda by, words="补充流水": conditions.add(
        instance_id=conditional.case.id,
        text=words,
        owner=None,
        due_on=None,
        person=conditional.person(by),
        now=conditional.later(),
    )
    refused(Refusal, lambda: add(INITIATOR, " "))
    refused(NotFound, lambda: add("hanmei"))
    refused(Forbidden, lambda: add("lvbin"))
    assert add(INITIATOR).text == "补充流水"
    assert len(conditions.unmet(conditional.case.id)) == 3


def test_a_vote_taken_again_voids_what_its_first_resolution_asked_for(conditional):
    from app.workflow.moves import returns

    returns.send_back(
        task_id=conditional.task("payment").id,
        target="board",
        reason_code="terms",
        reason="调整条件",
        mode="step",
        person=conditional.person(INITIATOR),
        now=conditional.later(),
    )
    session.flush()
    conditional.cast_all(FIVE, A, A, A, A, A)
    session.expire_all()
    assert {one.state for one in conditions.conditions_of(conditional.case.id)} == {"void"}
    assert conditions.unmet(conditional.case.id) == []


# --- on the credit route: nothing is paid out before a condition is met, whoever approved


def met(route: Route) -> None:
    """The initiator shows all conditions of the case with a paper."""
    paper, now = evidence(route), route.later()
    for one in conditions.unmet(route.case.id):
        person = route.person(INITIATOR)
        conditions.meet(condition_id=one.id, evidence_id=paper.id, note="", person=person, now=now)
    session.flush()


def told(route: Route) -> list[str]:
    """The decisions the initiator was told."""
    mine = (Notice.case_id == route.case.id, Notice.event == "case_decided")
    return [notice.params["decision"] for notice in session.scalars(select(Notice).where(*mine))]


@pytest.fixture
def agreed(start) -> Route:
    """A case whose committee agreed with a condition, before the final approver."""
    route: Route = start().go_to("credit_committee")
    route.vote("credit_committee", Choice.CONDITIONAL, *[Choice.AGREE] * 3)
    return route.go_to("final_approval")


def test_what_the_committee_asked_for_holds_an_outright_approval_until_it_is_met(agreed):
    agreed.do("final_approval", "approve")
    assert agreed.stations == ["conditions_release"]
    assert application_of(agreed.case.id).state == "approved_with_conditions"
    assert told(agreed) == ["conditional"]
    agreed.holder("conditions_release")
    refused(ConditionsUnmet, lambda: agreed.do("conditions_release"))
    met(agreed)
    agreed.do("conditions_release")
    assert agreed.case.outcome == "approved_with_conditions"
    agreed.must_be_whole()


def test_what_was_met_before_the_final_approval_holds_nothing_up(agreed):
    met(agreed)
    agreed.do("final_approval", "approve")
    assert (agreed.case.outcome, application_of(agreed.case.id).state) == ("approved", "approved")
    assert told(agreed) == ["approved"]


def test_what_the_record_of_the_committee_asks_for_holds_it_too(start):
    route: Route = start().go_to("committee_resolution")
    route.do("committee_resolution", conditions=[{"condition": "办妥抵押登记", "stage": "before_contract"}])
    route.go_to("final_approval").do("final_approval", "approve")
    assert route.stations == ["conditions_release"]
    assert [one.text for one in conditions.unmet(route.case.id)] == ["办妥抵押登记"]


def test_what_is_to_be_done_after_the_pay_out_is_tracked_and_holds_nothing_up(start):
    route: Route = start().go_to("final_approval")
    later = {"condition": "每季报送报表", "stage": "after_payout", "due": date(2026, 6, 30)}
    route.do("final_approval", "conditional", conditions=[later])
    (one,) = conditions.conditions_of(route.case.id)
    assert (one.text, one.state, one.blocks, one.due_on) == ("每季报送报表", "open", False, date(2026, 6, 30))
    assert conditions.unmet(route.case.id) == []
    assert conditions.count_for(route.person(INITIATOR).id) == 1
    route.do("conditions_release")
    assert route.case.state == "completed"


def test_a_refusal_by_the_final_approver_leaves_nobody_owing_anything(agreed):
    owed = conditions.count_for(agreed.person(INITIATOR).id)
    agreed.do("final_approval", "refuse", opinion="不予批准")
    session.expire_all()
    assert {one.state for one in conditions.conditions_of(agreed.case.id)} == {"void"}
    assert conditions.count_for(agreed.person(INITIATOR).id) == owed - 1


def test_of_a_case_that_was_ended_by_hand_nobody_owes_anything_but_its_pay_out_stays_barred(agreed):
    agreed.do("final_approval", "approve")
    mine = agreed.person(INITIATOR).id
    assert agreed.case.id in {case.id for _, case in conditions.open_for(mine)}
    agreed.act(Verb.TERMINATE, by="jiangshan")
    assert agreed.case.id not in {case.id for _, case in conditions.open_for(mine)}
    assert conditions.unmet(agreed.case.id) != []


def test_a_station_that_waits_for_conditions_is_not_passed_over_by_a_supervisor(agreed):
    agreed.do("final_approval", "approve")
    skip = lambda: agreed.act(Verb.SKIP, "conditions_release", by="jiangshan", outcome="release")
    refused(ConditionsUnmet, skip)
    met(agreed)
    skip()
    assert pending.open_acts(agreed.case.id)[0].verb == Verb.SKIP, "past the committee a second person confirms it"


def test_a_condition_opened_again_while_others_are_asked_gives_the_task_back_to_its_holder(agreed):
    agreed.do("final_approval", "approve")
    met(agreed)
    holder = agreed.holder("conditions_release")
    other = next(p for p in agreed.staff.pool(agreed.task("conditions_release")) if p.id != holder.id)
    agreed.act(Verb.ADD_SIGNER, "conditions_release", by=holder.username, people=(other.username,), place="after")
    agreed.do("conditions_release")
    one = conditions.conditions_of(agreed.case.id)[0]
    chief = agreed.person("jiangshan")
    conditions.reopen(condition_id=one.id, reason="登记有误", person=chief, now=agreed.later())
    agreed.act(Verb.ANSWER, agreed.signer(other.username), by=other.username, outcome="agree", note="同意")
    task = agreed.task("conditions_release")
    assert (task.state, task.stage, task.assignee_id) == ("open", None, holder.id)
    refused(ConditionsUnmet, lambda: agreed.do("conditions_release"))
    agreed.must_be_whole()


# --- reconsideration


@pytest.fixture
def refusal(board) -> Board:
    """A case the board has refused."""
    case = board(f'{GROUP} deputies="committee_deputies"')
    case.recuse("wangfang")
    case.cast_all(("zhengwei", "lvbin", "shiyun"), D, D, D)
    assert case.case.state == "completed"
    return case


def ask(case: Board, facts: str = "企业新获订单", by: str = INITIATOR, now: datetime | None = None):
    return reconsiderations.ask(instance_id=case.case.id, facts=facts, person=case.person(by), now=now or case.later())


def test_a_refused_case_goes_back_to_the_same_people_and_the_refusal_stays_on_record(refusal):
    first = refusal.last_board()
    before = refusal.poll().register
    ask(refusal)
    session.flush()
    session.expire_all()
    assert (refusal.case.state, refusal.case.ended_at, refusal.stations) == ("active", None, ["board"])
    again = refusal.task()
    assert (again.round, again.id != first.id) == (2, True)
    assert refusal.poll().register.electors == before.electors
    assert refusal.poll().register.recused == before.recused
    assert [e.detail["outcome"] for e in refusal.events("close_vote")] == ["refuse"]
    assert refusal.events("reconsider")[0].comment == "企业新获订单"
    assert all(ballot.void_at is None for ballot in refusal.ballots(first)), "what was decided stays readable"
    refusal.cast_all(("zhengwei", "lvbin", "shiyun", "zhangming", "tangwei"), A, A, A, A, A)
    assert refusal.stations == ["payment"]


def test_who_has_left_since_is_replaced_by_a_deputy_or_missing(refusal):
    session.execute(update(User).where(User.username == "lvbin").values(active=False))
    session.expire_all()
    ask(refusal)
    session.flush()
    assert "lvbin" not in refusal.electors()


def test_who_must_keep_away_by_now_takes_no_part(refusal):
    spouse = {"en": "spouse", "zh_Hans": "配偶", "zh_Hant": "配偶"}
    related = {"user": refusal.id("lvbin"), "relation": spouse, "since": None, "until": None}
    refusal.case.related = [related]
    ask(refusal)
    session.flush()
    assert "lvbin" not in refusal.electors()
    assert (refusal.id("lvbin"), "related") in refusal.poll().register.recused
    assert refusal.poll().register.electorate == 4, "a conflict makes the electorate smaller"
    refused(Forbidden, lambda: refusal.cast("lvbin", A))


def test_who_has_joined_the_committee_since_is_neither_asked_nor_told_and_who_left_it_still_is(refusal):
    group = session.scalar(select(Group.id).where(Group.key == "credit_committee"))
    session.execute(delete(Membership).where(Membership.group_id == group, Membership.user_id == refusal.id("shiyun")))
    session.add(Membership(user_id=refusal.id("yanhui"), group_id=group))
    session.flush()
    before = notices_of(refusal.id("shiyun"), refusal.case.id).count("task_assigned")
    ask(refusal)
    session.flush()
    assert "yanhui" not in refusal.electors()
    assert notices_of(refusal.id("yanhui"), refusal.case.id) == []
    assert notices_of(refusal.id("shiyun"), refusal.case.id).count("task_assigned") == before + 1


def test_a_committee_that_has_lost_its_quorum_since_is_a_persons_matter(refusal):
    left = ("lvbin", "shiyun", "zhangming", "tangwei")
    session.execute(update(User).where(User.username.in_(left)).values(active=False))
    session.execute(update(User).where(User.username == "zhengwei").values(active=False))
    session.expire_all()
    ask(refusal)
    session.flush()
    assert refusal.case.has_incident
    assert refusal.stations == ["board"]


def test_it_is_asked_for_once(refusal):
    ask(refusal)
    session.flush()
    refusal.cast_all(("zhengwei", "lvbin", "shiyun"), D, D, D)
    assert refusal.case.state == "completed"
    refused(TooLate, lambda: ask(refusal))
    assert reconsiderations.offer(refusal.case, refusal.person(INITIATOR), refusal.now) is None


def test_it_needs_new_facts_the_initiator_and_a_refusal(refusal, conditional):
    refused(Refusal, lambda: ask(refusal, " "))
    refused(Forbidden, lambda: ask(refusal, by="lvbin"))
    refused(NotFound, lambda: ask(refusal, by="hanmei"))
    refused(Conflict, lambda: ask(conditional))


def test_it_is_offered_to_the_last_day_of_the_month_and_not_after(refusal):
    person = refusal.person(INITIATOR)
    last = reconsiderations.last_day(refusal.case.ended_at)
    in_time = datetime(last.year, last.month, last.day, 12, tzinfo=UTC)
    assert reconsiderations.offer(refusal.case, person, in_time).element_id == "board"
    assert reconsiderations.offer(refusal.case, person, in_time + timedelta(days=1)) is None
    refused(TooLate, lambda: ask(refusal, now=in_time + timedelta(days=1)))
    ask(refusal, now=in_time)


@pytest.mark.parametrize(
    ("refused_on", "last"),
    [
        ("2026-01-31", "2026-02-28"),
        ("2028-01-31", "2028-02-29"),
        ("2026-12-15", "2027-01-15"),
        ("2026-03-02", "2026-04-02"),
    ],
)
def test_a_month_is_a_calendar_month(refused_on: str, last: str) -> None:
    noon = datetime.fromisoformat(refused_on).replace(hour=4, tzinfo=UTC)
    assert reconsiderations.last_day(noon) == date.fromisoformat(last)


def test_on_the_credit_route_the_application_is_under_review_again_and_can_be_approved(start):
    route: Route = start().go_to("credit_committee")
    route.vote("credit_committee", *[Choice.DISAGREE] * 3)
    while route.open():
        route.step(route.open()[0]) if not route.open()[0].is_vote else route.vote("credit_committee", Choice.DISAGREE)
    assert (route.case.outcome, application_of(route.case.id).state) == ("application_refused", "refused")
    reconsiderations.ask(
        instance_id=route.case.id, facts="追加抵押物", person=route.person("zhaomin"), now=route.later()
    )
    session.flush()
    assert application_of(route.case.id).state == "in_review"
    assert route.stations == ["credit_committee"]
    route.finish()
    route.must_be_whole()
    assert application_of(route.case.id).state == "approved"
