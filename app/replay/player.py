"""Playing the plan of one case, one transaction per operation; an event counts as done in that of its last operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.dialects.postgresql import insert

from app.demo.desk import NobodyLeft
from app.identity.rules import Person
from app.kernel import db
from app.kernel.db import session
from app.kernel.errors import Refusal
from app.replay.acting import Act, Cast, Scene, next_act
from app.replay.models import ReplayCase
from app.replay.moves import APPROVED, OPEN, REFUSED, WITHDRAWN, Kind, Step
from app.replay.people import choose
from app.workflow import cases, instances
from app.workflow.models import CaseState, ProcessInstance

ENDS: Mapping[str | None, str] = {
    "approved": APPROVED,
    "approved_with_conditions": APPROVED,
    "declaration_paid": APPROVED,
    "application_refused": REFUSED,
    "declaration_dropped": WITHDRAWN,
    CaseState.WITHDRAWN: WITHDRAWN,
}
# More operations for one event than a route has stations, and ballots, would mean that we go round in circles.
MOST_ACTS = 60


class Stuck(Exception):
    """The case does not get where the log wants it; the text says where it stands."""


@dataclass(frozen=True)
class Played:
    """What came of a case. expected, outcome: how the log and our case ended. acts: operations of this run by verb.

    events: how many events of the plan are done. unsaid: how many moves changed nothing. fault, row: why and at which row
    it was left. stopped: somebody asked to stop before the end.
    """

    case: str
    expected: str
    outcome: str
    acts: Mapping[str, int]
    events: int
    unsaid: int
    fault: str | None = None
    row: int | None = None
    stopped: bool = False


class Player:
    """Plays one case. log: the digest of its log. stop: asked before each operation."""

    def __init__(self, cast: Cast, log: bytes, stop: Callable[[], bool]) -> None:
        self.cast, self.log, self.stop = cast, log, stop
        self.unsaid = 0
        self.acts: Counter[str] = Counter()
        self.facts: dict[str, str] = dict(cast.plan.facts)
        self.row: int | None = None

    def play(self) -> Played:
        """From where the case is to the end of its events. Database errors go on to the caller; the case goes on next time."""
        try:
            stopped = self._play_events()
        except (Refusal, NobodyLeft, Stuck) as refused:
            return self._close(fault=str(refused))
        return self._result(stopped=True) if stopped else self._close()

    def _play_events(self) -> bool:
        """True where it was told to stop."""
        done = self._events_done()
        for index, step in enumerate(self.cast.plan.steps):
            self.facts |= step.move.facts
            if index < done or step.move.kind is Kind.SILENT:
                continue
            self.row = step.event.row
            for _ in range(MOST_ACTS):
                if self.stop():
                    return True
                began = Counter[str]()
                with db.transaction():
                    act, is_over = self._one(index, step, began)
                self.acts.update(began)
                if is_over:
                    return False
                if act is None or act.last:
                    break
            else:
                raise Stuck(f"After {MOST_ACTS} operations the case is still not where the log has it.")
        return False

    def _events_done(self) -> int:
        with db.reading():
            stand = session.get(ReplayCase, (self.log, self.cast.plan.case))
            return stand.events_done if stand else 0

    def _one(self, index: int, step: Step, done: Counter[str]) -> tuple[Act | None, bool]:
        """The next operation of the event, with its bookkeeping; and whether the case is over. `done` is what is to be counted."""
        stand = self._stand(step, done)
        if stand.events_done > index:
            return None, False
        assert stand.instance_id is not None
        held = cases.hold_case(stand.instance_id)
        if held.case.state != CaseState.ACTIVE:
            return None, True
        act = next_act(Scene(self.cast, stand, step, held.case, held.open, self.facts))
        if act is None:
            self.unsaid += 1
            return None, False
        done[act.verb] += 1
        stand.acts = {**stand.acts, act.verb: stand.acts.get(act.verb, 0) + 1}
        if act.last:
            stand.events_done = index + 1
        return act, False

    def _stand(self, step: Step, done: Counter[str]) -> ReplayCase:
        """The stand, locked, so that two replays of the same log can't both act; the case is begun where there is none."""
        key = {"log": self.log, "case_id": self.cast.plan.case}
        stand = session.get(ReplayCase, (self.log, self.cast.plan.case), with_for_update=True)
        if stand is None:
            fresh = {**key, "events_done": 0, "acts": {}, "hands": {}, "finished": False}
            session.execute(insert(ReplayCase).values(fresh).on_conflict_do_nothing())
            stand = session.get_one(ReplayCase, (self.log, self.cast.plan.case), with_for_update=True)
        if stand.instance_id is None:
            case = instances.start(key=self.cast.plan.process, person=self._initiator(), now=step.event.at)
            stand.instance_id, stand.acts, done["start"] = case.id, {"start": 1}, 1
            session.flush()
        return stand

    def _initiator(self) -> Person:
        """Always the same for a case; the log's own first resource is the web site in most cases."""
        names = [person.username for person in self.cast.staff.initiators()]
        return self.cast.staff.by_name[choose(names, self.cast.plan.case)]

    def _close(self, fault: str | None = None) -> Played:
        with db.transaction():
            stand = session.get(ReplayCase, (self.log, self.cast.plan.case), with_for_update=True)
            if stand is not None:
                stand.finished, stand.fault = True, fault
                stand.events_done = stand.events_done if fault else len(self.cast.plan.steps)
        return self._result(fault=fault)

    def _result(self, fault: str | None = None, *, stopped: bool = False) -> Played:
        with db.reading():
            stand = session.get(ReplayCase, (self.log, self.cast.plan.case))
            case = session.get(ProcessInstance, stand.instance_id) if stand and stand.instance_id else None
            return Played(
                case=self.cast.plan.case,
                expected=self.cast.plan.outcome,
                outcome=outcome_of(case) if case else OPEN,
                acts=dict(self.acts),
                events=stand.events_done if stand else 0,
                unsaid=self.unsaid,
                fault=fault,
                row=self.row if fault else None,
                stopped=stopped,
            )


def outcome_of(case: ProcessInstance) -> str:
    """How our case stands, in the words of the plan."""
    return OPEN if case.state in (CaseState.ACTIVE, CaseState.SUSPENDED) else ENDS.get(case.outcome, REFUSED)
