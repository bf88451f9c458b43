"""Sending back across branches, rows and all: decided by the picture, never by who arrived last.

One small process has all of it: a fork with two stations in each branch, a join, a subprocess and a called process behind it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.audit.operations import SYSTEM
from app.demo import desk
from app.kernel.db import session
from app.workflow import acts, cases, instances
from app.workflow.acts import Given
from app.workflow.committees.vote_models import VoteRound
from app.workflow.committees.votes import Choice
from app.workflow.deploying import definitions
from app.workflow.models import CaseTimer, TaskState, UserTask
from app.workflow.moves import pending, returns
from app.workflow.rules import MOVES, About, Verb
from tests.engine import drawing as d
from tests.integration.workflow.committee import Board
from tests.integration.workflow.route import CORPORATE, MORNING, ballots_of, notices_of
from tests.integration.workflow.saying import saying

ME, CHIEF = "zhaomin", "jiangshan"
OUTCOMES = (
    '<credit:candidates rule="initiator"/><credit:outcome id="yes"/>'
    '<credit:outcome id="no" kind="refuse" then="previous"/>'
)


def diagram() -> bytes:
    steps = d.start("cs"), d.user("call_one"), d.user("call_two"), d.end("ce")
    called = d.process("called", *steps, d.path("cs", "call_one", "call_two", "ce"))
    inside = (
        d.start("is"),
        d.user("in_one"),
        d.user("in_two"),
        d.boundary("late", "in_two", d.timer('"PT2H"'), interrupting=False),
        d.user("reminder"),
        d.end("ie"),
        d.end("ir"),
        d.path("is", "in_one", "in_two", "ie"),
        d.path("late", "reminder", "ir"),
    )
    main = d.process(
        "branches",
        d.start("s"),
        d.user("first"),
        d.fork("split"),
        d.user("left_one", config=OUTCOMES),
        d.user("left_two", config=OUTCOMES),
        d.user("right_one"),
        d.user("right_two"),
        d.fork("join"),
        d.user("after"),
        d.sub("inner", *inside),
        d.call("calls", "called"),
        d.user("last"),
        d.end("e"),
        d.path("s", "first", "split", "left_one", "left_two", "join", "after", "inner", "calls", "last", "e"),
        d.path("split", "right_one", "right_two", "join"),
    )
    return d.document(main, called)


class Branches:
    """A case of the process above, all of it the initiator's."""

    def __init__(self, staff: desk.Staff) -> None:
        self.staff, self.now = staff, MORNING
        rows = definitions.deploy(
            name=f"branches {uuid.uuid4()}", files={"branches/branches.bpmn": diagram()}, actor=SYSTEM, now=MORNING
        )
        row = next(row for row in rows if row.key == "branches")
        self.case = instances.start(key="branches", person=staff.by_name[ME], now=MORNING, definition=row)
        session.flush()

    def later(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    @property
    def stations(self) -> set[str]:
        found = [task.element_id for task in cases.open_tasks(self.case.id)]
        assert len(found) == len(set(found)), "one station is open twice"
        return set(found)

    def task(self, element: str) -> UserTask:
        (found,) = [task for task in cases.open_tasks(self.case.id) if task.element_id == element]
        return found

    def visits(self, element: str) -> list[UserTask]:
        mine = UserTask.instance_id == self.case.id, UserTask.element_id == element
        return list(session.scalars(select(UserTask).where(*mine).order_by(UserTask.round)))

    def act(self, verb: Verb, at: str = "", *, by: str = ME, **said: object) -> None:
        subject = self.task(at).id if MOVES[verb].about is About.TASK else self.case.id
        given = Given(**{"reason": "请核实", "reason_code": "other", **said})
        acts.carry_out(verb=verb, subject_id=subject, given=given, person=self.staff.by_name[by], now=self.later())
        session.flush()

    def do(self, *elements: str) -> Branches:
        for element in elements:
            outcome = "yes" if element.startswith("left") else None
            self.act(Verb.COMPLETE, element, outcome=outcome)
        return self

    def back(self, sender: str, target: str, mode: str = "step", *, redo: bool = False) -> None:
        self.act(Verb.SEND_BACK, sender, target=target, mode=mode, redo_branches=redo)


def clocks(case: Branches) -> list[CaseTimer]:
    """The clocks that may still ring."""
    return list(session.scalars(select(CaseTimer).where(CaseTimer.instance_id == case.case.id)))


@pytest.fixture
def case(bank, staff) -> Iterator[Branches]:
    yield Branches(staff)
    session.rollback()
    session.remove()


LEFT, RIGHT = ("left_one", "left_two"), ("right_one", "right_two")


def test_before_the_fork_open_tasks_end_as_returned_and_finished_work_is_superseded_on_record(case):
    case.do("first", *RIGHT, "left_one")
    case.back("left_two", "first")
    assert case.stations == {"first"}
    (gone,) = case.visits("left_two")
    assert (gone.state, gone.cancel_reason) == (TaskState.CANCELLED, "returned")
    for element in ("left_one", *RIGHT):
        (visit,) = case.visits(element)
        assert (visit.state, visit.superseded_at, visit.completed_by) == (
            TaskState.COMPLETED,
            case.now,
            case.staff.by_name[ME].id,
        )
    case.do("first", *LEFT, *RIGHT)
    assert case.stations == {"after"}


@pytest.mark.parametrize("last", [LEFT, RIGHT])
def test_after_the_join_only_the_branch_of_the_target_is_asked_whoever_came_last(case, last):
    case.do("first", *(RIGHT + LEFT if last is LEFT else LEFT + RIGHT))
    case.back("after", "left_one")
    assert case.stations == {"left_one"}
    assert [visit.superseded_at for element in RIGHT for visit in case.visits(element)] == [None, None]
    case.do(*LEFT)
    assert case.stations == {"after"}, "the join waited for the reopened branch alone"
    assert [len(case.visits(element)) for element in RIGHT] == [1, 1]


def test_after_the_join_the_others_begin_anew_where_the_sender_ticks_it(case):
    case.do("first", *LEFT, *RIGHT)
    case.back("after", "left_two", redo=True)
    assert case.stations == {"left_two", "right_one"}
    assert all(visit.superseded_at for element in RIGHT for visit in case.visits(element)[:1])
    case.do("left_two")
    assert case.stations == {"right_one"}
    case.do(*RIGHT)
    assert case.stations == {"after"}


@pytest.mark.parametrize("done", [(), ("right_one",), RIGHT])
def test_in_the_same_branch_the_sibling_is_untouched(case, done):
    case.do("first", "left_one", *done)
    beside = {task.element_id: task.id for task in cases.open_tasks(case.case.id) if task.element_id in RIGHT}
    case.back("left_two", "left_one")
    assert {task.element_id: task.id for task in cases.open_tasks(case.case.id) if task.element_id in RIGHT} == beside
    assert all(visit.superseded_at is None for element in RIGHT for visit in case.visits(element))
    case.do(*LEFT, *[element for element in RIGHT if element not in done])
    assert case.stations == {"after"}


@pytest.mark.parametrize(
    ("before", "sender", "inner"),
    [((), "in_two", ("in_one", "in_two")), (("in_one", "in_two"), "call_two", ("call_one", "call_two"))],
)
def test_out_of_a_subprocess_or_a_called_process_it_is_cancelled_and_a_later_entry_is_new(case, before, sender, inner):
    case.do("first", *LEFT, *RIGHT, "after", *before, inner[0])
    old = case.task(sender).engine_id
    case.back(sender, "after")
    assert case.stations == {"after"}
    assert case.visits(sender)[0].cancel_reason == "returned"
    assert case.visits(inner[0])[0].superseded_at is not None
    case.do("after", *before)
    assert case.stations == {inner[0]}, "it begins at its beginning, not where it was left"
    case.do(inner[0])
    assert case.task(sender).engine_id != old
    assert case.task(sender).round == 2


def test_clocks_of_the_region_are_taken_away_and_made_anew(case):
    case.do("first", *LEFT, *RIGHT, "after", "in_one")
    (before,) = clocks(case)
    case.back("in_two", "after")
    assert clocks(case) == []
    case.do("after", "in_one")
    (again,) = clocks(case)
    assert again.engine_id != before.engine_id
    assert again.due_at > before.due_at


def test_a_refusal_to_the_previous_goes_where_the_case_came_from_not_where_somebody_finished_last(case):
    case.do("first", "left_one", *RIGHT)
    case.act(Verb.COMPLETE, "left_two", outcome="no", note="不同意")
    assert case.stations == {"left_one"}
    assert [visit.superseded_at for element in RIGHT for visit in case.visits(element)] == [None, None]


def test_what_a_return_made_void_is_no_target_so_nobody_is_sent_ahead(case):
    case.do("first", *LEFT, *RIGHT, "after")
    case.back("in_one", "first")
    case.do("first")
    loaded = definitions.load(case.case.definition_id)
    targets = [t.element_id for t in returns.targets(case.case, case.task("left_one"), loaded.compiled)]
    assert targets == ["first"]


def test_the_first_step_is_offered_even_where_it_was_made_void_since(case):
    case.do("first", "left_one")
    case.back("left_two", "first")
    case.act(Verb.JUMP, by=CHIEF, target="last")
    loaded = definitions.load(case.case.definition_id)
    assert [t.element_id for t in returns.targets(case.case, case.task("last"), loaded.compiled)] == ["first"]


@pytest.mark.parametrize("verb", [Verb.RECALL, Verb.TERMINATE])
def test_recall_and_terminate_take_a_case_out_of_all_its_branches_and_called_processes(case, verb):
    case.do("first", *LEFT, *RIGHT, "after", "in_one", "in_two", "call_one")
    with saying(definitions.load(case.case.definition_id).compiled.customs, recall="always"):
        case.act(verb, by=ME if verb is Verb.RECALL else CHIEF)
    assert case.stations == ({"first"} if verb is Verb.RECALL else set())
    assert case.visits("call_two")[0].state == TaskState.CANCELLED


# --- straight back: what stands again, and what is forgotten


def test_what_is_passed_over_on_the_straight_way_back_counts_again(case):
    case.do("first", *LEFT, *RIGHT)
    case.back("after", "first", "straight")
    assert all(case.visits(element)[0].superseded_at for element in (*LEFT, *RIGHT))
    case.do("first")
    assert case.stations == {"after"}
    assert [case.visits(element)[0].superseded_at for element in (*LEFT, *RIGHT)] == [None] * 4
    first, again = case.visits("first")
    assert first.superseded_at is not None
    assert again.superseded_at is None


def test_nested_straight_returns_give_back_each_its_own_part(case):
    case.do("first", *LEFT, *RIGHT)
    case.back("after", "left_two", "straight")
    case.back("left_two", "left_one", "straight")
    case.do("left_one")
    assert case.stations == {"left_two"}
    case.do("left_two")
    assert case.stations == {"after"}
    done = {e: [v for v in case.visits(e) if v.state == TaskState.COMPLETED] for e in (*LEFT, *RIGHT)}
    standing = {element: [visit.superseded_at is None for visit in visits] for element, visits in done.items()}
    assert standing == {
        "left_one": [False, True],
        "left_two": [False, True],
        "right_one": [True],
        "right_two": [True],
    }


def test_a_station_left_by_a_jump_no_longer_leads_straight_to_who_waited(case):
    case.do("first", *LEFT, *RIGHT, "after", "in_one")
    case.back("in_two", "first", "straight")
    case.act(Verb.JUMP, by=CHIEF, target="after")
    assert case.case.returns == []
    case.back("after", "first", "step")
    case.do("first")
    assert case.stations == {"left_one", "right_one"}, "nobody between is passed over"


def test_taking_back_a_refusal_that_moved_the_case_makes_its_work_count_again(case):
    case.do("first", "left_one")
    case.act(Verb.COMPLETE, "left_two", outcome="no", note="不同意")
    assert case.visits("left_one")[0].superseded_at is not None
    case.act(Verb.WITHDRAW)
    assert case.stations == {"left_two", "right_one"}
    assert case.visits("left_one")[0].superseded_at is None
    case.do("left_two", *RIGHT)
    assert case.stations == {"after"}


def test_rewound_to_before_the_straight_way_back_the_passed_over_are_void_again(case):
    case.do("first", *LEFT, *RIGHT)
    case.back("after", "first", "straight")
    seq = case.case.events
    case.do("first")
    case.act(Verb.RESTORE, by=CHIEF, target=str(seq))
    assert case.stations == {"first"}
    assert all(case.visits(element)[0].superseded_at for element in (*LEFT, *RIGHT))


# --- votes


def test_out_of_a_vote_the_round_is_closed_as_void_and_its_members_are_told(bank, staff):
    board = Board(staff, 'electorate="credit_committee"')
    vote = board.task()
    elector, other = (staff.by_id[i] for i in vote.elector_ids[:2])
    board.cast(other.username, "agree")
    board.send_back(by=elector.username)
    (row,) = session.scalars(select(VoteRound).where(VoteRound.task_id == vote.id))
    assert (row.state, row.closed_at) == ("void", board.now)
    assert [(b.void_at, b.choice) for b in ballots_of(vote.id)] == [(board.now, "agree")], "readable, and void"
    assert "task_cancelled" in notices_of(other.id, board.case.id)
    assert "task_cancelled" not in notices_of(elector.id, board.case.id), "who sent it back knows"
    session.rollback()


def test_who_sends_a_case_back_out_of_a_vote_has_not_voted(bank, staff):
    board = Board(staff, 'electorate="credit_committee"')
    vote = board.task()
    board.send_back(by=staff.by_id[vote.elector_ids[0]].username)
    assert ballots_of(vote.id) == []
    assert vote.outcome is None
    session.rollback()


def test_into_a_vote_a_new_round_opens_and_the_old_visit_is_void_with_its_ballots(start):
    route = start().go_to("committee_resolution")
    first = route.visits("credit_committee")[0]
    cast = [(ballot.voter_id, ballot.choice) for ballot in ballots_of(first.id)]
    route.send_back("committee_resolution", "credit_committee")
    assert first.superseded_at is not None
    assert [(ballot.voter_id, ballot.choice) for ballot in ballots_of(first.id)] == cast, "still readable"
    again = route.task("credit_committee")
    assert (again.round, ballots_of(again.id)) == (2, [])
    while again.outcome is None:
        route.vote("credit_committee", Choice.DISAGREE)
    assert (first.outcome, again.outcome) == ("approve", "refuse"), "the old ballots count no more"


def test_a_committee_passed_over_on_the_straight_way_back_still_counts_as_having_decided(start):
    route = start().go_to("final_approval")
    members = set(route.visits("credit_committee")[0].elector_ids)
    route.send_back("final_approval", "submission", "straight")
    assert not pending.is_past_committee(route.case)
    route.do("submission")
    assert route.stations == ["final_approval"]
    assert pending.is_past_committee(route.case), "past it, a supervisor needs a second person"
    told = {user_id for user_id in members if "copied" in notices_of(user_id, route.case.id)}
    assert told == members - {route.holder("final_approval").id}, "whoever decided in between is informed"


def test_a_sibling_that_had_finished_before_the_fork_is_asked_anew_in_a_called_process_too(start):
    route = start(CORPORATE).go_to("corporate_site_visit", "corporate_cross_check")
    route.do("corporate_cross_check")
    route.send_back("corporate_site_visit", "assignment")
    (visit,) = route.visits("corporate_cross_check")
    assert (visit.state, visit.superseded_at) == (TaskState.COMPLETED, route.now)
    assert route.visits("corporate_site_visit")[0].cancel_reason == "returned"
    route.go_to("corporate_site_visit", "corporate_cross_check")
    route.must_be_whole()
