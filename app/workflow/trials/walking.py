"""Deeds played over a definition by the real engine, on a copy in memory.

What is on record is done again where the case stands where it stood: the same answer at the same station, the same return, the
same message. Where the case comes to a station at which nothing (more) is on record, the caller is asked for an assumption. A deed
for which there is no place any more is left out. Services give what they gave then; no delegate is called. In this order, until
nothing goes on:

1. deeds at the head of the record whose station can't be reached any more are left out;
2. the deed at the head is done, if it can be;
3. an open station with nothing on record is answered by assumption;
4. a later deed is done, the first that can be (the stations come in another order now);
5. what goes on by itself: services that were put off, the next clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.workflow import engine
from app.workflow.engine import Definition, EngineError, OpenTask, Progress, Services, Step
from app.workflow.trials.deeds import Deed, Kind
from app.workflow.trials.walks import Fault, Ground, Stay, Walked
from app.workflow.trials.ways import REFUSED, Mark, What

BUDGET = 600
CIRCLE = 4
IN_TURN = frozenset({Kind.END, Kind.POSTPONE, Kind.RESTORE, Kind.RETRY})
Assume = Callable[[Step], str | None]


def walk(ground: Ground, deeds: Sequence[Deed], assume: Assume) -> Walked:
    """Play the deeds; the first is the START."""
    return _Walk(ground, deeds, assume).go()


class _Walk:
    def __init__(self, ground: Ground, deeds: Sequence[Deed], assume: Assume) -> None:
        self.ground, self.definition, self.assume = ground, ground.definition, assume
        self.left = list(deeds)
        self.first = self.left.pop(0)
        self.known = {name: value for deed in deeds for name, value in deed.values.items()}
        self.services = {name: given for deed in deeds for name, given in deed.served.items()}
        self.doing = self.first
        self.now: datetime = self.first.at
        self.marks: list[Mark] = []
        self.stays: list[Stay] = []
        self.done: list[str] = []
        self.assumed: Counter[str] = Counter()
        self.left_out: list[Deed] = []
        self.states: dict[int, bytes] = {}
        self.tickets: list[tuple[str, engine.Ticket]] = []
        self.ended: str | None = None
        self.opened_at: dict[str, float] = {}
        self.time = 0.0
        self.progress: Progress

    def go(self) -> Walked:
        try:
            self._take(
                engine.start(self.definition, dict(self.first.values), now=self.now, services=self._lent()), self.first
            )
        except EngineError as error:
            return self._walked(_incident(error))
        for _ in range(BUDGET):
            if not self._step():
                return self._walked(self._fault())
        return self._walked(Fault("circle", self.marks[-1].element if self.marks else None))

    def _step(self) -> bool:
        self._leave_out()
        head = self.left[0] if self.left else None
        if self._is_over and not (head and self._can(head)):
            return False
        if head is not None and self._ring(head.at):
            return True
        if head is not None and self._is_elsewhere(head) and self._answer_by_assumption():
            return True
        if head is not None and self._can(head):
            return self._try(self.left.pop(0))
        if self._answer_by_assumption():
            return True
        later = next((deed for deed in self.left[1:] if deed.kind not in IN_TURN and self._can(deed)), None)
        if later is not None:
            self.left.remove(later)
            return self._try(later)
        return self._by_itself()

    @property
    def _is_over(self) -> bool:
        return self.progress.finished or self.ended is not None

    def _leave_out(self) -> None:
        """Deeds at the head that have no place any more."""
        while self.left and self._is_hopeless(self.left[0]):
            self.left_out.append(self.left.pop(0))

    def _is_hopeless(self, deed: Deed) -> bool:
        if deed.reopens:
            return not self._is_over or self._status() != REFUSED
        if self._is_over:
            return True
        if deed.kind in (Kind.ANSWER, Kind.MOVE) and deed.station is not None:
            here = [task.element_id for task in self.progress.open]
            return deed.station not in here and deed.station not in self._ahead()
        if deed.kind is Kind.RETRY:
            return not self.progress.incidents
        if deed.kind is Kind.SERVICE:
            return not self._put_off(deed)
        return False

    def _is_elsewhere(self, deed: Deed) -> bool:
        """Whether somebody ended the case at a station that lies ahead of where it stands now."""
        if deed.kind is not Kind.END or self._is_over:
            return False
        here = {task.element_id for task in self.progress.open}
        return any(station not in here and station in self._ahead() for station in deed.opened)

    def _ahead(self) -> frozenset[str]:
        step = self.progress
        clocks = [timer.element_id for timer in step.timers] + [wait.element_id for wait in step.waits]
        held = [incident.element_id for incident in step.incidents] + [service.element_id for service in step.put_off]
        return self.ground.reach.stations([*(task.element_id for task in step.open), *clocks, *held])

    def _can(self, deed: Deed) -> bool:
        """Whether the deed can be done as the case stands."""
        match deed.kind:
            case Kind.ANSWER:
                return self._task(deed) is not None
            case Kind.MOVE:
                sender = deed.station is None or self._task(deed) is not None
                return sender and deed.to in self.definition.steps and deed.reopens == self._is_over
            case Kind.MESSAGE:
                return any(wait.message == deed.to for wait in self.progress.waits)
            case Kind.TIMER:
                return any(timer.element_id in deed.passed for timer in self.progress.timers)
            case Kind.SERVICE:
                return bool(self._put_off(deed))
            case Kind.RESTORE:
                return any(seq <= deed.earlier for seq in self.states)
            case Kind.RETRY:
                return bool(self.progress.incidents)
            case _:
                return True

    def _try(self, deed: Deed) -> bool:
        """Do the deed; one that the engine refuses is left out."""
        self.doing, self.now = deed, max(self.now, deed.at)
        try:
            self._do(deed)
        except EngineError:
            self.left_out.append(deed)
        return True

    def _do(self, deed: Deed) -> None:
        match deed.kind:
            case Kind.ANSWER:
                self._answer(deed)
            case Kind.MOVE:
                self._move(deed.to or "", self._task(deed), deed)
            case Kind.END:
                self._end(deed.to or "", deed)
            case Kind.MESSAGE:
                given = dict(deed.values)
                self._take(engine.deliver(*self._state(), deed.to or "", given, **self._world()), deed)
            case Kind.TIMER:
                due = [timer.due_at for timer in self.progress.timers if timer.element_id in deed.passed]
                self.now = max([self.now, *due[:1]])
                self._take(engine.tick(*self._state(), **self._world()), deed)
            case Kind.POSTPONE:
                put_off = engine.postpone(*self._state(), deed.by, now=self.now, calendar=lambda: self.ground.calendar)
                self._take(put_off, deed)
            case Kind.RESTORE:
                earlier = self.states[max(seq for seq in self.states if seq <= deed.earlier)]
                self._take(engine.restore(*self._state(), earlier, **self._world()), deed)
            case Kind.SERVICE | Kind.RETRY:
                self._retry(self._put_off(deed)[0] if deed.kind is Kind.SERVICE else None, deed)

    def _answer(self, deed: Deed) -> None:
        task = self._task(deed)
        assert task is not None
        outcome = self._offered(task.element_id, deed.outcome or "")
        self._complete(task, outcome, deed.values, deed)

    def _offered(self, station: str, wanted: str) -> str:
        """The outcome as the station has it now: the same, else the one of the same kind."""
        offered = self.definition.steps[station].outcomes
        if not offered or any(outcome.id == wanted for outcome in offered):
            return wanted
        chosen = self.assume(self.definition.steps[station]) or offered[0].id
        self.assumed[station] += 1
        return chosen

    def _complete(self, task: OpenTask, outcome: str, values: Mapping[str, Any], deed: Deed | None) -> None:
        station = task.element_id
        step = self.definition.steps[station]
        chosen = next((each for each in step.outcomes if each.id == outcome), None)
        given = {**values, f"{station}_result": outcome}
        minutes = deed.minutes if deed is not None else self.ground.medians.get(station, self.ground.usual)
        self.time = self.opened_at.get(task.id, self.time) + minutes
        self.stays.append(Stay(station, outcome, minutes, deed is None))
        self.done.append(station)
        if chosen is not None and chosen.then == "end":
            self._end(REFUSED, deed)
        elif chosen is not None and chosen.then != "follow":
            self._move(self._named(chosen.then), task, deed, given)
        else:
            self._take(self._completed(task, given, deed), deed)

    def _completed(self, task: OpenTask, given: dict[str, Any], deed: Deed | None) -> Progress:
        ticket = next((known for known in reversed(self.tickets) if known[0] == task.element_id), None)
        if deed is not None and deed.straight and ticket is not None:
            self.tickets.remove(ticket)
            try:
                return engine.go_straight_back(*self._state(), task.id, ticket[1], given, **self._world())
            except engine.RewindRefused:
                pass
        return engine.complete(*self._state(), task.id, given, **self._world())

    def _named(self, word: str) -> str:
        """The station that a refusal's `then` means."""
        if word not in ("initiator", "previous"):
            return word
        here = {task.element_id for task in self.progress.open}
        passed = [e for e in self.done if e not in here and self.definition.steps[e].vote is None]
        if not passed:
            raise engine.RewindRefused("rewind_unknown", target=word)
        return passed[0] if word == "initiator" else passed[-1]

    def _move(
        self, target: str, task: OpenTask | None, deed: Deed | None, variables: Mapping[str, Any] | None = None
    ) -> None:
        sender = task or (self.progress.open[0] if self.progress.open else None)
        from_task = sender.id if sender is not None else None
        if deed is not None and task is not None and variables is None:
            self.time = max(self.time, self.opened_at.get(task.id, self.time) + deed.minutes)
        step = self._rewound(target, from_task, variables, deed)
        again = {target, *step.region}
        self.done = [station for station in self.done if station not in again]
        if step.ticket is not None:
            self.tickets.append((target, step.ticket))
        self.marks.append(Mark(What.MOVE, target))
        self._take(step, deed)

    def _rewound(
        self, target: str, from_task: str | None, variables: Mapping[str, Any] | None, deed: Deed | None
    ) -> Progress:
        """The record does not say whether the branches beside the target began anew: what was open afterwards tells."""
        world = {"from_task": from_task, "variables": variables, **self._world()}
        step = engine.rewind(*self._state(), target, **world)
        wanted = Counter(deed.opened) if deed is not None else Counter[str]()
        if not wanted or Counter(task.element_id for task in step.open) == wanted:
            return step
        other = engine.rewind(*self._state(), target, redo_branches=True, **world)
        return other if Counter(task.element_id for task in other.open) == wanted else step

    def _end(self, status: str, deed: Deed | None) -> None:
        if deed is not None and deed.kind is Kind.END:
            self.time += deed.minutes
            self.marks += self._standing()
        self.ended = status
        self.marks.append(Mark(What.END, status))

    def _standing(self) -> list[Mark]:
        return [Mark(What.STAND, station) for station in sorted(task.element_id for task in self.progress.open)]

    def _retry(self, engine_id: str | None, deed: Deed | None) -> None:
        lent = self._lent(engine_id)
        self._take(engine.retry(*self._state(), now=self.now, services=lent, task_id=engine_id), deed)

    def _answer_by_assumption(self) -> bool:
        """Answer an open station at which nothing more is on record."""
        expected = {deed.station for deed in self.left if deed.kind in (Kind.ANSWER, Kind.MOVE)}
        expected |= {station for deed in self.left[:1] if deed.kind is Kind.END for station in deed.opened}
        for task in self.progress.open:
            station = task.element_id
            outcome = self.assume(self.definition.steps[station]) if station not in expected else None
            if outcome is not None and self.assumed[station] < CIRCLE:
                self.assumed[station] += 1
                self.doing = self.first
                missing = self.ground.writable.get(station, frozenset()) - self.progress.variables.keys()
                self._complete(task, outcome, {n: self.known[n] for n in missing if n in self.known}, None)
                return True
        return False

    def _by_itself(self) -> bool:
        """A service that was put off, else the next clock; not while somebody could act."""
        if self.progress.put_off:
            self._retry(self.progress.put_off[0].task_id, None)
            return True
        if self.progress.open or not self.progress.timers:
            return self._drop_head()
        self.now = max(self.now, min(timer.due_at for timer in self.progress.timers))
        self._take(engine.tick(*self._state(), **self._world()), None)
        return True

    def _drop_head(self) -> bool:
        """Nothing can be done with what is on record as it stands: the deed at the head stands in the way."""
        if not self.left:
            return False
        self.left_out.append(self.left.pop(0))
        return True

    def _ring(self, until: datetime) -> bool:
        """Let a clock ring that is due before the next deed and that the recorded version did not have so."""
        due = [t for t in self.progress.timers if t.element_id in self.ground.own_clocks and t.due_at <= until]
        if not due or self._is_over:
            return False
        self.now = max(self.now, min(timer.due_at for timer in due))
        before = self.progress.state
        self._take(engine.tick(*self._state(), **self._world()), None)
        return self.progress.state != before

    def _task(self, deed: Deed) -> OpenTask | None:
        here = [task for task in self.progress.open if task.element_id == deed.station]
        same = [task for task in here if task.instance == deed.instance]
        return next(iter([*same, *here]), None)

    def _put_off(self, deed: Deed) -> list[str]:
        return [service.task_id for service in self.progress.put_off if service.element_id in deed.passed]

    def _state(self) -> tuple[Definition, bytes]:
        return self.definition, self.progress.state

    def _world(self) -> dict[str, Any]:
        return {"now": self.now, "services": self._lent()}

    def _lent(self, due: str | None = None) -> Services:
        return Services(call=self._serve, puts_off=True, due=due, calendar=lambda: self.ground.calendar)

    def _serve(self, delegate: str, variables: dict[str, Any]) -> Mapping[str, Any]:
        """What the service gave then; nothing where it never ran."""
        return self.doing.served.get(delegate) or self.services.get(delegate, {})

    def _take(self, step: Progress, deed: Deed | None) -> None:
        """Note what came of a move."""
        self.progress = step
        self.marks += [Mark(What.BY, element) for element in step.passed]
        if self.ended is not None and step.open:
            self.ended = None
        for task in step.open:
            self.opened_at.setdefault(task.id, self.time)
        if deed is not None:
            self.states[deed.seq] = step.state

    def _status(self) -> str | None:
        if self.ended is not None:
            return self.ended
        return self.definition.ends.get(self.progress.end_event or "") if self.progress.finished else None

    def _fault(self) -> Fault | None:
        """Why it goes no further; None where it has ended."""
        if self._is_over:
            return None
        if self.progress.incidents:
            return _held(self.progress.incidents[0])
        if self.progress.open:
            station = self.progress.open[0].element_id
            return Fault("circle" if self.assumed[station] >= CIRCLE else "unanswered", station)
        if self.progress.waits:
            return Fault("message", self.progress.waits[0].element_id, fact=self.progress.waits[0].message)
        return Fault("standstill", self.marks[-1].element if self.marks else None)

    def _walked(self, fault: Fault | None) -> Walked:
        begun = hasattr(self, "progress")
        if begun and not self._is_over:
            self.marks += self._standing()
        end = self.ended or (self.progress.end_event if begun and self.progress.finished else None)
        return Walked(
            marks=tuple(self.marks),
            stays=tuple(self.stays),
            open=tuple(task.element_id for task in self.progress.open) if begun and self.ended is None else (),
            end=end,
            status=self._status() if begun else None,
            fault=fault,
            left_out=(*self.left_out, *self.left),
            minutes=self.time,
            variables=dict(self.progress.variables) if begun else {},
        )


def _incident(error: EngineError) -> Fault:
    return Fault("incident", None, {language: error.message(language) for language in ("en", "zh_Hans", "zh_Hant")})


def _held(incident: engine.Incident) -> Fault:
    return Fault("incident", incident.element_id, dict(incident.message))
