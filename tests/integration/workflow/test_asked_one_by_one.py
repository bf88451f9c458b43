"""People asked one by one (会签) in the bank: a task each, one visit, the rest overtaken; diagrams that others drew."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest

from app.audit.operations import SYSTEM
from app.kernel import db
from app.kernel.db import session
from app.workflow import cases, engine, instances, user_tasks
from app.workflow.deploying import definitions
from app.workflow.models import UserTask
from app.workflow.user_tasks import Answer
from tests.conftest import SHARED
from tests.engine.drawing import HEAD, NOW, end, many, path, process, start, user
from tests.integration.workflow.route import MORNING, notices_of

ASK = '<credit:candidates rule="user_of" value="person"/><credit:outcome id="agree"/><credit:outcome id="against"/>'
PEOPLE = '<bpmn:loopDataInputRef>people</bpmn:loopDataInputRef><bpmn:inputDataItem id="i" name="person"/>'
UNTIL_TWO = "<bpmn:completionCondition>nrOf_agree &gt;= 2</bpmn:completionCondition>"
NAMES = ["yanhui", "huaping", "taoran"]


class Signing:
    """A case that three people sign."""

    def __init__(self, staff, *, sequential: bool = False) -> None:
        self.staff = staff
        drawn = process(
            "signing",
            start("s"),
            user("sign", many(PEOPLE, UNTIL_TWO, sequential=sequential), config=ASK),
            user("file"),
            end("e"),
            path("s", "sign", "file", "e"),
        )
        (row,) = definitions.deploy(
            name=f"signing {uuid.uuid4()}",
            files={"signing/signing.bpmn": f"{HEAD}{drawn}</bpmn:definitions>".encode()},
            actor=SYSTEM,
            now=MORNING,
        )
        self.case = instances.start(
            key=row.key, person=staff.by_name["zhaomin"], now=MORNING, variables={"people": NAMES}
        )
        session.flush()

    def open(self) -> dict[str, UserTask]:
        tasks = [task for task in cases.open_tasks(self.case.id) if task.element_id == "sign"]
        return {self.staff.by_id[task.assignee_id].username: task for task in tasks}

    def sign(self, by: str, outcome: str) -> None:
        user_tasks.complete(
            task_id=self.open()[by].id, answer=Answer(outcome=outcome), person=self.staff.by_name[by], now=MORNING
        )
        session.flush()


@pytest.fixture
def signing(bank, staff) -> Iterator[Callable[..., Signing]]:
    yield lambda **more: Signing(staff, **more)
    db.session.rollback()
    db.session.remove()


def test_each_has_a_task_of_his_own_in_one_visit(signing):
    case = signing()
    assert set(case.open()) == set(NAMES)
    assert {task.round for task in case.open().values()} == {1}
    assert case.case.stations == ["sign"]
    assert case.case.visits["sign"]["n"] == 1


def test_when_the_condition_is_met_the_rest_is_overtaken_and_told(signing):
    case = signing()
    left = case.open()["taoran"]
    case.sign("yanhui", "agree")
    case.sign("huaping", "agree")
    assert (left.state, left.cancel_reason) == ("cancelled", "overtaken")
    assert "task_cancelled" in notices_of(case.staff.by_name["taoran"].id, case.case.id)
    assert case.case.stations == ["file"]
    assert case.case.variables["sign_answers"] == ["agree", "agree"]
    assert case.case.variables["sign_result"] == "agree"
    assert set(case.case.visits["sign"]["by"]) == {case.staff.by_name[n].id for n in ("yanhui", "huaping")}


def test_nobody_signs_for_another(signing):
    case = signing()
    with pytest.raises(Exception, match="held by"):
        user_tasks.complete(
            task_id=case.open()["yanhui"].id, answer=Answer("agree"), person=case.staff.by_name["huaping"], now=MORNING
        )


def test_one_after_the_other_each_is_asked_when_the_one_before_has_signed(signing):
    case = signing(sequential=True)
    for name in NAMES[:2]:
        assert list(case.open()) == [name]
        assert case.open()[name].round == 1
        case.sign(name, "against" if name == "yanhui" else "agree")
    assert list(case.open()) == ["taoran"]
    case.sign("taoran", "agree")
    assert case.case.variables["sign_result"] == "mixed"
    assert case.case.stations == ["file"]


@pytest.mark.parametrize(("folder", "name", "people"), [("chinese-approval", "meeting", "people")])
def test_a_diagram_somebody_else_drew_asks_everybody_in_its_list(shared, folder, name, people):
    (file,) = (SHARED / "bpmn" / folder).glob(f"*{name}.bpmn")
    found = engine.check({file.name: file.read_bytes()}, engine.Catalogue())
    serious = [f.code for f in found.findings if f.severity == "error"]
    if serious:
        pytest.skip(f"{file.name} can't be deployed as it is: {serious}")
    (definition,) = found.definitions
    lent = engine.Services(call=lambda *_: {})
    step = engine.start(definition, {people: ["a", "b", "c"]}, now=NOW, services=lent)
    for _ in range(9):
        several = [task for task in step.open if task.instance is not None]
        if several:
            break
        step = engine.complete(definition, step.state, step.open[0].id, {}, now=NOW, services=lent)
    assert [task.data["person"] for task in several] == ["a", "b", "c"]
