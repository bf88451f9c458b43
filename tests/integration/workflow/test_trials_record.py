"""A finished case read off the record and walked again over its own version: every mark is where it was, whatever happened."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from app.audit.operations import SYSTEM
from app.kernel.db import session
from app.workflow import instances, registry, user_tasks
from app.workflow.committees import conditions
from app.workflow.committees.votes import Choice
from app.workflow.deploying import definitions
from app.workflow.models import ProcessInstance
from app.workflow.moves import reconsiderations, restoring
from app.workflow.rules import Verb
from app.workflow.trials import record
from app.workflow.trials.deeds import Kind, Life
from app.workflow.trials.walking import walk
from app.workflow.trials.walks import Ground, Walked
from app.workflow.trials.ways import marks_of
from app.workflow.user_tasks import Answer
from tests.engine import drawing as d
from tests.integration.rest import small_loan
from tests.integration.rest.small_loan import candidates, outcome
from tests.integration.workflow.route import CORPORATE, EXPENSE, MORNING, Route

REVIEW = "pre_committee_review"
CHIEF = "jiangshan"


def life_of(case: ProcessInstance) -> Life:
    """The case as its deeds."""
    session.flush()
    found = record.one(case.id, frozenset())
    assert found is not None, "the case has not ended"
    assert isinstance(found[0], Life)
    return found[0]


def must_replay(case: ProcessInstance) -> tuple[Life, Walked]:
    """Walk the case over its own version: the same marks, the same end, nothing left out, nobody asked for an assumption."""
    case_id, definition_id = case.id, case.definition_id
    life = life_of(case)
    assert case_id == uuid.UUID(life.id)
    compiled = definitions.load(definition_id).compiled
    walked = walk(Ground(compiled), life.deeds, lambda step: pytest.fail(f"assumed at {step.element_id}"))
    assert walked.marks == marks_of(life.deeds)
    assert (walked.end, walked.fault, walked.left_out) == (life.outcome, None, ())
    return life, walked


def approved(route: Route) -> None:
    route.finish()


def refused_by_the_review(route: Route) -> None:
    route.go_to(REVIEW).do(REVIEW, "refuse")


def refused_by_the_committee(route: Route) -> None:
    route.go_to("credit_committee")
    vote(route, "credit_committee", Choice.DISAGREE)
    route.finish()


def approved_with_conditions(route: Route) -> None:
    route.go_to("final_approval").do(
        "final_approval", "conditional", conditions=[{"condition": "先办妥抵押登记", "stage": "before_contract"}]
    )
    boss = route.person("jiangshan")
    for one in conditions.unmet(route.case.id):
        conditions.waive(condition_id=one.id, reason="已另行落实", person=boss, now=route.later())
    route.do("conditions_release")


def returned_step_by_step(route: Route) -> None:
    route.go_to(REVIEW).send_back(REVIEW, "retail_document_check")
    route.finish()


def returned_and_straight_back(route: Route) -> None:
    route.go_to(REVIEW).send_back(REVIEW, "retail_phone_check", "straight")
    route.do("retail_phone_check")
    assert route.stations == [REVIEW]
    route.finish()


def returned_and_a_value_changed_the_way(route: Route) -> None:
    route.go_to(REVIEW).send_back(REVIEW, "intake", "straight")
    route.do("intake", debt_ratio=50)
    assert route.stations != [REVIEW]
    route.finish()


def given_back_to_the_leader(route: Route) -> None:
    route.go_to("retail_conclusion").do("retail_conclusion", "return_to_leader")
    route.finish()


def taken_back_by_who_did_it(route: Route) -> None:
    route.go_to(REVIEW)
    done = route.visits("submission")[-1].completed_by
    route.act(Verb.WITHDRAW, by=route.staff.by_id[done].username)
    assert route.stations == ["submission"]
    route.finish()


def recalled_by_the_initiator(route: Route) -> None:
    route.go_to("retail_phone_check")
    route.act(Verb.RECALL, by="zhaomin")
    route.finish()


def given_up(route: Route) -> None:
    route.go_to("retail_face_signing")
    route.act(Verb.GIVE_UP, by="zhaomin")


def terminated(route: Route) -> None:
    route.go_to(REVIEW)
    route.act(Verb.TERMINATE, by=CHIEF)


def skipped(route: Route) -> None:
    route.go_to(REVIEW)
    route.act(Verb.SKIP, REVIEW, by=CHIEF, outcome="approve")
    route.finish()


def jumped(route: Route) -> None:
    route.go_to(REVIEW)
    route.act(Verb.JUMP, by=CHIEF, target="assignment")
    route.finish()


def suspended_and_resumed(route: Route) -> None:
    route.go_to(REVIEW)
    route.act(Verb.SUSPEND, by=CHIEF)
    route.act(Verb.RESUME, by=CHIEF)
    route.finish()


def rewound(route: Route) -> None:
    route.go_to("retail_phone_check")
    seq = route.case.events
    route.go_to(REVIEW)
    session.flush()
    person = route.person(CHIEF)
    restoring.restore(instance_id=route.case.id, seq=seq, reason="录入有误。", person=person, now=route.later())
    session.flush()
    assert route.stations == ["retail_phone_check"]
    route.finish()


def reconsidered(route: Route) -> None:
    refused_by_the_committee(route)
    person = route.person("zhaomin")
    reconsiderations.ask(instance_id=route.case.id, facts="新增抵押物。", person=person, now=route.later())
    session.flush()
    route.finish()


def an_added_person_was_heard_first(route: Route) -> None:
    route.go_to(REVIEW)
    holder = route.holder(REVIEW).username
    route.act(Verb.ADD_SIGNER, REVIEW, by=holder, people=("caoying",), place="after", reason="请会签")
    route.do(REVIEW, "approve")
    route.act(Verb.ANSWER, route.signer("caoying"), by="caoying", outcome="agree", note="意见如上")
    assert route.stations == ["credit_committee"]
    route.finish()


RETAIL_LIVES = [
    approved,
    refused_by_the_review,
    refused_by_the_committee,
    approved_with_conditions,
    returned_step_by_step,
    returned_and_straight_back,
    returned_and_a_value_changed_the_way,
    given_back_to_the_leader,
    taken_back_by_who_did_it,
    recalled_by_the_initiator,
    given_up,
    terminated,
    skipped,
    jumped,
    suspended_and_resumed,
    rewound,
    reconsidered,
    an_added_person_was_heard_first,
]


@pytest.mark.parametrize("lived", RETAIL_LIVES, ids=lambda lived: lived.__name__)
def test_a_case_gives_its_own_record_back(start, lived):
    route = start()
    lived(route)
    must_replay(route.case)


@pytest.mark.parametrize("redo", [False, True])
def test_a_return_into_parallel_branches_gives_its_own_record_back(start, redo):
    route = start(CORPORATE).go_to("corporate_conclusion")
    route.send_back("corporate_conclusion", "corporate_site_visit", redo=redo)
    assert len(route.stations) == 1 + redo
    route.finish()
    life, _ = must_replay(route.case)
    assert "risk_committee" in [deed.station for deed in life.deeds]


def test_a_declaration_that_came_back_gives_its_own_record_back(start):
    route = start(EXPENSE, by="zhaomin").go_to("supervisor_approval")
    route.do("supervisor_approval", "refuse")
    route.go_to("supervisor_approval").finish()
    must_replay(route.case)


def test_a_message_is_given_again_with_what_it_brought(start, staff):
    definitions.deploy(name=small_loan.KEY, files=small_loan.files(), actor=SYSTEM, now=MORNING)
    for source, end in (("bank", "paid"), ("none", "no_funds")):
        route = started(staff, small_loan.KEY)
        hand_in(route, "apply", amount=5)
        route.claim("review", "zhouyan")
        hand_in(route, "review", "approve", by="zhouyan")
        vote(route, "committee", Choice.AGREE)
        instances.correlate(
            message="funds_ready",
            number=route.case.number,
            variables={"funds_source": source},
            actor=SYSTEM,
            now=route.later(),
        )
        session.flush()
        if source == "bank":
            hand_in(route, "payout")
        life, walked = must_replay(route.case)
        assert walked.end == end
        assert [deed.values for deed in life.deeds if deed.kind is Kind.MESSAGE] == [{"funds_source": source}]


@pytest.mark.parametrize("late", [False, True])
def test_a_clock_rings_again_where_it_rang(start, staff, late):
    deploy("timed", d.user("answer"), d.boundary("too_late", "answer", d.timer('"PT2H"')), d.user("remind"), d.end("e"),
           d.end("f"), d.path("s", "answer", "e"), d.path("too_late", "remind", "f"))  # fmt: skip
    route = started(staff, "timed")
    if late:
        instances.tick(instance_id=route.case.id, now=route.later(timedelta(hours=3)))
        session.flush()
    hand_in(route, "remind" if late else "answer")
    life, _ = must_replay(route.case)
    assert (Kind.TIMER in [deed.kind for deed in life.deeds]) is late


def test_a_case_that_stood_still_has_its_clocks_put_off_again(start, staff):
    deploy("timed", d.user("answer"), d.boundary("too_late", "answer", d.timer('"PT2H"')), d.user("remind"), d.end("e"),
           d.end("f"), d.path("s", "answer", "e"), d.path("too_late", "remind", "f"))  # fmt: skip
    route = started(staff, "timed")
    route.act(Verb.SUSPEND, by=CHIEF)
    route.later(timedelta(hours=5))
    route.act(Verb.RESUME, by=CHIEF)
    hand_in(route, "answer")
    life, walked = must_replay(route.case)
    assert walked.end == "e"
    assert [deed.by > timedelta(hours=5) for deed in life.deeds if deed.kind is Kind.POSTPONE] == [True]


@pytest.fixture
def bureau() -> Iterator[list[int]]:
    """A service that gives another score each time it is called."""
    calls: list[int] = []

    def ask(case: registry.CaseContext, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        calls.append(7)
        return {"score": 7 - len(calls)}

    registry.delegate("test.score")(ask)
    yield calls
    registry._delegates.pop("test.score")


@pytest.mark.parametrize("mode", ["", 'async="true"'])
def test_a_service_gives_what_it_gave_and_is_not_called(start, staff, bureau, mode):
    deploy("scored", d.service("ask", "test.score", mode), d.xor("good", default="good_to_look"), d.user("look"),
           d.user("pay"), d.end("e"), d.path("s", "ask", "good"), d.flow("good", "look"), d.flow("good", "pay", "score = 6"),
           d.path("look", "e"), d.path("pay", "e"))  # fmt: skip
    route = started(staff, "scored")
    if mode:
        (waiting,) = [s.task_id for s in look(route.case).put_off]
        instances.serve(instance_id=route.case.id, engine_id=waiting, now=route.later(), is_last=True)
        session.flush()
    hand_in(route, "pay")
    life, walked = must_replay(route.case)
    assert (bureau, walked.variables["score"]) == ([7], 6)
    assert [deed.served for deed in life.deeds if deed.served] == [{"test.score": {"score": 6}}]


def test_people_asked_one_by_one_answer_again_each_his_own(start, staff):
    ask = candidates("user_of", "person") + outcome("agree", "approve") + outcome("against", "refuse")
    people = '<bpmn:loopDataInputRef>people</bpmn:loopDataInputRef><bpmn:inputDataItem id="i" name="person"/>'
    until = "<bpmn:completionCondition>nrOf_agree &gt;= 2</bpmn:completionCondition>"
    deploy("signed", d.user("sign", d.many(people, until), config=ask), d.user("file"), d.end("e"),
           d.path("s", "sign", "file", "e"))  # fmt: skip
    route = started(staff, "signed", people=["yanhui", "huaping", "taoran"])
    for name, chosen in (("taoran", "against"), ("yanhui", "agree"), ("huaping", "agree")):
        (task,) = [t for t in route.open() if t.assignee_id == route.person(name).id]
        user_tasks.complete(
            task_id=task.id, answer=Answer(outcome=chosen), person=route.person(name), now=route.later()
        )
        session.flush()
    hand_in(route, "file")
    _, walked = must_replay(route.case)
    assert walked.variables["sign_answers"] == ["agree", None, "agree"] or len(walked.variables["sign_answers"]) >= 2


@pytest.mark.parametrize("then", ["end", "initiator", "previous", "second"])
def test_a_refusal_that_leads_elsewhere_does_so_again(start, staff, then):
    refusal = f'<credit:outcome id="refuse" kind="refuse" then="{then}"/>'
    judge = candidates("initiator") + outcome("approve", "approve") + refusal
    deploy("sent", d.user("first"), d.user("second"), d.user("judge", config=judge), d.end("e"),
           d.path("s", "first", "second", "judge", "e"))  # fmt: skip
    route = started(staff, "sent")
    for station in ("first", "second"):
        hand_in(route, station)
    hand_in(route, "judge", "refuse")
    while route.stations:
        hand_in(route, route.stations[0], "approve" if route.stations == ["judge"] else None)
    _, walked = must_replay(route.case)
    assert walked.end == ("refused" if then == "end" else "e")


def started(staff, key: str, **variables: Any) -> Route:
    """A case of a small process, begun by zhaomin."""
    route = Route.__new__(Route)
    route.staff, route.now = staff, MORNING
    route.case = instances.start(key=key, person=staff.by_name["zhaomin"], now=MORNING, variables=variables)
    session.flush()
    return route


def vote(route: Route, station: str, choice: Choice) -> None:
    """Ballots of the members, one after the other, until the vote is closed."""
    while station in route.stations:
        route.vote(station, choice)


def hand_in(route: Route, station: str, chosen: str | None = None, *, by: str = "zhaomin", **values: Any) -> None:
    """Complete a station with these values."""
    answer = Answer(outcome=chosen, opinion="同意。", values=values)
    user_tasks.complete(task_id=route.task(station).id, answer=answer, person=route.person(by), now=route.later())
    session.flush()


def deploy(key: str, *inside: str) -> None:
    """A process that begins at `s`."""
    drawn = d.document(d.process(key, d.start("s"), *inside))
    definitions.deploy(name=f"{key} {uuid.uuid4()}", files={f"{key}/{key}.bpmn": drawn}, actor=SYSTEM, now=MORNING)


def look(case: ProcessInstance) -> Any:
    """The engine's view of a case."""
    from app.workflow import engine

    return engine.look(definitions.load(case.definition_id).compiled, case.blob, now=MORNING)


def test_a_case_that_has_not_ended_is_not_read(start):
    route = start()
    assert record.one(route.case.id, frozenset()) is None
