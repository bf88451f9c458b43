"""The pages of drafts: lists, files with their consequences, history and the way back, new processes that really work."""

import io
import re
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.audit.operations import SYSTEM
from app.kernel.clock import now
from app.kernel.db import session, transaction
from app.kernel.errors import Refusal
from app.studio import drafts
from app.studio.files import bundles, history
from app.studio.models import Draft, DraftContent, DraftFile, DraftRevision, DraftState
from app.workflow.deploying import definitions

KEY = "expense_declaration"


@pytest.fixture
def analyst(sign_in):
    return sign_in("qiyue")


@pytest.fixture
def draft_id(bank):
    with transaction():
        row = definitions.active(KEY)
        files = dict(definitions.load(row.id).files)
        made = drafts.begin(
            name=KEY, title="费用报销改版", files=files, actor=SYSTEM, now=now(), deployment_id=row.deployment_id
        )
        return made.id


def text(answer):
    assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
    return answer.get_data(as_text=True)


def newest_draft():
    return session.scalars(select(Draft).order_by(Draft.created_at.desc()).limit(1)).one()


def test_the_list_shows_drafts_by_state_and_finds_them(analyst, draft_id):
    assert "费用报销改版" in text(analyst.get("/studio/"))
    assert "费用报销改版" in text(analyst.get("/studio/?q=改版"))
    assert str(draft_id) not in text(analyst.get("/studio/?q=%25"))
    assert str(draft_id) not in text(analyst.get("/studio/?tab=discarded"))


def test_a_draft_is_put_away_and_taken_up_again(analyst, draft_id):
    analyst.post(f"/studio/drafts/{draft_id}/discard")
    assert str(draft_id) in text(analyst.get("/studio/?tab=discarded"))
    assert (
        analyst.post(f"/studio/drafts/{draft_id}/add", {"kind": "form", "title": "x", "key": "xx"}).status_code == 422
    )
    analyst.post(f"/studio/drafts/{draft_id}/take-up")
    with transaction():
        assert drafts.find(draft_id).state == DraftState.OPEN


def test_a_new_process_can_be_deployed_and_begun_as_it_is(analyst, bank):
    assert analyst.post("/studio/drafts/new", {"key": "pet_loan", "title": "宠物“贷款” <&>"}).status_code == 302
    with transaction():
        files = drafts.files_of(newest_draft())
        definitions.check(files)
        (made,) = definitions.deploy(name="pet_loan", files=files, actor=SYSTEM, now=now())
        assert made.name["zh_Hans"] == "宠物“贷款” <&>"
        from app.identity import queries as people
        from app.workflow import instances

        starter = people.person_by_username("zhaomin")
        case = instances.start(key="pet_loan", person=starter, now=now())
        assert case.stations == ["pet_loan_application"]


@pytest.mark.parametrize("key", ["", "Big", "1st", "a b", "a" * 61, "../x", "中文"])
def test_a_key_that_diagrams_could_not_name_is_refused(analyst, key):
    assert analyst.post("/studio/drafts/new", {"key": key, "title": "x"}).status_code == 422


@pytest.mark.parametrize("kind", ["diagram", "table", "form"])
def test_an_added_file_is_in_order_and_can_not_be_added_twice(analyst, draft_id, kind):
    fields = {"kind": kind, "title": "新的 <&>", "key": f"new_{kind}"}
    assert analyst.post(f"/studio/drafts/{draft_id}/add", fields).status_code == 302
    with transaction():
        definitions.check(drafts.files_of(drafts.find(draft_id)))
    assert analyst.post(f"/studio/drafts/{draft_id}/add", fields).status_code == 409


def test_a_form_that_is_called_otherwise_is_found_by_everything_that_names_it(analyst, draft_id):
    name = f"{KEY}/_declaration.form"
    page = text(analyst.get(f"/studio/drafts/{draft_id}/rename/{KEY}/payment.form"))
    assert "payment" in page
    analyst.post(f"/studio/drafts/{draft_id}/rename/{KEY}/payment.form", {"key": "disbursement"})
    with transaction():
        files = drafts.files_of(drafts.find(draft_id))
        assert f"{KEY}/payment.form" not in files
        assert b'form="expense_declaration/disbursement"' in files[f"{KEY}/{KEY}.bpmn"]
        definitions.check(files)
        assert name in files


def test_before_a_file_is_taken_out_it_is_said_what_needs_it(analyst, draft_id):
    page = text(analyst.get(f"/studio/drafts/{draft_id}/remove/{KEY}/expense_route.dmn"))
    assert "find_route" in page
    analyst.post(f"/studio/drafts/{draft_id}/remove/{KEY}/expense_route.dmn")
    with transaction():
        assert f"{KEY}/expense_route.dmn" not in drafts.files_of(drafts.find(draft_id))


def test_a_page_that_is_older_than_the_draft_overwrites_nothing(analyst, draft_id):
    page = text(analyst.get(f"/studio/drafts/{draft_id}/remove/{KEY}/payment.form"))
    base = re.search(r'name="base" value="([0-9a-f]{64})"', page)[1]
    analyst.post(f"/studio/drafts/{draft_id}/add", {"kind": "form", "title": "x", "key": "meanwhile"})
    late = analyst.post(f"/studio/drafts/{draft_id}/remove/{KEY}/payment.form", {"base": base})
    assert late.status_code == 409
    with transaction():
        assert f"{KEY}/payment.form" in drafts.files_of(drafts.find(draft_id))


def test_the_counts_of_findings_stand_at_the_files(analyst, draft_id):
    analyst.post(f"/studio/drafts/{draft_id}/remove/{KEY}/payment.form")
    page = text(analyst.get(f"/studio/drafts/{draft_id}/checked"))
    assert 'data-kind="danger"' in page


def test_going_back_is_a_new_revision_and_forgets_nothing(analyst, draft_id):
    analyst.post(f"/studio/drafts/{draft_id}/remove/{KEY}/payment.form")
    assert "payment.form" in text(analyst.get(f"/studio/drafts/{draft_id}/history"))
    assert "payment.form" in text(analyst.get(f"/studio/drafts/{draft_id}/history/1"))
    assert analyst.post(f"/studio/drafts/{draft_id}/history/1/restore").status_code == 302
    with transaction():
        draft = drafts.find(draft_id)
        assert draft.revision == 3
        assert drafts.files_of(draft) == drafts.files_of(draft, 1)
        assert f"{KEY}/payment.form" not in drafts.files_of(draft, 2)
    assert analyst.get(f"/studio/drafts/{draft_id}/history/99").status_code == 404


def test_an_earlier_diagram_can_be_looked_at_and_saved(analyst, draft_id):
    name = f"{KEY}/{KEY}.bpmn"
    assert "declaration" in text(analyst.get(f"/studio/drafts/{draft_id}/history/1/outline/{name}"))
    with transaction():
        content = drafts.files_of(drafts.find(draft_id), 1)[name]
    assert analyst.get(f"/studio/drafts/{draft_id}/history/1/files/{name}").data == content


def saved(draft_id, minutes_ago, content, *, note=None, who=SYSTEM):
    """A saving some time ago."""
    draft = drafts.find(draft_id)
    moment = now() - timedelta(minutes=minutes_ago)
    drafts.save(draft_id=draft_id, changes={"a/a.form": content}, base=draft.digest, actor=who, now=moment, note=note)
    session.execute(
        update(DraftRevision)
        .where(DraftRevision.draft_id == draft_id, DraftRevision.number == drafts.find(draft_id).revision)
        .values(made_at=moment)
    )


def test_old_automatic_savings_are_thinned_and_nothing_else(bank):
    day = 24 * 60
    with transaction():
        draft = drafts.begin(name="a", title="a", files={"a/a.form": b"0"}, actor=SYSTEM, now=now())
        began = (now().timestamp() // 600) * 600  # the ten minutes begin at whole ones
        offset = (now().timestamp() - began) / 60
        for i in range(20):
            saved(draft.id, 3 * day + offset - i * 0.3, b"old %d" % i)
        saved(draft.id, 3 * day - 120, b"named", note="before the holiday")
        for i in range(5):
            saved(draft.id, 60 - i * 0.1, b"young %d" % i)
    with transaction():
        assert history.thin(now()) == 19
        kept = [line.number for line in history.lines(drafts.find(draft.id))]
        assert kept == [27, 26, 25, 24, 23, 22, 21, 1]
        assert drafts.files_of(drafts.find(draft.id), 22) == {"a/a.form": b"named"}
        assert drafts.files_of(drafts.find(draft.id), 5) == {}
        contents = session.scalars(select(DraftContent.content)).all()
        assert b"old 3" not in contents
        assert b"old 19" in contents
        assert history.thin(now()) == 0


def test_what_was_published_is_never_thinned(bank):
    with transaction():
        row = definitions.active(KEY)
        files = dict(definitions.load(row.id).files)
        draft = drafts.begin(name=KEY, title="x", files={"a/a.form": b"0"}, actor=SYSTEM, now=now())
        moment = now() - timedelta(days=5)
        for changes in ({**files, "a/a.form": None}, {"a/a.form": b"1"}, {"a/a.form": b"2"}, {"a/a.form": b"3"}):
            drafts.save(draft_id=draft.id, changes=changes, base=draft.digest, actor=SYSTEM, now=moment)
        session.execute(update(DraftRevision).where(DraftRevision.draft_id == draft.id).values(made_at=moment))
    with transaction():
        history.thin(now())
        numbers = session.scalars(select(DraftRevision.number).where(DraftRevision.draft_id == draft.id)).all()
        assert sorted(numbers) == [1, 2, 4, 5]
        assert (
            session.scalar(select(DraftFile.name).where(DraftFile.draft_id == draft.id, DraftFile.number == 3)) is None
        )


def test_a_bundle_goes_out_and_comes_in_byte_for_byte(analyst, draft_id):
    packed = analyst.get(f"/studio/drafts/{draft_id}/bundle.zip").data
    answer = analyst.post(
        "/studio/bundles", {"bundle": (io.BytesIO(packed), "x.zip")}, content_type="multipart/form-data"
    )
    assert answer.status_code == 302
    with transaction():
        made = newest_draft()
        assert made.id != draft_id
        assert (made.name, made.title) == (KEY, "费用报销改版")
        assert drafts.files_of(made) == drafts.files_of(drafts.find(draft_id))
        assert made.digest == drafts.find(draft_id).digest


def zipped(entries):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no zip",
        zipped({}),
        zipped({"readme.txt": b"x"}),
        zipped({"../../etc/x.bpmn": b"x"}),
        zipped({"bomb.bpmn": b"0" * 3_000_000}),
        zipped({f"a/f{i}.form": b"x" for i in range(201)}),
        zipped({"a/a.bpmn": b"x"})[:-30],
    ],
    ids=["nothing", "text", "empty", "other_files", "leads_out", "bomb", "many", "cut_off"],
)
def test_what_is_no_bundle_is_refused(content):
    with pytest.raises(Refusal):
        bundles.unpacked(content)


def test_somebody_elses_zip_is_read_and_what_is_not_ours_left_out():
    found = bundles.unpacked(zipped({"loan/loan.bpmn": b"<x/>", "loan/README.md": b"hi"}))
    assert (found.name, dict(found.files), found.left_out) == ("loan", {"loan/loan.bpmn": b"<x/>"}, ("loan/README.md",))


def test_published_versions_are_shown_and_begun_from(analyst, bank):
    page = text(analyst.get("/studio/processes"))
    with transaction():
        row = definitions.active(KEY)
    assert f"/studio/processes/{row.id}" in page
    shown = text(analyst.get(f"/studio/processes/{row.id}"))
    assert "outline-declaration" in shown
    assert analyst.post(f"/studio/processes/{row.id}/draft").status_code == 302
    with transaction():
        made = newest_draft()
        assert made.deployment_id == row.deployment_id
        assert drafts.files_of(made) == definitions.load(row.id).files
    packed = analyst.get(f"/studio/processes/{row.id}/bundle.zip").data
    assert bundles.unpacked(packed).files == definitions.load(row.id).files


def test_bringing_a_version_back_prepares_a_draft_and_changes_nothing_by_itself(analyst, bank):
    with transaction():
        row = definitions.active(KEY)
    assert analyst.post(f"/studio/processes/{row.id}/restore").status_code == 302
    with transaction():
        assert definitions.active(KEY).id == row.id
        assert drafts.files_of(newest_draft()) == definitions.load(row.id).files


@pytest.mark.parametrize("name", [f"{KEY}.bpmn", "expense_route.dmn", "payment.form"])
def test_each_kind_of_file_is_put_on_paper(analyst, draft_id, name):
    answer = analyst.get(f"/studio/drafts/{draft_id}/export/pdf/{KEY}/{name}")
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF")


def test_a_diagram_is_drawn_and_a_form_has_no_picture(analyst, draft_id):
    answer = analyst.get(f"/studio/drafts/{draft_id}/export/svg/{KEY}/{KEY}.bpmn")
    assert answer.mimetype == "image/svg+xml"
    assert "填报费用" in answer.get_data(as_text=True)
    assert analyst.get(f"/studio/drafts/{draft_id}/export/svg/{KEY}/payment.form").status_code == 404


def test_the_outline_says_who_until_when_and_what_comes_next(analyst, draft_id):
    page = text(analyst.get(f"/studio/drafts/{draft_id}/outline/{KEY}/{KEY}.bpmn"))
    entry = page.partition('id="outline-declaration"')[2].partition("</li>\n  <li")[0]
    assert "填报费用" in entry
    assert "发起人" in entry
    assert "2 个工作日" in entry
    assert "员工" in entry
    assert 'href="#outline-declared"' in entry


def test_every_element_of_the_shelf_is_in_its_outline(bank):
    from app.studio.editors import outlines
    from app.studio.editors.diagrams import drawing

    def ids(entries):
        return [i for entry in entries for i in (entry.element, *ids(entry.inside))]

    with bank.app.test_request_context(), transaction():
        for key in ("credit_application", KEY):
            files = dict(definitions.load(definitions.active(key).id).files)
            drawn = drawing(files)
            for name in (name for name in files if name.endswith(".bpmn")):
                found = [i for outline in outlines.of_file(name, files) for i in ids(outline.entries)]
                every = [node.id for p in drawn.processes.values() if p.file == name for node in p.nodes]
                assert sorted(found) == sorted(every)


def test_the_outline_of_what_the_editor_holds_is_a_fragment(analyst, draft_id):
    with transaction():
        xml = drafts.files_of(drafts.find(draft_id))[f"{KEY}/{KEY}.bpmn"].decode().replace("填报费用", "填一填")
    headers = {"X-CSRFToken": analyst.token()}
    answer = analyst.http.post(f"/studio/drafts/{draft_id}/outline", data=xml.encode(), headers=headers)
    page = text(answer)
    assert "填一填" in page
    assert "<html" not in page
    by_json = {"file": f"{KEY}/{KEY}.bpmn", "xml": xml}
    assert text(analyst.http.post(f"/studio/drafts/{draft_id}/outline", json=by_json, headers=headers)) == page


@pytest.mark.parametrize("language", ["en", "zh_Hans", "zh_Hant"])
def test_every_page_opens_in_every_language(analyst, draft_id, language):
    analyst.post("/language", {"locale": language})
    for path in (
        "",
        "drafts/new",
        "processes",
        *(f"drafts/{draft_id}{more}" for more in ("", "?check=1", "/history", "/history/1")),
    ):
        assert text(analyst.get(f"/studio/{path}"))
    analyst.post("/language", {"locale": "zh_Hans"})


def test_who_may_only_look_sees_no_buttons_that_change(sign_in, draft_id):
    reader = sign_in("xieqian")
    for path in (f"drafts/{draft_id}", "", "processes", f"drafts/{draft_id}/history/1"):
        page = text(reader.get(f"/studio/{path}"))
        assert 'action="/studio/drafts' not in page.replace('action="/studio/" role="search"', "")
