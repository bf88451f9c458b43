"""Every verb of the table once and again: its time over that of the bare transaction, its statements, its commits.

Each verb is done by the operations of the program, in this process, to a case that was brought to where it may be done; the bare
transaction of `floor` is timed right before it, so that what else the machine does weighs on both. The web server, the browser
and the person of a request (one statement more) are not in it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import delete, event, select, update

from app.audit.operations import SYSTEM
from app.demo import desk
from app.identity import queries as people
from app.identity.models import Membership
from app.identity.operations import create_group
from app.identity.rules import Person
from app.kernel import db
from app.kernel.clock import now
from app.workflow import acts, instances
from app.workflow.acts import Given
from app.workflow.assigning import assignment
from app.workflow.deploying import definitions
from app.workflow.models import UserTask
from app.workflow.rules import Verb
from benchmarks import floor

ROUNDS = 12
INITIATOR, HOLDER, COLLEAGUE, SUPERVISOR, SECRETARY = "zhaomin", "zhouyan", "wulei", "jiangshan", "songyan"
MEMBERS = ("zhengwei", "wangfang", "lvbin", "shiyun", "zhangming")
PROCESS, EMPTY = "bench_moves", "bench_nobody"
DIAGRAM = """<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:credit="urn:creditflow:bpmn:1"
 id="definitions" targetNamespace="urn:bench"><bpmn:process id="bench_moves" isExecutable="true">
<bpmn:extensionElements><credit:process recall="always"/></bpmn:extensionElements>
<bpmn:startEvent id="begun"/>
<bpmn:userTask id="apply" name="申请"><bpmn:extensionElements><credit:step><credit:candidates rule="initiator"/></credit:step>
</bpmn:extensionElements></bpmn:userTask>
<bpmn:exclusiveGateway id="way" default="to_check"/>
<bpmn:userTask id="lonely" name="无人"><bpmn:extensionElements><credit:step>
<credit:candidates rule="group" value="bench_nobody"/></credit:step></bpmn:extensionElements></bpmn:userTask>
<bpmn:userTask id="check" name="审核"><bpmn:extensionElements><credit:step>
<credit:candidates rule="group" value="market_department"/>
<credit:outcome id="approve" kind="approve"/><credit:outcome id="refuse" kind="refuse"/></credit:step>
</bpmn:extensionElements></bpmn:userTask>
<bpmn:userTask id="board" name="评审"><bpmn:extensionElements><credit:step>
<credit:vote electorate="credit_committee" secretary="committee_secretaries" close="secretary" quorum="2/3"/></credit:step>
</bpmn:extensionElements></bpmn:userTask>
<bpmn:exclusiveGateway id="decided" default="to_payment"/>
<bpmn:userTask id="payment" name="放款"><bpmn:extensionElements><credit:step><credit:candidates rule="initiator"/></credit:step>
</bpmn:extensionElements></bpmn:userTask>
<bpmn:endEvent id="paid"/>
<bpmn:endEvent id="refused"><bpmn:extensionElements><credit:end status="refused"/></bpmn:extensionElements></bpmn:endEvent>
<bpmn:sequenceFlow id="f1" sourceRef="begun" targetRef="apply"/><bpmn:sequenceFlow id="f2" sourceRef="apply" targetRef="way"/>
<bpmn:sequenceFlow id="to_check" sourceRef="way" targetRef="check"/>
<bpmn:sequenceFlow id="to_lonely" sourceRef="way" targetRef="lonely"><bpmn:conditionExpression
 xsi:type="bpmn:tFormalExpression">check_result = "none"</bpmn:conditionExpression></bpmn:sequenceFlow>
<bpmn:sequenceFlow id="f3" sourceRef="lonely" targetRef="paid"/><bpmn:sequenceFlow id="f4" sourceRef="check" targetRef="board"/>
<bpmn:sequenceFlow id="f5" sourceRef="board" targetRef="decided"/>
<bpmn:sequenceFlow id="to_payment" sourceRef="decided" targetRef="payment"/>
<bpmn:sequenceFlow id="to_refused" sourceRef="decided" targetRef="refused"><bpmn:conditionExpression
 xsi:type="bpmn:tFormalExpression">board_result = "refuse"</bpmn:conditionExpression></bpmn:sequenceFlow>
<bpmn:sequenceFlow id="f6" sourceRef="payment" targetRef="paid"/></bpmn:process></bpmn:definitions>"""


@dataclass
class Found:
    """What one verb costs: milliseconds of each time it was done (and of this process's CPU in it), and of the bare transaction
    before it; statements, commits."""

    moves: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    statements: int = 0
    commits: int = 0

    @property
    def ratio(self) -> float:
        """The best time of the move over the best of the bare transaction: what else the machine does only ever adds."""
        return min(self.moves) / min(self.bare)


@dataclass(frozen=True)
class Wish:
    """One press: who does it to what, and what is said with it."""

    person: str
    subject_id: uuid.UUID
    given: Given = field(default_factory=Given)


class Stage:
    """Cases of a short process, brought to where a verb may be done. Nothing of it is timed."""

    def __init__(self) -> None:
        with db.transaction():
            if people.group_by_key(EMPTY) is None:
                create_group(key=EMPTY, name={"en": "x", "zh_Hans": "x", "zh_Hant": "x"}, members=[])
            definitions.deploy(
                name="bench moves", files={f"{PROCESS}/{PROCESS}.bpmn": DIAGRAM.encode()}, actor=SYSTEM, now=now()
            )
            self.staff = desk.staff()

    def do(self, verb: Verb, who: str, subject_id: uuid.UUID, **said: Any) -> None:
        """One act in a transaction of its own."""
        with db.transaction():
            acts.carry_out(
                verb=verb, subject_id=subject_id, given=Given(**said), person=self.staff.by_name[who], now=now()
            )

    def begun(self) -> tuple[uuid.UUID, uuid.UUID]:
        """A case at its first task: case, task."""
        with db.transaction():
            case = instances.start(key=PROCESS, person=self.staff.by_name[INITIATOR], now=now())
        return case.id, self.task(case.id)

    def task(self, case_id: uuid.UUID, holder: str | None = None) -> uuid.UUID:
        """The newest open task of a case; of this holder, where one is named."""
        statement = select(UserTask.id).where(UserTask.instance_id == case_id, UserTask.state == "open")
        if holder is not None:
            statement = statement.where(UserTask.assignee_id == self.staff.by_name[holder].id)
        with db.reading():
            return db.session.scalars(statement.order_by(UserTask.id.desc()).limit(1)).one()

    def waiting(self) -> tuple[uuid.UUID, uuid.UUID]:
        """A case whose task lies in a pool."""
        case_id, task_id = self.begun()
        self.do(Verb.COMPLETE, INITIATOR, task_id)
        return case_id, self.task(case_id)

    def held(self) -> tuple[uuid.UUID, uuid.UUID]:
        """The same, claimed."""
        case_id, task_id = self.waiting()
        self.do(Verb.CLAIM, HOLDER, task_id)
        return case_id, task_id

    def voting(self, *choices: str) -> tuple[uuid.UUID, uuid.UUID]:
        """A case before the committee, with these ballots cast."""
        case_id, task_id = self.held()
        self.do(Verb.COMPLETE, HOLDER, task_id, outcome="approve")
        board = self.task(case_id)
        for member, choice in zip(MEMBERS, choices, strict=False):
            self.do(Verb.VOTE, member, board, outcome=choice, note="理由")
        return case_id, board

    def nobody_found(self) -> tuple[uuid.UUID, uuid.UUID]:
        """A case at a station for which nobody was found when it came there, and of which somebody would be found now."""
        with db.transaction():
            group = people.group_by_key(EMPTY)
            assert group is not None
            db.session.execute(delete(Membership).where(Membership.group_id == group.id))
        assignment.forget()
        case_id, _ = self.held()
        self.do(Verb.JUMP, SUPERVISOR, case_id, target="lonely", reason="x")
        with db.transaction():
            db.session.add(Membership(user_id=self.staff.by_name[COLLEAGUE].id, group_id=group.id))
        assignment.forget()
        return case_id, self.task(case_id)

    def kept_away(self) -> tuple[uuid.UUID, uuid.UUID]:
        """A case whose task is with somebody who may not do it any more."""
        case_id, task_id = self.held()
        with db.transaction():
            away = [self.staff.by_name[HOLDER].id]
            db.session.execute(update(UserTask).where(UserTask.id == task_id).values(excluded_ids=away))
        return case_id, task_id


def _wishes(stage: Stage) -> Mapping[Verb, Callable[[], Wish]]:
    """Per verb how a case is made ready for it and what is pressed then."""
    why = Given(reason="测试")
    to_colleague = Given(people=(COLLEAGUE,), reason="测试")
    before = Given(people=(COLLEAGUE,), place="before", reason="会签")
    back = Given(target="apply", reason_code="incomplete", reason="补充", mode="step")

    def of_task(make: Callable[[], tuple[uuid.UUID, uuid.UUID]], who: str, given: Given = why) -> Callable[[], Wish]:
        return lambda: Wish(who, make()[1], given)

    def of_case(make: Callable[[], tuple[uuid.UUID, uuid.UUID]], who: str, given: Given = why) -> Callable[[], Wish]:
        return lambda: Wish(who, make()[0], given)

    def after(verb: Verb, who: str, given: Given) -> Callable[[], tuple[uuid.UUID, uuid.UUID]]:
        def make() -> tuple[uuid.UUID, uuid.UUID]:
            case_id, task_id = stage.held()
            stage.do(verb, who, task_id if verb is not Verb.SUSPEND else case_id, **vars(given))
            return case_id, task_id

        return make

    def asked_signer() -> tuple[uuid.UUID, uuid.UUID]:
        case_id, _ = after(Verb.ADD_SIGNER, HOLDER, before)()
        return case_id, stage.task(case_id, COLLEAGUE)

    def past_check() -> tuple[uuid.UUID, uuid.UUID]:
        return stage.voting()

    def refused() -> tuple[uuid.UUID, uuid.UUID]:
        case_id, board = stage.voting(*["disagree"] * len(MEMBERS))
        stage.do(Verb.CLOSE_VOTE, SECRETARY, board)
        return case_id, board

    return {
        Verb.CLAIM: of_task(stage.waiting, HOLDER),
        Verb.SAVE_DRAFT: of_task(stage.held, HOLDER, Given(note="草稿")),
        Verb.COMPLETE: of_task(stage.held, HOLDER, Given(outcome="approve", note="同意")),
        Verb.VOTE: of_task(stage.voting, MEMBERS[0], Given(outcome="agree", note="同意")),
        Verb.RECUSE: of_task(stage.voting, MEMBERS[0]),
        Verb.CLOSE_VOTE: of_task(lambda: stage.voting(*["agree"] * 4), SECRETARY),
        Verb.ANSWER: of_task(asked_signer, COLLEAGUE, Given(outcome="agree", note="同意")),
        Verb.RESOLVE: of_task(after(Verb.DELEGATE, HOLDER, to_colleague), COLLEAGUE, Given(note="可以")),
        Verb.TRANSFER: of_task(stage.held, HOLDER, to_colleague),
        Verb.DELEGATE: of_task(stage.held, HOLDER, to_colleague),
        Verb.ADD_SIGNER: of_task(stage.held, HOLDER, before),
        Verb.REMOVE_SIGNER: of_task(after(Verb.ADD_SIGNER, HOLDER, before), HOLDER, to_colleague),
        Verb.SEND_BACK: of_task(stage.held, HOLDER, back),
        Verb.RELEASE: of_task(stage.held, HOLDER),
        Verb.REASSIGN: of_task(stage.held, SUPERVISOR, to_colleague),
        Verb.WAIT: of_task(stage.held, HOLDER),
        Verb.CONTINUE: of_task(after(Verb.WAIT, HOLDER, why), HOLDER),
        Verb.SKIP: of_task(stage.held, SUPERVISOR, Given(outcome="approve", reason="测试")),
        Verb.WITHDRAW: of_case(stage.waiting, INITIATOR),
        Verb.COPY: of_case(stage.held, HOLDER, Given(people=(COLLEAGUE,), note="请阅")),
        Verb.COMMENT: of_case(stage.held, HOLDER, Given(note="已电话核实")),
        Verb.URGE: of_case(stage.held, INITIATOR, Given(note="请尽快")),
        Verb.RECALL: of_case(stage.held, INITIATOR),
        Verb.GIVE_UP: of_case(stage.begun, INITIATOR),
        Verb.JUMP: of_case(stage.held, SUPERVISOR, Given(target="payment", reason="测试")),
        Verb.SUSPEND: of_case(stage.held, SUPERVISOR),
        Verb.RESUME: of_case(after(Verb.SUSPEND, SUPERVISOR, why), SUPERVISOR),
        Verb.RETRY: of_case(stage.nobody_found, SUPERVISOR),
        Verb.LOOK_AGAIN: of_case(stage.kept_away, SUPERVISOR),
        Verb.RESTORE: of_case(past_check, SUPERVISOR, Given(target="2", reason="测试")),
        Verb.TERMINATE: of_case(stage.held, SUPERVISOR),
        Verb.RECONSIDER: of_case(refused, INITIATOR, Given(reason="补充了抵押物评估报告")),
    }


def measure(url: str, rounds: int = ROUNDS) -> dict[Verb, Found]:
    """Every verb of the table `rounds` times; the first time of each is not counted where there are several."""
    stage = Stage()
    case_id, _ = stage.voting()
    found = {}
    with floor.alone(url, case_id) as bare:
        for verb, ready in _wishes(stage).items():
            found[verb] = _measured(stage, verb, ready, bare, rounds)
    return found


def _measured(stage: Stage, verb: Verb, ready: Callable[[], Wish], bare: Callable[[], None], rounds: int) -> Found:
    found = Found()
    for number in range(rounds):
        wish = ready()
        press = partial(_press, verb, wish, stage.staff.by_name[wish.person])
        bare_ms = _ms(bare)
        with counted() as seen:
            spent = time.process_time()
            move_ms = _ms(press)
            spent = 1000 * (time.process_time() - spent)
        found.statements, found.commits = max(found.statements, seen[0]), max(found.commits, seen[1])
        if number or rounds == 1:
            found.moves.append(move_ms)
            found.cpu.append(spent)
            found.bare.append(bare_ms)
    return found


def _press(verb: Verb, wish: Wish, person: Person) -> None:
    with db.transaction():
        acts.carry_out(verb=verb, subject_id=wish.subject_id, given=wish.given, person=person, now=now())


def _ms(press: Callable[[], None]) -> float:
    began = time.perf_counter()
    press()
    return 1000 * (time.perf_counter() - began)


@contextmanager
def counted() -> Iterator[list[int]]:
    """Statements and commits that go to the database meanwhile."""
    seen, engine = [0, 0], db.session().get_bind()
    db.session.remove()

    def note_statement(*_all: Any) -> None:
        seen[0] += 1

    def note_commit(_connection: Any) -> None:
        seen[1] += 1

    event.listen(engine, "before_cursor_execute", note_statement)
    event.listen(engine, "commit", note_commit)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note_statement)
        event.remove(engine, "commit", note_commit)


def table(found: Mapping[Verb, Found]) -> str:
    """The figures in Markdown, the dearest first."""
    lines = [
        "| move | over the bare transaction | best | CPU | statements | commits |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for verb, one in sorted(found.items(), key=lambda pair: -pair[1].ratio):
        lines.append(
            f"| {verb} | {one.ratio:.1f} | {min(one.moves):.1f} ms | {min(one.cpu):.1f} ms | {one.statements} | {one.commits} |"
        )
    return "\n".join(lines)
