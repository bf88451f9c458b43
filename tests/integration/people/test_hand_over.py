"""Everything of one person to another: what moves, what stays and why, in chunks that survive a stop."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.identity import queries as people
from app.identity.models import Group, Membership, Substitution, User
from app.kernel.db import session
from app.kernel.errors import Forbidden, NotFound, Refusal
from app.workflow import queries
from app.workflow.assigning import handover
from app.workflow.assigning.handover import Item
from app.workflow.assigning.handover_models import HandOver, HandOverRow
from app.workflow.models import UserTask
from tests.integration.people.kit import (
    APPROVE,
    INITIATOR,
    MORNING,
    Case,
    candidates,
    change,
    deploy,
    group,
    holder,
    member,
    person,
    substitution,
)
from tests.integration.workflow.route import notices_of

pytestmark = pytest.mark.usefixtures("desk")


def held(number: int, by: str = "zhaomin", inside: str = "") -> list[Case]:
    """Cases whose step `check` hanmei holds."""
    deploy(
        "trial",
        ("apply", INITIATOR),
        ("check", candidates("user", "hanmei") + inside),
        ("later", candidates("user", "hanmei")),
    )
    cases = [Case.start("trial", by) for _ in range(number)]
    for case in cases:
        case.do("apply", by)
    return cases


def begin(to: str = "yangguang", *, leaves: bool = False, by: str = "jiangshan", leaver: str = "hanmei") -> HandOver:
    row = handover.begin(
        from_id=member(leaver), to_username=to, reason="离职", leaves=leaves, person=person(by), now=MORNING
    )
    session.flush()
    return row


def carry_out(row: HandOver, most: int = handover.CHUNK) -> int:
    """Chunk after chunk; returns how many chunks it took."""
    chunks = 0
    while row.ended_at is None:
        handover.advance(hand_over_id=row.id, now=MORNING + timedelta(minutes=chunks), most=most)
        session.flush()
        chunks += 1
        assert chunks < 100
    session.expire_all()
    session.info.clear()
    return chunks


def kinds(items: list[Item]) -> dict[str, int]:
    return {kind: sum(1 for item in items if item.kind == kind) for kind in {item.kind for item in items}}


def preview(to: str = "yangguang") -> list[Item]:
    return handover.preview(from_id=member("hanmei"), to_username=to, person=person("jiangshan"), now=MORNING)


def test_the_preview_lists_everything_and_changes_nothing():
    held(3)
    substitution("hanmei", "wangfang")
    substitution("zhuting", "hanmei")
    session.flush()
    before = session.scalar(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1))
    assert kinds(preview()) == {"membership": 1, "headship": 1, "substitute": 1, "deputy": 1, "task": 3}
    assert session.scalar(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1)) == before
    assert session.scalar(select(HandOver.id)) is None


def test_everything_moves_in_one_go():
    cases = held(3)
    substitution("hanmei", "wangfang")
    substitution("zhuting", "hanmei")
    carry_out(begin())
    assert [holder(case.task("check")) for case in cases] == ["yangguang"] * 3
    team = people.group_by_key("retail_officers")
    members = set(session.scalars(select(Membership.user_id).where(Membership.group_id == team.id)))
    assert member("hanmei") not in members
    assert member("yangguang") in members
    assert session.get(Group, team.id).head_id == member("yangguang")
    rows = {(r.principal_id, r.deputy_id): r.ended_at for r in session.scalars(select(Substitution))}
    assert rows[member("hanmei"), member("wangfang")] is not None
    assert rows[member("zhuting"), member("yangguang")] is None
    assert preview("wangfang") == []


def test_each_task_says_in_its_history_who_handed_it_over_and_why():
    (case,) = held(1)
    carry_out(begin())
    event = queries.events_of(case.row.id)[-1]
    assert (event.verb, event.actor_id, event.comment) == ("hand_over", member("jiangshan"), "离职")
    assert event.detail["to_user"] == member("yangguang")


def test_what_four_eyes_forbid_stays_and_says_why():
    (case,) = held(1, by="yangguang", inside='<credit:fourEyes step="apply"/>' + APPROVE)
    (item,) = [item for item in preview() if item.kind == "task"]
    assert item.refusal is not None
    row = begin()
    carry_out(row)
    assert holder(case.task("check")) == "hanmei"
    standing = handover.standing_of(row.id)
    assert [(kind, str(refusal)) for kind, _, refusal in standing.refused] == [("task", str(item.refusal))]
    assert case.row.number in standing.refused[0][1]


def test_a_related_party_gets_no_task_of_the_customer():
    (case,) = held(1)
    case.row.related = [{"user": member("yangguang"), "relation": {"en": "spouse"}, "since": None, "until": None}]
    session.flush()
    carry_out(begin())
    assert holder(case.task("check")) == "hanmei"


def test_a_ballot_stays_where_it_is():
    deploy("trial", ("check", '<credit:vote electorate="credit_committee"/>'))
    case = Case.start("trial")
    row = begin("hanmei", leaver="wangfang")
    carry_out(row)
    assert member("wangfang") in case.task("check").elector_ids
    assert [kind for kind, _, _ in handover.standing_of(row.id).refused] == ["vote"]


def test_a_substitution_that_would_become_a_circle_stays():
    substitution("zhuting", "hanmei")
    substitution("yangguang", "zhuting")
    refused = {item.kind: str(item.refusal) for item in preview() if item.refusal}
    assert refused == {"deputy": "The substitutes would form a circle."}


# --- chunks


def test_it_goes_chunk_by_chunk_and_whoever_comes_next_goes_on():
    held(7)
    row = begin()
    assert handover.advance(hand_over_id=row.id, now=MORNING, most=4) == 4
    session.flush()
    standing = handover.standing_of(row.id)
    assert (standing.done, standing.waiting) == (4, 5)
    assert handover.next_waiting() == row.id
    carry_out(row, most=4)
    assert (handover.standing_of(row.id).done, handover.standing_of(row.id).waiting) == (9, 0)
    assert handover.next_waiting() is None


def test_a_row_that_is_refused_undoes_nothing_of_its_neighbours():
    good, bad = held(2)
    row = begin()
    good_task, bad_task = good.task("check"), bad.task("check")
    bad_task.excluded_ids = [member("yangguang")]
    session.flush()
    carry_out(row)
    assert holder(session.get(UserTask, good_task.id)) == "yangguang"
    assert holder(session.get(UserTask, bad_task.id)) == "hanmei"


def test_what_comes_to_him_meanwhile_goes_too():
    first = held(1)[0]
    row = begin()
    late = Case.start("trial")
    late.do("apply", "zhaomin")
    carry_out(row)
    assert {holder(first.task("check")), holder(late.task("check"))} == {"yangguang"}


def test_a_task_that_was_done_meanwhile_is_no_longer_his():
    (case,) = held(1)
    row = begin()
    case.do("check", "hanmei")
    carry_out(row)
    assert case.visit("check").completed_by == member("hanmei")
    assert holder(case.task("later")) == "yangguang"


# --- leaving


def test_who_leaves_can_no_longer_sign_in_and_what_names_him_later_goes_to_his_successor():
    change("zouyi", roles=["administrator", "staff"])
    (case,) = held(1)
    carry_out(begin(leaves=True, by="zouyi"))
    assert not people.user_by_username("hanmei").active
    case.do("check", "yangguang")
    assert holder(case.task("later")) == "yangguang"


def test_who_only_changes_his_place_stays():
    held(1)
    carry_out(begin())
    assert people.user_by_username("hanmei").active
    assert session.scalar(select(User.successor_id).where(User.username == "hanmei")) is None


def test_both_are_told_when_it_is_finished():
    from app.notifications.models import Notice

    row = begin()
    carry_out(row)
    told = session.scalars(select(Notice.user_id).where(Notice.event == "hand_over_done")).all()
    assert sorted(told) == sorted([member("yangguang"), member("jiangshan")])
    assert notices_of(member("hanmei"), row.id) == []


def test_beginning_and_end_are_on_record():
    carry_out(begin())
    verbs = session.scalars(
        select(AuditEntry.verb).where(AuditEntry.object_type == "hand_over").order_by(AuditEntry.id)
    )
    assert list(verbs) == ["begin_hand_over", "end_hand_over"]


# --- who may


@pytest.mark.parametrize("by", ["hanmei", "wangfang", "qiyue"])
def test_only_supervisors_and_administrators_hand_over(by):
    with pytest.raises(Forbidden):
        begin(by=by)


@pytest.mark.parametrize(("to", "kind"), [("hanmei", Refusal), ("nobody", NotFound), ("xieqian", Refusal)])
def test_the_successor_is_somebody_else_who_may_work(to, kind):
    with pytest.raises(kind):
        begin(to)


def test_a_reason_is_required():
    with pytest.raises(Refusal, match="reason"):
        handover.begin(
            from_id=member("hanmei"),
            to_username="yangguang",
            reason=" ",
            leaves=False,
            person=person("jiangshan"),
            now=MORNING,
        )


def test_a_supervisor_closes_no_account():
    with pytest.raises(Forbidden):
        begin(leaves=True)


def test_of_one_person_one_hand_over_at_a_time():
    begin()
    with pytest.raises(Refusal, match="under way"):
        begin("wangfang")


def test_the_rows_are_listed_groups_first():
    group("another", "hanmei", head="hanmei")
    held(1)
    row = begin()
    rows = session.scalars(select(HandOverRow.kind).where(HandOverRow.hand_over_id == row.id).order_by(HandOverRow.id))
    assert list(rows) == ["membership", "membership", "headship", "headship", "task"]
