"""The pages of the import: files chosen, questions answered on one page, a draft made of it, and nothing before that."""

import io
import zipfile

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.audit.operations import SYSTEM
from app.kernel.clock import now
from app.kernel.db import reading, session, transaction
from app.studio import drafts
from app.studio.files import imports
from app.studio.files.import_models import DiagramImport, ImportState
from app.studio.models import Draft
from app.workflow.deploying import definitions
from tests.importing.kit import file, flow

LEAVE = file(
    '<laneSet id="ls"><lane id="l" name="Accounting"><flowNodeRef>a</flowNodeRef></lane></laneSet>',
    '<startEvent id="s"/><userTask id="a" name="Check"/><exclusiveGateway id="g" name="Well?"/><task id="b" name="Pay"/>',
    '<endEvent id="e"/>', flow("s", "a"), flow("a", "g"), flow("g", "b", name="yes"), flow("g", "e", name="no"), flow("b", "e"),
    process='id="leave" name="Leave"',
)  # fmt: skip


def upload(client, *files):
    """Put files in; the answer."""
    given = [(io.BytesIO(content), name) for name, content in files]
    return client.post("/studio/import", data={"files": given}, content_type="multipart/form-data")


def entries_of(made):
    """The form of the questions page with the proposals in it."""
    found = {}
    for number, question in enumerate(made.questions, start=1):
        found[f"q{number}"] = question.id
        found |= {f"q{number}.{entry.name}": entry.proposed for entry in question.entries}
    return found


def newest():
    return session.scalars(select(DiagramImport).order_by(DiagramImport.created_at.desc())).first()


def test_an_analyst_brings_a_diagram_in_answers_and_makes_a_draft(bank, sign_in):
    client = sign_in("qiyue")
    place = upload(client, ("leave.bpmn", LEAVE)).location
    page = client.get(place, headers={"Accept-Language": "en"}).text
    assert "Who says which way to go at “Well?”?" in page or "“Well?”走哪条路由谁决定？" in page
    assert client.post(f"{place}/draft").status_code == 422
    with reading():
        made = imports.made_of(newest())
    client.post(place, data=entries_of(made))
    assert "studio/import" in place
    answer = client.post(f"{place}/draft")
    assert answer.status_code == 302
    with reading():
        row = newest()
        assert row.state == ImportState.DRAFTED
        draft = session.get(Draft, row.draft_id)
        files = drafts.files_of(draft)
        assert set(files) == {"leave/leave.bpmn"}
        assert [d.key for d in definitions.check(files).definitions] == ["leave"]
        verbs = set(session.scalars(select(AuditEntry.verb).where(AuditEntry.object_id == str(row.id))))
        assert verbs == {"begin_import", "answer_import"}


def test_nothing_becomes_a_draft_while_a_question_is_open_and_a_wrong_answer_counts_as_none(bank):
    with transaction():
        row = imports.begin(files={"leave.bpmn": LEAVE}, actor=SYSTEM, now=now())
        made = imports.made_of(row)
        answers = {q.id: {e.name: e.proposed for e in q.entries} for q in made.questions}
        way = next(q.id for q in made.questions if q.kind == "way")
        answers[way] = {"what": "nonsense"}
        imports.answer(import_id=row.id, answers=answers, actor=SYSTEM, now=now())
        assert [q.kind for q in imports.made_of(row).open_questions] == ["way"]
        with pytest.raises(imports.StillAsked):
            imports.make_draft(import_id=row.id, actor=SYSTEM, now=now())
        imports.answer(import_id=row.id, answers={way: {"what": "person"}}, actor=SYSTEM, now=now())
        assert imports.findings(imports.made_of(row)) == ()
        assert imports.make_draft(import_id=row.id, actor=SYSTEM, now=now()).name == "leave"
        with pytest.raises(imports.ImportClosed):
            imports.answer(import_id=row.id, answers={}, actor=SYSTEM, now=now())


def test_the_group_of_a_lane_of_the_same_name_is_proposed_and_the_picture_is_there(bank, sign_in):
    client = sign_in("qiyue")
    place = upload(client, ("leave.bpmn", LEAVE)).location
    with reading():
        lane = next(q for q in imports.made_of(newest()).questions if q.kind == "lane")
    assert lane.entries[0].proposed == "group:accounting"
    picture = client.get(f"{place}/pictures/1")
    assert picture.mimetype == "application/xml"
    assert b"BPMNShape" in picture.data
    assert client.get(f"{place}/pictures/2").status_code == 404


def test_an_archive_is_opened_and_what_is_no_diagram_is_refused_by_its_name(bank, sign_in):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("in/leave.bpmn", LEAVE)
        archive.writestr("readme.txt", "no")
    client = sign_in("qiyue")
    page = client.get(upload(client, ("all.zip", packed.getvalue()), ("page.xml", b"<html/>")).location).text
    assert "leave.bpmn" in page
    assert "HTML" in page
    assert upload(client).status_code == 422


def test_a_broken_archive_and_names_with_signs_do_no_harm(bank, sign_in):
    client = sign_in("qiyue")
    for name, content in (("x.zip", b"PK\x03\x04broken"), ("<script>.bpmn", LEAVE), ("../../etc/passwd", b"root")):
        page = client.get(upload(client, (name, content)).location)
        assert page.status_code == 200
        assert "<script>.bpmn" not in page.text


def test_an_import_can_be_put_away_and_others_may_only_look(bank, sign_in):
    client = sign_in("qiyue")
    place = upload(client, ("leave.bpmn", LEAVE)).location
    assert client.get("/studio/import").text.count("leave") >= 1
    assert sign_in("zhaomin").get(place).status_code == 403
    assert client.post(f"{place}/discard").status_code == 302
    with reading():
        assert newest().state == ImportState.DISCARDED
