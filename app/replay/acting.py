"""The next operation that a move asks for, read off the case as it stands: at most one is carried out per call.

Asked again after each operation, it goes on where the case then is. So a replay that was killed between two operations
of one event continues with the second, and nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.demo import desk
from app.demo.desk import NobodyLeft, Staff
from app.identity.rules import Person
from app.replay import facts as filling
from app.replay.models import ReplayCase
from app.replay.moves import Kind, Plan, Step
from app.replay.people import choose
from app.workflow import instances, user_tasks
from app.workflow.committees import votes
from app.workflow.deploying import definitions
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.moves import returns
from app.workflow.user_tasks import Answer

# The order of the stations on each route; a station that is not here is only worked on where the case stands there.
ORDER: Mapping[str, Sequence[str]] = {
    "credit_application": (
        "intake",
        "routing",
        "assignment",
        "retail_document_check",
        "retail_phone_check",
        "retail_face_signing",
        "retail_valuation",
        "retail_conclusion",
        "submission",
        "pre_committee_review",
        "credit_committee",
        "committee_resolution",
        "risk_committee",
        "risk_review",
        "final_approval",
    ),
    "expense_declaration": (
        "declaration",
        "first_check",
        "budget_approval",
        "supervisor_approval",
        "director_approval",
        "payment",
    ),
}
OFFICERS = "retail_officers"


@dataclass(frozen=True)
class Act:
    """An operation that was carried out. last: nothing more is to be done for the event."""

    verb: str
    last: bool = False


@dataclass(frozen=True)
class Cast:
    """Who plays what: the plan of the case, the demo bank's people, and the officers a leader may assign."""

    plan: Plan
    staff: Staff
    officers: Sequence[str]


@dataclass
class Scene:
    """The case as it stands in this transaction, and the event that is to come true. facts: what is known by now."""

    cast: Cast
    stand: ReplayCase
    step: Step
    case: ProcessInstance
    tasks: Sequence[UserTask]
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def resource(self) -> str:
        """Who did it in the log; where it names nobody, somebody who is always the same for this case."""
        return self.step.event.resource or self.cast.plan.case

    def at(self, station: str) -> UserTask | None:
        """The open task of the station; of any station for ""."""
        return next((task for task in self.tasks if station in ("", task.element_id)), None)

    def is_ahead(self, station: str) -> bool:
        """Whether the station comes after the one where the case stands."""
        order = ORDER[self.cast.plan.process]
        here = self.tasks[0].element_id if self.tasks else ""
        return station in order and here in order and order.index(station) > order.index(here)


def next_act(scene: Scene) -> Act | None:
    """Carry out the next operation of the event; None where nothing is (or is left) to be done.

    Raises Refusal where the site would refuse it too, NobodyLeft.
    """
    return MOVES[scene.step.move.kind](scene)


def _finish(scene: Scene) -> Act | None:
    move = scene.step.move
    task = scene.at(move.station)
    if task is None:
        return _forward(scene) if scene.is_ahead(move.station) else None
    if not _offers(scene, task, move.outcome):
        return None
    if task.assignee_id is None:
        return _claim_for(scene, task)
    refusing = move.outcome == desk.AGAINST
    return _complete(scene, task, move.outcome, against=refusing, last=True)


def _claim(scene: Scene) -> Act | None:
    task = scene.at(scene.step.move.station)
    if task is None:
        return _go(scene)
    if not task.candidate_group_ids:
        return _hand_over(scene, task)
    if task.assignee_id is None:
        return _claim_for(scene, task, last=True)
    return None if _name_for(scene, task) == _holder(scene, task).username else _release_for(scene, task)


def _go(scene: Scene) -> Act | None:
    """Bring the case to the station: forwards, or back where it has been there before."""
    station = scene.step.move.station
    if scene.is_ahead(station):
        return _forward(scene)
    return _send_back(scene, station)


def _hold(scene: Scene) -> Act | None:
    return _claim(scene) if scene.at(scene.step.move.station) is not None else None


def _release(scene: Scene) -> Act | None:
    task = scene.at(scene.step.move.station)
    if task is None or task.assignee_id is None or not task.candidate_group_ids:
        return None
    return _release_for(scene, task, last=True)


def _reach(scene: Scene) -> Act | None:
    return _forward(scene) if scene.is_ahead(scene.step.move.station) else None


def _return(scene: Scene) -> Act | None:
    return None if scene.at(scene.step.move.station) is not None else _send_back(scene, scene.step.move.station)


def _draft(scene: Scene) -> Act | None:
    """The employee keeps what he has entered so far."""
    own = next((task for task in scene.tasks if task.assignee_id == scene.case.started_by), None)
    if own is None:
        return None
    answer = Answer(values=_values(scene, own, against=False))
    user_tasks.save_draft(task_id=own.id, answer=answer, person=_holder(scene, own), now=scene.step.event.at)
    return Act("save_draft", last=True)


def _approve(scene: Scene) -> Act | None:
    return _forward(scene)


def _refuse(scene: Scene) -> Act | None:
    return _forward(scene, against=True)


def _withdraw(scene: Scene) -> Act | None:
    """At a station of the initiator's that has a button for it by that, elsewhere by taking the case back."""
    move = scene.step.move
    own = scene.at(move.station) if move.station else None
    if own is not None:
        return _complete(scene, own, move.outcome, against=True, last=True)
    person = scene.cast.staff.by_id[scene.case.started_by or 0]
    instances.give_up(instance_id=scene.case.id, reason="客户放弃申请。", person=person, now=scene.step.event.at)
    return Act("withdraw", last=True)


def _forward(scene: Scene, *, against: bool = False) -> Act:
    """One operation that brings the case on: a ballot, a claim, or the completion of what is open."""
    task = scene.tasks[0]
    if task.is_vote:
        choice = votes.Choice.DISAGREE if against else votes.Choice.AGREE
        text = filling.opinion_at(scene.cast.plan, task.element_id, against=against)
        desk.cast(task, choice, text, scene.cast.staff, scene.step.event.at)
        return Act("vote")
    if task.assignee_id is None:
        return _claim_for(scene, task)
    outcome = desk.usual_outcome(desk.step_of(scene.case, task), against=against)
    return _complete(scene, task, outcome, against=against)


def _complete(scene: Scene, task: UserTask, outcome: str | None, *, against: bool, last: bool = False) -> Act:
    text = filling.opinion_at(scene.cast.plan, task.element_id, against=against)
    desk.hand_in(
        scene.case,
        task,
        outcome=outcome,
        values=_values(scene, task, against=against),
        opinion=text,
        person=_holder(scene, task),
        now=scene.step.event.at,
    )
    return Act("complete", last)


def _send_back(scene: Scene, station: str) -> Act | None:
    """Back to a station the case has passed; None where our route does not allow it from here."""
    task = scene.at("")
    if task is None or task.is_vote:
        return None
    compiled = definitions.load(scene.case.definition_id).compiled
    if station not in {target.element_id for target in returns.targets(scene.case, task, compiled)}:
        return None
    if task.assignee_id is None:
        return _claim_for(scene, task)
    desk.send_back(task, station, "incomplete", "资料不全，请补充。", _holder(scene, task), scene.step.event.at)
    return Act("send_back")


def _claim_for(scene: Scene, task: UserTask, *, last: bool = False) -> Act:
    name = _name_for(scene, task)
    user_tasks.claim(task_id=task.id, person=scene.cast.staff.by_name[name], now=scene.step.event.at)
    _note_hand(scene, task, name)
    return Act("claim", last)


def _release_for(scene: Scene, task: UserTask, *, last: bool = False) -> Act:
    user_tasks.release(task_id=task.id, person=_holder(scene, task), now=scene.step.event.at)
    return Act("release", last)


def _hand_over(scene: Scene, task: UserTask) -> Act | None:
    """A task given by name has no pool: where somebody else works on it in the log, the supervisor reassigns it."""
    free = [name for name in scene.cast.officers if scene.cast.staff.by_name[name].id not in task.excluded_ids]
    if not free or task.assignee_id is None or _holder(scene, task).username not in scene.cast.officers:
        return None
    name = choose(free, scene.resource, scene.stand.hands.get(task.element_id))
    if name == _holder(scene, task).username:
        _note_hand(scene, task, name)
        return None
    supervisor = scene.cast.staff.supervisor
    reason = "由同事接办。"
    user_tasks.reassign(task_id=task.id, to_username=name, reason=reason, person=supervisor, now=scene.step.event.at)
    _note_hand(scene, task, name)
    return Act("reassign", last=True)


def _name_for(scene: Scene, task: UserTask) -> str:
    pool = [person.username for person in scene.cast.staff.pool(task)]
    return choose(pool, scene.resource, scene.stand.hands.get(task.element_id))


def _note_hand(scene: Scene, task: UserTask, name: str) -> None:
    scene.stand.hands = {**scene.stand.hands, task.element_id: [scene.resource, name]}


def _holder(scene: Scene, task: UserTask) -> Person:
    person = scene.cast.staff.by_id.get(task.assignee_id or 0)
    if person is None:
        raise NobodyLeft(f"{task.element_id} is held by nobody of the demo bank.")
    return person


def _offers(scene: Scene, task: UserTask, outcome: str | None) -> bool:
    offered = {one.id for one in desk.step_of(scene.case, task).outcomes}
    return outcome is None or outcome in offered


def _values(scene: Scene, task: UserTask, *, against: bool) -> dict[str, Any]:
    cast = scene.cast
    today = scene.step.event.at.date()
    return filling.values_at(cast.plan, scene.facts, task.element_id, cast.officers, today, against=against)


MOVES: Mapping[Kind, Callable[[Scene], Act | None]] = {
    Kind.FINISH: _finish,
    Kind.CLAIM: _claim,
    Kind.RELEASE: _release,
    Kind.HOLD: _hold,
    Kind.REACH: _reach,
    Kind.RETURN: _return,
    Kind.DRAFT: _draft,
    Kind.APPROVE: _approve,
    Kind.REFUSE: _refuse,
    Kind.WITHDRAW: _withdraw,
}
