"""The designer's pages: every act is a revision under a guard of its own file; rights, texts, history, preview."""

from __future__ import annotations

import json
import re

import pytest

from app.audit.operations import SYSTEM
from app.demo.staff import STAFF
from app.kernel.clock import now
from app.kernel.db import reading, transaction
from app.studio import drafts
from app.studio.forms import form_history
from app.workflow.deploying import shelf
from config import ROOT

FILES = dict(shelf.folders(ROOT))["credit_application"]
PART, STEP = "credit_application/_customer.form", "credit_application/intake.form"
ANALYST = "qiyue"


@pytest.fixture
def draft(bank):
    """The id of a fresh draft of the credit route."""
    with transaction():
        return drafts.begin(name="credit_application", title="授信", files=FILES, actor=SYSTEM, now=now()).id


@pytest.fixture
def analyst(sign_in):
    return sign_in(ANALYST)


def files_now(draft):
    with reading():
        return drafts.files_of(drafts.find(draft))


def revision(draft):
    with reading():
        return drafts.find(draft).revision


def do(client, draft, name=PART, *, base=None, page="form", **data):
    """Send an act as the page does."""
    data["base"] = form_history.digest_of(files_now(draft)[name]) if base is None else base
    return client.post(f"/studio/drafts/{draft}/{page}/{name}", data)


def keys_in(draft, name=PART):
    return re.findall(r'"key": "(\w+)"', files_now(draft)[name].decode())


def test_the_page_shows_the_parts_the_properties_and_what_can_be_added(analyst, draft):
    page = analyst.get(f"/studio/drafts/{draft}/form/{PART}?at=0.2").get_data(as_text=True)
    assert 'aria-current="true"' in page
    assert 'value="id_number"' in page
    assert page.count('name="act" value="add:') == 15
    assert 'value="customer.id_number" selected' in page
    assert "customer_kind = &#34;individual&#34;" in page


def test_an_act_is_one_revision_and_leads_back_to_what_was_made(analyst, draft):
    answer = do(analyst, draft, act="add:date", at="0.2")
    assert answer.status_code == 303
    assert "at=0.3" in answer.headers["Location"]
    assert revision(draft) == 2
    assert keys_in(draft)[4] == "date"
    assert analyst.get(answer.headers["Location"]).status_code == 200


def test_a_key_that_another_shown_part_uses_is_not_given_to_a_new_field(analyst, draft):
    do(analyst, draft, act="add:textfield", at="0.2")
    do(analyst, draft, STEP, act="add:textfield", at="")
    assert "textfield_2" in keys_in(draft, STEP)


def test_saving_over_a_form_that_changed_since_is_refused_and_says_who(analyst, draft):
    old = form_history.digest_of(files_now(draft)[PART])
    do(analyst, draft, act="change", at="0.1", **{"label.en": "Hers"})
    answer = do(analyst, draft, act="change", at="0.1", base=old, **{"label.en": "His"})
    assert answer.status_code == 409
    assert "戚悦" in answer.get_data(as_text=True)
    assert b"Hers" in files_now(draft)[PART]
    assert b"His" not in files_now(draft)[PART]


def test_work_on_another_file_of_the_draft_is_not_in_the_way(analyst, draft):
    base = form_history.digest_of(files_now(draft)[PART])
    do(analyst, draft, STEP, act="add:date", at="")
    assert do(analyst, draft, act="add:date", at="", base=base).status_code == 303


def test_a_new_key_is_followed_by_the_forms_that_name_it(analyst, draft):
    do(analyst, draft, act="change", at="0.0", key="client_kind")
    now_ = files_now(draft)
    assert b'"client_kind": "required"' in now_[STEP]
    assert b'client_kind = \\"individual\\"' in now_[PART]
    assert b"customer_kind" not in now_["credit_application/routing.form"]
    assert revision(draft) == 2


def test_history_goes_back_and_forward_and_gives_the_bytes_back(analyst, draft):
    do(analyst, draft, act="delete", at="0.0")
    changed = files_now(draft)[PART]
    do(analyst, draft, page="form-step", act="back")
    assert files_now(draft)[PART] == FILES[PART]
    assert do(analyst, draft, page="form-step", act="back").status_code == 422
    do(analyst, draft, page="form-step", act="forward")
    assert files_now(draft)[PART] == changed
    assert do(analyst, draft, page="form-step", act="forward").status_code == 422


def test_after_going_back_a_new_act_forgets_what_was_ahead(analyst, draft):
    do(analyst, draft, act="delete", at="0.0")
    do(analyst, draft, page="form-step", act="back")
    do(analyst, draft, act="delete", at="0.1")
    assert do(analyst, draft, page="form-step", act="forward").status_code == 422


def test_the_grid_says_what_holds_on_each_step_and_sets_one_word(analyst, draft):
    page = analyst.get(f"/studio/drafts/{draft}/form/{PART}?view=rights&steps=credit_application/intake").get_data(
        as_text=True
    )
    assert 'data-holds="required" data-stated="required"' in page
    sent = {"step": "credit_application/intake", "row": "address", "view": "rights"}
    base = form_history.digest_of(FILES[STEP])
    answer = analyst.post(f"/studio/drafts/{draft}/form-right/{PART}", {**sent, "right": "hidden", "base": base})
    assert answer.status_code == 303
    assert json.loads(files_now(draft)[STEP])["access"]["address"] == "hidden"
    stale = analyst.post(f"/studio/drafts/{draft}/form-right/{PART}", {**sent, "right": "read", "base": base})
    assert stale.status_code == 409
    base = form_history.digest_of(files_now(draft)[STEP])
    analyst.post(f"/studio/drafts/{draft}/form-right/{PART}", {**sent, "right": "", "base": base})
    assert "address" not in json.loads(files_now(draft)[STEP])["access"]


@pytest.mark.parametrize(("row", "right"), [("address", "everything"), ("<b>", "read"), ("a" * 70, "read")])
def test_a_right_that_is_none_is_refused(analyst, draft, row, right):
    sent = {
        "step": "credit_application/intake",
        "row": row,
        "right": right,
        "base": form_history.digest_of(FILES[STEP]),
    }
    assert analyst.post(f"/studio/drafts/{draft}/form-right/{PART}", sent).status_code == 422
    assert files_now(draft)[STEP] == FILES[STEP]


def test_one_text_of_the_table_of_texts_is_changed(analyst, draft):
    do(
        analyst,
        draft,
        act="text",
        at="0.0",
        property="values.1",
        **{"text.en": "Company", "text.zh_Hans": "公司", "text.zh_Hant": "公司"},
    )
    assert b'{"value": "enterprise", "label": {"en": "Company", "zh_Hans": "\xe5\x85\xac' in files_now(draft)[PART]
    page = analyst.get(f"/studio/drafts/{draft}/form/{PART}?view=texts").get_data(as_text=True)
    assert 'value="Company"' in page


def test_what_is_wrong_stands_at_the_component_and_in_forms_that_show_it(analyst, draft):
    do(analyst, draft, act="change", at="0.0", visible="nothing_known = 1")
    page = analyst.get(f"/studio/drafts/{draft}/form/{PART}?at=0.0").get_data(as_text=True)
    assert "prop-visible-findings" not in page  # a part may read what the including form brings
    assert "nothing_known" in page
    intake = analyst.get(f"/studio/drafts/{draft}/form/{STEP}").get_data(as_text=True)
    assert "nothing_known" in intake
    do(analyst, draft, act="change", at="0.0", visible="nothing_known = (")
    assert "prop-visible-findings" in analyst.get(f"/studio/drafts/{draft}/form/{PART}?at=0.0").get_data(as_text=True)


def test_a_file_that_is_no_form_is_shown_as_text_and_can_be_mended_there(analyst, draft):
    with transaction():
        found = drafts.find(draft)
        drafts.save(draft_id=draft, changes={PART: b"{ broken"}, base=found.digest, actor=SYSTEM, now=now())
    page = analyst.get(f"/studio/drafts/{draft}/form/{PART}").get_data(as_text=True)
    assert "{ broken</textarea>" in page
    refused = do(analyst, draft, page="form-text", text="{ broken again")
    assert refused.status_code == 422
    assert do(analyst, draft, page="form-text", text=FILES[PART].decode()).status_code == 303
    assert files_now(draft)[PART] == FILES[PART]


def test_the_picture_is_what_the_step_shows_in_any_language_and_refuses_what_the_step_would(analyst, draft):
    address = f"/studio/drafts/{draft}/form-preview/{STEP}?language=en"
    page = analyst.get(address)
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" not in page.headers["Content-Security-Policy"]
    assert "Kind of customer" in page.get_data(as_text=True)
    checked = analyst.post(address, {"check": "1", "customer_kind": "enterprise"}).get_data(as_text=True)
    assert "error-summary" in checked
    assert 'id="field-credit_code"' in checked
    assert 'id="field-id_number"' not in checked


def test_a_form_that_can_not_be_drawn_says_why_in_its_picture(analyst, draft):
    do(analyst, draft, act="change", at="0.0", visible="(")
    page = analyst.get(f"/studio/drafts/{draft}/form-preview/{STEP}").get_data(as_text=True)
    assert "表单暂时无法显示" in page
    assert "无法解析" in page


def test_who_may_only_look_and_who_looks_at_a_closed_draft_sees_it_and_changes_nothing(sign_in, analyst, draft):
    with transaction():
        drafts.discard(draft_id=draft, actor=SYSTEM, now=now())
    page = analyst.get(f"/studio/drafts/{draft}/form/{PART}?at=0.0").get_data(as_text=True)
    assert "data-read-only" in page
    assert 'name="act" value="add:' not in page
    assert do(analyst, draft, act="add:date", at="").status_code == 422
    assert do(sign_in("zhaomin"), draft, act="add:date", at="").status_code == 403
    assert files_now(draft)[PART] == FILES[PART]


@pytest.mark.parametrize("name", ["credit_application/nothing.form", "credit_application/pre_check.dmn", "x"])
def test_what_is_no_form_of_the_draft_is_not_there(analyst, draft, name):
    assert analyst.get(f"/studio/drafts/{draft}/form/{name}").status_code == 404
    assert analyst.get(f"/studio/drafts/{draft}/form-preview/{name}").status_code == 404 or name.endswith(".dmn")


def test_every_form_of_the_shelf_can_be_opened_in_every_view(analyst, draft):
    for name in sorted(FILES):
        if name.endswith(".form"):
            for view in ("design", "rights", "texts", "source"):
                assert analyst.get(f"/studio/drafts/{draft}/form/{name}?view={view}").status_code == 200, (name, view)


def test_the_demo_has_an_analyst():
    assert any(member.username == ANALYST and "analyst" in member.roles for member in STAFF)
