"""Rewinding a case: the stations of the moment, who has them, what becomes void, what is told, what bars it."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from app.audit.models import AuditEntry, case_chain
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.workflow import acts, instances, queries
from app.workflow.acts import Given
from app.workflow.committees.vote_models import Ballot
from app.workflow.deploying import definitions
from app.workflow.models import CaseEvent, ProcessInstance
from app.workflow.moves import confirmations, pending, restoring
from app.workflow.rules import Verb
from app.workflow.watching import past
from tests.integration.workflow.route import CORPORATE, Route, everything, notices_of

WHY = "录入有误，退回重办。"


def restore(
    route: Route, seq: int, by: str = "jiangshan", reason: str = WHY, confirmed_by: int | None = None
) -> ProcessInstance:
    session.flush()
    case = restoring.restore(
        instance_id=route.case.id,
        seq=seq,
        reason=reason,
        person=route.person(by),
        now=route.later(),
        confirmed_by=confirmed_by,
    )
    session.flush()
    return case


def seq_when(route: Route, *stations: str) -> int:
    """The number of the event after which exactly these stations were open."""
    session.flush()
    events, tasks = queries.events_of(route.case.id), queries.tasks_of(route.case.id)
    for event in events:
        then = past.as_it_was(route.case, events, tasks, event.seq)
        if then and sorted(v.task.element_id for v in then.open) == sorted(stations):
            return event.seq
    raise AssertionError(f"never at {stations}")


def test_the_stations_of_the_moment_are_open_again_with_who_had_them(start):
    route = start().go_to("retail_phone_check")
    seq = seq_when(route, "retail_document_check")
    had = route.visits("retail_document_check")[-1].completed_by
    restore(route, seq)
    assert route.stations == ["retail_document_check"]
    assert route.task("retail_document_check").assignee_id == had
    assert route.task("retail_document_check").round == 2
    route.must_be_whole()


def test_a_rewound_case_can_be_worked_to_its_end(start):
    route = start().go_to("final_approval")
    restore(route, seq_when(route, "assignment"), confirmed_by=route.person("yanhui").id)
    assert route.stations == ["assignment"]
    route.finish().must_be_whole()
    assert route.case.state == "completed"


def test_both_branches_of_a_fork_come_back_as_they_stood(start):
    route = start(CORPORATE).go_to("corporate_site_visit", "corporate_cross_check")
    route.do("corporate_site_visit")
    seq = seq_when(route, "corporate_cross_check")
    route.go_to("corporate_countersign")
    restore(route, seq)
    assert route.stations == ["corporate_cross_check"], "the finished branch waits at the join and is not asked again"
    route.finish().must_be_whole()


def test_a_task_that_has_stood_since_is_not_touched(start):
    route = start(CORPORATE).go_to("corporate_site_visit", "corporate_cross_check")
    standing = route.task("corporate_cross_check")
    seq = seq_when(route, "corporate_site_visit", "corporate_cross_check")
    route.do("corporate_site_visit")
    restore(route, seq)
    assert route.task("corporate_cross_check").id == standing.id
    assert route.task("corporate_site_visit").round == 2
    route.must_be_whole()


def test_what_was_done_since_is_void_and_what_a_return_in_between_had_made_void_counts_again(start):
    route = start().go_to("assignment")
    seq = seq_when(route, "assignment")
    route.send_back("assignment", "routing")
    assert route.visits("routing")[0].superseded_at is not None
    restore(route, seq)
    session.expire_all()
    assert [visit.superseded_at is None for visit in route.visits("routing")] == [True, True]
    assert route.visits("routing")[1].state == "cancelled"
    assert route.stations == ["assignment"]


def test_nothing_is_deleted(start):
    route = start().go_to("retail_phone_check")
    tasks = {task.id for task in queries.tasks_of(route.case.id)}
    events = {event.id for event in queries.events_of(route.case.id)}
    restore(route, seq_when(route, "routing"))
    assert tasks < {task.id for task in queries.tasks_of(route.case.id)}
    assert events < {event.id for event in queries.events_of(route.case.id)}
    submitted = [task.submitted for task in queries.tasks_of(route.case.id) if task.superseded_at]
    assert submitted
    assert all(submitted)


def test_values_stay_as_last_known(start):
    route = start().go_to("assignment")
    known = dict(route.case.variables)
    restore(route, seq_when(route, "intake"))
    assert route.case.variables == known
    assert route.case.title


def test_a_decided_vote_opens_as_a_new_round_and_its_ballots_stay_readable(start):
    route = start().go_to("committee_resolution")
    vote = route.visits("credit_committee")[-1]
    cast = session.scalar(select(func.count()).where(Ballot.task_id == vote.id))
    voters = set(session.scalars(select(Ballot.voter_id).where(Ballot.task_id == vote.id)))
    price = restoring.price(route.case, seq_when(route, "credit_committee"))
    assert price.ballots == len(voters) == cast
    assert set(price.informed) >= {route.staff.by_id[i].name for i in voters}
    restore(route, seq_when(route, "credit_committee"), confirmed_by=route.person("yanhui").id)
    assert all("task_cancelled" in notices_of(i, route.case.id) for i in voters), "whose vote is void is told"
    again = route.task("credit_committee")
    assert (again.round, again.is_vote, len(again.candidate_user_ids)) == (2, True, len(again.elector_ids))
    assert session.scalar(select(func.count()).where(Ballot.task_id == vote.id)) == cast
    session.refresh(vote)
    assert vote.superseded_at is not None


def test_ballots_of_an_open_vote_are_void_when_it_is_rewound(start):
    from app.workflow.committees.votes import Choice

    route = start().go_to("credit_committee")
    vote = route.task("credit_committee")
    route.vote("credit_committee", Choice.AGREE)
    price = restoring.price(route.case, seq_when(route, "routing"))
    assert price.ballots == 1
    restore(route, seq_when(route, "routing"))
    assert session.scalar(select(func.count()).where(Ballot.task_id == vote.id, Ballot.void_at.is_(None))) == 0
    session.refresh(vote)
    assert (vote.state, vote.cancel_reason) == ("cancelled", "restored")
    assert all("task_cancelled" in notices_of(i, route.case.id) for i in vote.elector_ids), "who was to vote is told"


def test_the_price_is_what_the_restoring_does(start):
    route = start().go_to("retail_phone_check")
    route.claim("retail_phone_check", route.staff.pool(route.task("retail_phone_check"))[0].username)
    seq = seq_when(route, "routing")
    before = everything()
    price = restoring.price(route.case, seq)
    assert everything() == before, "looking at the price writes nothing"
    cancelled, void = {task.id for task in price.cancelled}, {task.id for task in price.void}
    restore(route, seq)
    session.expire_all()
    tasks = queries.tasks_of(route.case.id)
    assert price.reopened == tuple(route.stations) == ("routing",)
    assert {task.id for task in tasks if task.cancel_reason == "restored"} == cancelled
    assert {task.id for task in tasks if task.superseded_at} == void
    assert len(price.informed) >= 2


def test_those_concerned_are_told(start):
    route = start().go_to("retail_phone_check")
    holder = route.holder("retail_phone_check")
    worker = route.visits("retail_document_check")[-1].completed_by
    restore(route, seq_when(route, "routing"))
    assert "task_cancelled" in notices_of(holder.id, route.case.id)
    assert "task_cancelled" in notices_of(worker, route.case.id)


def test_history_and_audit_tell_who_rewound_what_to_when_and_why(start):
    route = start().go_to("assignment")
    seq = seq_when(route, "routing")
    restore(route, seq)
    (event,) = route.events("restore")
    assert (event.detail["to_seq"], event.comment) == (seq, WHY)
    entry = session.scalars(
        select(AuditEntry).where(AuditEntry.chain == case_chain(route.case.id)).order_by(AuditEntry.seq.desc()).limit(1)
    ).one()
    assert entry.verb == "restore"
    route.must_be_whole()


def test_a_restoring_can_itself_be_undone(start):
    route = start().go_to("assignment")
    there, back = seq_when(route, "assignment"), seq_when(route, "intake")
    restore(route, back)
    restore(route, there)
    assert route.stations == ["assignment"]
    route.finish().must_be_whole()


def test_a_straight_return_that_was_under_way_is_under_way_again(start):
    route = start().go_to("pre_committee_review")
    route.send_back("pre_committee_review", "retail_document_check", "straight")
    seq = route.events("send_back")[-1].seq
    route.do("retail_document_check")
    assert route.stations == ["pre_committee_review"]
    restore(route, seq)
    assert [entry["target"] for entry in route.case.returns] == ["retail_document_check"]
    route.do("retail_document_check")
    assert route.stations == ["pre_committee_review"]


def test_a_case_whose_state_is_damaged_comes_back(start):
    route = start().go_to("assignment")
    route.case.blob = b"damaged"
    session.flush()
    restore(route, seq_when(route, "assignment"))
    assert route.stations == ["assignment"]
    route.finish().must_be_whole()


# -- what is refused ---------------------------------------------------------------------------------------------------


def refused(route: Route, kind: type[Refusal], seq: int, **said) -> str:
    before = everything()
    with pytest.raises(kind) as fault, session.begin_nested():
        restore(route, seq, **said)
    session.expire_all()
    assert everything() == before
    return fault.value.text


def test_only_a_supervisor_rewinds(start):
    route = start().go_to("assignment")
    refused(route, Forbidden, seq_when(route, "routing"), by="zhaomin")
    stranger = replace(route.person("zhouyan"), id=999_999, group_ids=())
    with pytest.raises(NotFound):
        restoring.restore(instance_id=route.case.id, seq=1, reason=WHY, person=stranger, now=route.now)
    with pytest.raises(NotFound):
        restoring.restore(
            instance_id=uuid.uuid4(), seq=1, reason=WHY, person=route.person("jiangshan"), now=route.now
        )  # fmt: skip


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_reason_is_needed(start, reason):
    route = start().go_to("assignment")
    assert "reason" in refused(route, Refusal, seq_when(route, "routing"), reason=reason)


def test_the_present_moment_is_no_moment_to_rewind_to(start):
    route = start().go_to("assignment")
    assert "nothing to rewind" in refused(route, Refusal, route.case.events)


def test_a_moment_that_was_not_kept_is_said(start):
    route = start().go_to("assignment")
    session.flush()
    session.execute(update(CaseEvent).where(CaseEvent.instance_id == route.case.id).values(snapshot=None))
    assert "not kept" in refused(route, Refusal, 1)


def test_an_ended_or_suspended_case_is_not_rewound(start):
    route = start().go_to("assignment")
    seq = seq_when(route, "routing")
    boss = route.person("jiangshan")
    instances.suspend(instance_id=route.case.id, reason="x", person=boss, now=route.later())
    refused(route, Conflict, seq)
    done = start().finish()
    refused(done, Conflict, 1)


def test_it_is_a_verb_of_the_table(start):
    route = start().go_to("assignment")
    seq = seq_when(route, "routing")
    session.flush()
    given = Given(target=str(seq), reason=WHY)
    acts.carry_out(
        verb=Verb.RESTORE, subject_id=route.case.id, given=given, person=route.person("jiangshan"), now=route.later()
    )
    session.flush()
    assert route.stations == ["routing"]
    with pytest.raises(Refusal, match="Choose the moment"):
        acts.carry_out(
            verb=Verb.RESTORE, subject_id=route.case.id, given=Given(reason=WHY), person=route.person("jiangshan"),
            now=route.later(),
        )  # fmt: skip


def test_past_the_committee_a_second_supervisor_confirms_it(start):
    route = start().go_to("committee_resolution")
    seq, first = seq_when(route, "assignment"), route.person("jiangshan")
    restore(route, seq)
    assert route.stations == ["committee_resolution"], "nothing is done before the second person has confirmed"
    (wish,) = pending.open_acts(route.case.id)
    second = replace(route.person("yanhui"), permissions=first.permissions)
    with pytest.raises(Forbidden), session.begin_nested():
        confirmations.confirm(pending_id=wish.id, person=first, now=route.later())
    confirmations.confirm(pending_id=wish.id, person=second, now=route.later())
    session.flush()
    assert route.stations == ["assignment"]
    (event,) = route.events("restore")
    assert (event.actor_id, event.detail["confirmed_by"]) == (first.id, second.id)
    route.must_be_whole()


def test_work_that_reached_the_outside_world_bars_every_moment_before_it(start, monkeypatch):
    route = start().go_to("retail_document_check")
    early, late = seq_when(route, "routing"), seq_when(route, "assignment")
    route.do("retail_document_check")
    compiled = definitions.load(route.case.definition_id).compiled
    monkeypatch.setitem(vars(compiled), "outside", {"routing": None})
    assert "outside world" in refused(route, Refusal, early)
    restore(route, late)
    assert route.stations == ["assignment"]


# -- what the record keeps ---------------------------------------------------------------------------------------------


def test_every_event_that_moved_the_case_keeps_its_state_and_no_other_does(start):
    route = start().go_to("assignment")
    route.holder("assignment")
    session.flush()
    rows = session.execute(
        select(CaseEvent.verb, CaseEvent.snapshot.is_not(None)).where(CaseEvent.instance_id == route.case.id)
    ).all()
    assert {verb for verb, kept in rows if kept} == {"start", "complete"}
    assert {verb for verb, kept in rows if not kept} <= {"claim", "copy"}
    newest = session.scalars(
        select(CaseEvent.snapshot)
        .where(CaseEvent.instance_id == route.case.id, CaseEvent.snapshot.is_not(None))
        .order_by(CaseEvent.seq.desc())
    ).first()
    assert newest == route.case.blob


def test_a_kept_state_is_small(start):
    route = start().go_to("final_approval")
    session.flush()
    sizes = session.scalars(
        select(func.octet_length(CaseEvent.snapshot)).where(
            CaseEvent.instance_id == route.case.id, CaseEvent.snapshot.is_not(None)
        )
    ).all()
    assert max(sizes) < 4096, sizes


def test_as_it_was_names_who_had_a_task_at_the_moment_and_who_has_it_now(start):
    route = start().go_to("routing")
    task = route.task("routing")
    route.claim("routing", "zhouyan")
    claimed = route.case.events
    given = Given(people=("wulei",), reason="x")
    acts.carry_out(
        verb=Verb.REASSIGN, subject_id=task.id, given=given, person=route.person("jiangshan"), now=route.later()
    )
    session.flush()
    events, tasks = queries.events_of(route.case.id), queries.tasks_of(route.case.id)

    def had(seq: int) -> int | None:
        then = past.as_it_was(route.case, events, tasks, seq)
        assert then is not None
        return next(visit.holder_id for visit in then.open if visit.task.id == task.id)

    ids = [route.person(name).id for name in ("zhouyan", "wulei")]
    assert [had(claimed - 1), had(claimed), had(claimed + 1)] == [None, *ids]
