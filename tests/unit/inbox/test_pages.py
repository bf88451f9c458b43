"""The staff's pages, drawn from sample values: what is offered to whom, and that it works without script."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask, render_template

from app.inbox.case_record import Item
from tests.pages import page_app
from tests.unit.inbox import samples

LANGUAGES = ("en", "zh_Hans", "zh_Hant")


@pytest.fixture(scope="module")
def app() -> Flask:
    """The pages without a bank."""
    return page_app()


def drawn(app: Flask, template: str, address: str = "/?lang=en", **context: object) -> str:
    """A page as the browser gets it."""
    with app.test_request_context(address):
        return render_template(template, **context)


def forms_to(html: str, verb: str) -> list[str]:
    """The forms that post to a task's verb."""
    return re.findall(rf'<form[^>]*action="/tasks/[^"]*/{verb}".*?</form>', html, flags=re.DOTALL)


@pytest.mark.parametrize("tab", ["todo", "pool", "done", "started", "copied"])
@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_list_is_drawn_in_every_language_full_and_empty(app: Flask, tab: str, locale: str) -> None:
    for rows in ([], samples.list_page()["rows"]):
        html = drawn(app, "inbox/list.html", f"/?lang={locale}", **samples.list_page(tab, rows=rows))
        assert ("data-table" in html) == bool(rows)
        assert ('class="empty"' in html) == (not rows)


def test_a_task_of_the_pool_is_claimed_by_a_form_of_its_own(app: Flask) -> None:
    html = drawn(app, "inbox/list.html", **samples.list_page("pool"))
    claims = forms_to(html, "claim")
    assert len(claims) == len(samples.list_page()["rows"])
    assert all('name="csrf_token"' in form and 'data-row-key="c"' in form for form in claims)


def test_a_task_that_may_not_be_claimed_offers_no_claim_and_no_tick_box(app: Flask) -> None:
    html = drawn(app, "inbox/list.html", **samples.list_page("pool", rows=[samples.row(1, can_claim=False)]))
    assert forms_to(html, "claim") == []
    assert 'name="task_ids"' not in html


def test_what_i_hold_is_given_back_with_one_press_and_a_vote_is_not(app: Flask) -> None:
    mine, ballot = samples.row(1, can_claim=False), samples.row(2, can_claim=False, is_vote=True)
    html = drawn(app, "inbox/list.html", **samples.list_page("todo", rows=[mine, ballot]))
    assert len(forms_to(html, "release")) == 1
    assert 'data-row-key="r"' in html


def test_a_filter_can_be_kept_and_cleared(app: Flask) -> None:
    page = samples.list_page("todo", filter=replace(samples.list_page()["filter"], due="overdue", sort="due"))
    html = drawn(app, "inbox/list.html", **page)
    kept = re.search(r'<form[^>]*action="/inbox/todo/view".*?</form>', html, flags=re.DOTALL)
    assert kept
    assert 'name="due" value="overdue"' in kept[0]
    assert 'href="?all=1"' in html


def test_the_holder_gets_one_form_with_every_outcome_and_a_draft(app: Flask) -> None:
    html = drawn(app, "inbox/case.html", **samples.case_page())
    assert html.count('id="task-form"') == 1
    for outcome in samples.OUTCOMES:
        assert re.search(rf'name="outcome" value="{outcome.id}"[^>]*form="task-form"', html)
    assert 'name="seen" value="abc"' in html
    assert 'formaction="/tasks/' in html
    assert "data-autosave" in html


def test_only_a_refusal_asks_before_it_is_sent(app: Flask) -> None:
    html = drawn(app, "inbox/case.html", **samples.case_page())
    asking = re.findall(r'<button[^>]* name="outcome" value="(\w+)"[^>]*data-confirm="', html)
    assert asking == ["refuse"]


def test_somebody_who_may_only_claim_reads_the_application_and_decides_nothing(app: Flask) -> None:
    html = drawn(app, "inbox/case.html", **samples.claimable())
    assert len(forms_to(html, "claim")) == 1
    assert 'name="outcome"' not in html
    assert 'id="task-form"' not in html
    assert "91330110MA2XXXXX0A" in html
    assert "8,600,000.00" in html


def test_a_member_of_the_committee_gets_a_ballot_and_no_outcome(app: Flask) -> None:
    html = drawn(app, "inbox/case.html", **samples.committee())
    assert len(re.findall(r'name="choice" value="', html)) == 4
    assert 'name="outcome"' not in html
    assert "At least 3 of 5 must vote, 4 must agree." in html


def test_a_ballot_that_may_not_be_shown_says_only_that_it_was_cast(app: Flask) -> None:
    html = drawn(app, "inbox/case.html", **samples.committee())
    member = re.search(r"孙丽</span></span>(.*?)</li>", html, flags=re.DOTALL)
    assert member
    assert "voted" in member[1]
    assert "同意" not in member[1]


def test_sending_back_names_the_stations_the_modes_and_the_reasons(app: Flask) -> None:
    html = drawn(app, "inbox/case.html", **samples.case_page())
    (form,) = forms_to(html, "act/send_back")
    assert re.findall(r'name="target" value="(\w+)"', form) == ["intake", "assignment"]
    assert re.findall(r'name="mode" value="(\w+)"', form) == ["straight", "step"]
    assert 'value="incomplete"' in form
    assert "/price" in form


def test_without_script_a_dialog_is_opened_by_its_address(app: Flask) -> None:
    closed = drawn(app, "inbox/case.html", **samples.case_page())
    opened = drawn(app, "inbox/case.html", "/?lang=en&open=send-back", **samples.case_page())
    assert 'href="?open=send-back#send-back"' in closed
    assert not re.search(r'<dialog id="send-back"[^>]* open', closed)
    assert re.search(r'<dialog id="send-back"[^>]* open', opened)


@pytest.mark.parametrize("verb", ["suspend", "resume", "terminate", "give_up"])
def test_an_act_on_the_case_is_offered_to_whom_it_belongs_only(app: Flask, verb: str) -> None:
    offered = drawn(app, "inbox/case.html", **samples.case_page(moves=samples.moves(verb)))
    withheld = drawn(app, "inbox/case.html", **samples.case_page(moves=[]))
    assert f"/act/{verb}" in offered
    assert 'name="reason"' in offered
    assert f"/act/{verb}" not in withheld


def test_missing_documents_are_named_to_the_holder_with_the_way_to_add_them(app: Flask) -> None:
    html = drawn(app, "inbox/case.html", **samples.case_page())
    assert re.search(r"Documents are still missing.*?Bank statement", html, flags=re.DOTALL)
    assert html.count('data-missing-type="') == 1
    assert 'enctype="multipart/form-data"' in html


def test_who_may_not_add_documents_sees_no_upload(app: Flask) -> None:
    assert "multipart/form-data" not in drawn(app, "inbox/case.html", **samples.claimable())


def test_a_form_with_errors_shows_one_summary_and_not_two(app: Flask) -> None:
    form = '<div class="error-summary">…</div>'
    html = drawn(app, "inbox/case.html", **samples.case_page(error="Please correct the marked fields.", form_html=form))
    assert "Please correct the marked fields." not in html
    html = drawn(app, "inbox/case.html", **samples.case_page(error="Choose one of the decisions of this step."))
    assert "Choose one of the decisions of this step." in html


def test_a_long_way_ahead_is_folded(app: Flask) -> None:
    ahead = [Item(f"station {number}", "predicted") for number in range(9)]
    html = drawn(app, "inbox/case.html", **samples.case_page(timeline=[*samples.TIMELINE[:-1], *ahead]))
    assert "6 more stations may follow" in html
    assert html.index("station 2") < html.index("more stations") < html.index("station 3")


def test_the_history_shows_what_a_value_was_before(app: Flask) -> None:
    html = drawn(app, "inbox/case.html", **samples.case_page())
    assert re.search(r"<del>24</del> → <ins>12</ins>", html)


def test_a_hostile_title_or_opinion_is_only_text(app: Flask) -> None:
    attack = "<img src=x onerror=alert(1)>"
    page = samples.case_page(
        case=replace(samples.HEAD, title=attack),
        opinion=attack,
        summary=[(attack, attack)],
        timeline=[replace(samples.TIMELINE[0], opinion=attack, person=attack)],
        panel=samples.papers(name=attack),
    )
    assert "<img" not in drawn(app, "inbox/case.html", **page)
    assert "<img" not in drawn(app, "inbox/list.html", **samples.list_page(rows=[samples.row(1, title=attack)]))


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_paper_has_every_value_every_opinion_and_the_amount_in_capitals(app: Flask, locale: str) -> None:
    html = drawn(app, "inbox/print.html", f"/?lang={locale}", **samples.paper())
    for text in (
        "壹仟贰佰万元整",
        "91330110MA2XXXXX0A",
        "8,600,000.00",
        "双人现场调查，设备抵押足值。",
        "追加实际控制人保证。",
    ):
        assert text in html
    assert ("2026 年 11 月 22 日" in html) == (locale != "en")


def test_a_step_that_a_return_made_void_is_struck_out_on_paper(app: Flask) -> None:
    html = drawn(app, "inbox/print.html", **samples.paper())
    assert re.search(r'<section class="stage void">\s*<h3>分配客户经理', html)
    assert "终审" not in html.split("Opinions of the stations")[1]


def test_starting_is_one_form_for_each_product_and_process_with_a_key_of_its_own(app: Flask) -> None:
    html = drawn(app, "inbox/start.html", **samples.START)
    keys = re.findall(r'name="key" value="([^"]+)"', html)
    assert len(keys) == len(set(keys)) == 4
    assert 'name="product" value="consumer"' in html


def test_a_reader_who_may_start_nothing_is_told_whom_to_ask(app: Flask) -> None:
    assert "Ask your system administrator" in drawn(app, "inbox/start.html", processes=[], products=[], key="k")


def test_notices_say_which_are_unread_and_can_be_marked_read(app: Flask) -> None:
    html = drawn(app, "inbox/notices.html", **samples.NOTICES)
    assert html.count('aria-label="unread"') == 1
    assert 'action="/notices/read"' in html


def test_a_search_without_a_find_says_so(app: Flask) -> None:
    html = drawn(app, "inbox/search.html", rows=[], query="王<五", filter=samples.list_page()["filter"])
    assert "王&lt;五" in html


def test_the_price_of_a_return_says_what_is_cancelled_and_who_is_told(app: Flask) -> None:
    price = {"cancelled": ["贷前审查"], "informed": ["李敏"], "ballots": 3, "again": ["受理申请", "贷款调查"]}
    html = drawn(app, "inbox/_price.html", price=price)
    assert "3 votes become void" in html
    assert "受理申请 → 贷款调查" in html
    free = drawn(app, "inbox/_price.html", price={"cancelled": [], "informed": [], "ballots": 0, "again": []})
    assert "Nothing is lost." in free


def test_a_suspended_case_says_in_its_head_who_stopped_it_and_why(app: Flask) -> None:
    head = replace(samples.HEAD, suspended_by="姜珊", suspension="等待补充材料", suspended_at=samples.MORNING)
    html = drawn(app, "inbox/case.html", **samples.case_page(case=head))
    assert html.index("Suspended by 姜珊") < html.index("等待补充材料") < html.index('id="work"')
    assert "Suspended by" not in drawn(app, "inbox/case.html", **samples.case_page())


def test_the_tick_to_redo_the_other_branches_stands_only_where_there_are_branches(app: Flask) -> None:
    plain = drawn(app, "inbox/case.html", **samples.case_page())
    beside = drawn(app, "inbox/case.html", **samples.case_page(send_back=replace(samples.SEND_BACK, in_branches=True)))
    assert 'name="redo_branches"' not in plain
    assert re.search(r'name="redo_branches"[^>]*hx-get="/tasks/[^"]+/price"', beside)


def test_previous_and_next_task_have_their_keys(app: Flask) -> None:
    html = drawn(app, "inbox/case.html", **samples.case_page(previous_task_url="/tasks/a", next_task_url="/tasks/b"))
    assert re.search(r'href="/tasks/a"[^>]*data-key="alt\+arrowleft"', html)
    assert re.search(r'href="/tasks/b"[^>]*data-key="alt\+arrowright"', html)
