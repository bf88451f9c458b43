"""What the diagram says of a process as a whole and of its papers: who may begin it, and who must bring what."""

from __future__ import annotations

from io import BytesIO

import pytest

from app.audit.operations import SYSTEM
from app.demo import desk, papers
from app.documents import operations as documents
from app.kernel.db import session
from app.kernel.errors import Forbidden, Refusal
from app.workflow import instances, user_tasks
from app.workflow.deploying import definitions
from app.workflow.engine import Catalogue
from app.workflow.user_tasks import Answer
from tests.engine import drawing as d
from tests.integration.workflow.route import CORPORATE, MORNING, RETAIL, Route


@pytest.fixture
def people(bank):
    definitions.load.cache_clear()
    yield desk.staff()
    session.rollback()
    session.remove()


def test_only_members_of_the_starters_groups_begin_a_case(people):
    with pytest.raises(Forbidden) as refused:
        instances.start(key="credit_application", person=people.by_name["zhouyan"], now=MORNING)
    assert refused.value.values == {"groups": "客户经理"}
    case = instances.start(key="credit_application", person=people.by_name["qianjin"], now=MORNING)
    assert case.state == "active"


def test_a_process_without_starters_is_begun_by_everybody(people):
    for username in ("zhouyan", "qianjin", "taoran"):
        assert instances.start(key="expense_declaration", person=people.by_name[username], now=MORNING).number


def test_the_start_page_offers_only_what_one_may_begin(sign_in):
    manager, clerk = sign_in("zhaomin").get("/start").text, sign_in("zhouyan").get("/start").text
    assert 'value="credit_application"' in manager
    assert 'value="credit_application"' not in clerk
    assert 'value="expense_declaration"' in manager
    assert 'value="expense_declaration"' in clerk


def test_a_program_is_refused_like_its_person(bank):
    from tests.integration.rest.kit import Program, refused, token_of

    clerk = Program(bank.app.test_client(), token_of("zhouyan"), "zhouyan")
    assert "客户经理" in refused(clerk.post("/process-definition/key/credit_application/start"), 403)
    assert clerk.do("/process-definition/key/expense_declaration/start")["businessKey"].startswith("ED-")


def drawing(starters: str) -> str:
    inside = d.extension(f"<credit:process {starters}/>"), d.start("begin"), d.user("work"), d.end("done")
    return d.process("p", *inside, d.path("begin", "work", "done"))


def test_starters_that_do_not_exist_or_are_misspelt_are_findings():
    known = {"groups": frozenset({"clerks"})}
    assert d.parsed(drawing('starters="clerks"'), **known).clean
    assert [f.code for f in d.parsed(drawing('starters="clerks nobody"'), **known).findings] == ["group_unknown"]
    assert [f.code for f in d.parsed(drawing('starter="clerks"'), **known).findings] == ["step_unknown"]


def test_starters_survive_storing():
    definition = d.defined(drawing('starters="clerks managers"'))
    assert type(definition).from_bytes(definition.to_bytes()).starters == ("clerks", "managers")
    assert Catalogue().groups is None


def bring(route: Route, *types: str) -> None:
    for key in types:
        documents.add_document(
            owner_type="case",
            owner_id=route.case.id,
            type_key=key,
            file_name=f"{key}.pdf",
            stream=BytesIO(papers.paper(key)),
            element_id="intake",
            actor=SYSTEM,
            now=route.now,
        )


ALWAYS = ("id_card", "credit_report_authorisation")


@pytest.mark.parametrize(
    ("facts", "own", "names"),
    [
        (RETAIL, ("income_proof",), "收入证明"),
        (
            CORPORATE,
            ("business_licence", "financial_statements", "collateral_papers"),
            "营业执照、财务报表、抵押物权证",
        ),
    ],
)
def test_the_papers_follow_what_is_entered_in_the_same_form(people, facts, own, names):
    route = Route(people, facts)
    bring(route, *ALWAYS)
    person, task = route.person("zhaomin"), route.task("intake")
    answer = Answer(outcome="submit", values=route.usual("intake"))
    with pytest.raises(Refusal) as refused:
        user_tasks.complete(task_id=task.id, answer=answer, person=person, now=route.later())
    assert refused.value.values == {"types": names}
    bring(route, *own)
    user_tasks.complete(task_id=task.id, answer=answer, person=person, now=route.later())
    assert route.stations == ["routing"]
