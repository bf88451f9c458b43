"""The parts of the pages: what they say without colour, without script, without sight."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask, render_template, render_template_string

from tests.pages import page_app

CODES = (403, 404, 409, 422, 500, 503)


@pytest.fixture(scope="module")
def app() -> Flask:
    """The pages without a bank."""
    return page_app()


@pytest.fixture
def page(app: Flask) -> Iterator[None]:
    """A request of a reader of English."""
    with app.test_request_context("/?lang=en"):
        yield


def drawn(call: str, **values: object) -> str:
    """What a macro prints."""
    return render_template_string('{% import "web/ui.html" as ui with context %}' + call, **values)


@pytest.mark.usefixtures("page")
def test_a_deadline_says_in_words_what_its_colour_says() -> None:
    html = drawn("{{ ui.due('overdue', '2 days late', '2026-11-20', '2026-11-20 09:00') }}")
    assert "Overdue:" in html
    assert 'title="2026-11-20 09:00"' in html
    assert "#circle-alert" in html


@pytest.mark.usefixtures("page")
def test_no_deadline_prints_nothing() -> None:
    assert drawn("{{ ui.due('none', '') }}").strip() == ""


@pytest.mark.usefixtures("page")
def test_a_button_with_an_icon_only_has_a_name_and_a_tooltip() -> None:
    html = drawn("{{ ui.button('Download', '', 'download', icon_only=true, data_row_key='d') }}")
    assert 'aria-label="Download"' in html
    assert 'title="Download"' in html
    assert 'data-row-key="d"' in html
    assert "<span>Download" not in html


@pytest.mark.usefixtures("page")
def test_further_attributes_that_are_not_set_are_left_out() -> None:
    html = drawn("{{ ui.button('Go', data_confirm=none, formnovalidate=true, disabled=false) }}")
    assert "data-confirm" not in html
    assert "disabled" not in html
    assert 'formnovalidate=""' in html


@pytest.mark.usefixtures("page")
def test_a_value_is_escaped_wherever_it_is_printed() -> None:
    attack = '"><script>alert(1)</script>'
    calls = (
        "button(x)",
        "badge(x)",
        "notice(x, x)",
        "toast(x)",
        "person(x, x)",
        "text_input('a', x, x)",
        "empty_state(x, x)",
    )
    for call in (
        *calls,
        "facts([(x, x)])",
        "timeline_item(x, 'done', x, x, x, x, x)",
        "select_input('a', x, [(x, x)], x)",
    ):
        assert "<script>alert" not in drawn("{{ ui." + call + " }}", x=attack), call


@pytest.mark.usefixtures("page")
def test_an_error_summary_leads_to_each_field() -> None:
    html = drawn(
        "{{ ui.error_summary({'amount': 'Enter an amount.', 'term': 'Enter a term.'}, {'amount': 'Amount'}) }}"
    )
    assert "2 entries need your attention" in html
    assert 'href="#field-amount">Amount: Enter an amount.' in html
    assert 'tabindex="-1"' in html


@pytest.mark.usefixtures("page")
def test_a_field_with_an_error_is_tied_to_its_sentence() -> None:
    html = drawn(
        "{{ ui.text_input('amount', 'Amount', '', hint='In yuan.', error='Enter an amount.', inputmode='decimal') }}"
    )
    assert 'aria-describedby="hint-amount error-amount"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="error-amount"' in html
    assert 'inputmode="decimal"' in html


@pytest.mark.usefixtures("page")
def test_every_cell_of_a_table_carries_its_label_for_the_phone() -> None:
    call = """{% call(row, column) ui.data_table('Cases', columns, rows) %}{{ row[column] }}{% endcall %}"""
    columns = [{"key": "n", "label": "Number", "kind": "lead"}, {"key": "a", "label": "Amount", "kind": "numeric"}]
    html = drawn(call, columns=columns, rows=[{"n": "CA-1", "a": "", "due": {"state": "overdue"}}])
    assert 'data-label="Number">CA-1' in html
    assert re.search(r'class="numeric blank" data-label="Amount"', html)
    assert 'class="overdue"' in html
    assert "<caption" in html


@pytest.mark.usefixtures("page")
def test_paging_without_a_next_page_offers_no_link_to_it() -> None:
    html = drawn("{{ ui.pager('/before', none) }}")
    assert 'href="/before"' in html
    assert html.count("href=") == 1 + html.count("<use")
    assert 'aria-disabled="true"' in html


@pytest.mark.usefixtures("page")
def test_each_state_of_a_step_is_named_for_readers_who_do_not_see_it() -> None:
    for state, word in (
        ("done", "Done"),
        ("running", "In progress"),
        ("returned", "Sent back"),
        ("predicted", "Expected"),
    ):
        assert f'aria-label="{word}"' in drawn(f"{{{{ ui.timeline_item('Review', '{state}') }}}}")


@pytest.mark.usefixtures("page")
def test_the_state_of_a_diagram_cannot_break_out_of_its_element() -> None:
    state = {"elements": {"intake": {"state": "done", "note": "</script><script>alert(1)</script>"}}}
    assert "<script>alert" not in drawn("{{ ui.diagram('/x.bpmn', 'Diagram', state) }}", state=state)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("locale", ["en", "zh_Hans", "zh_Hant"])
def test_an_error_page_says_one_sentence_and_a_way_on(app: Flask, code: int, locale: str) -> None:
    with app.test_request_context(f"/?lang={locale}"):
        html = render_template(f"web/errors/{code}.html", message="", reference="8f3a21", back="/inbox")
    assert html.count("data-refusal") == (0 if code >= 500 else 1)
    assert "<h1" in html
    assert 'class="button primary"' in html
    assert "8f3a21" in html
    assert f'lang="{locale.replace("_", "-")}"' in html


def test_an_error_page_of_the_house_itself_shows_no_menu(app: Flask) -> None:
    with app.test_request_context("/"):
        html = render_template("web/errors/500.html", reference="8f3a21")
    assert "main-menu" not in html
    assert "bar-search" not in html


def test_the_refusal_s_own_sentence_is_the_one_that_a_swapped_request_says(app: Flask) -> None:
    with app.test_request_context("/"):
        html = render_template("web/errors/409.html", message="李敏 已签收此任务。", back="")
    assert re.search(r"data-refusal>李敏 已签收此任务。", html)
    assert html.count("data-refusal") == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_theme_stands_on_the_page_and_the_system_s_leaves_it_open(app: Flask, theme: str) -> None:
    with app.test_request_context(f"/?theme={theme}"):
        assert f'data-theme="{theme}"' in render_template("web/gallery.html")
    with app.test_request_context("/?theme=anything"):
        assert "<html lang" in render_template("web/gallery.html")
        assert "data-theme=" not in render_template("web/gallery.html").split(">", 2)[1]
