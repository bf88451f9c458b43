"""The HTML of a form and its plain reading: complete, escaped, usable without script, and silent about hidden fields."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from lxml import html
from werkzeug.datastructures import MultiDict

from app.workflow import forms
from tests.form_files import INTAKE, component, filled, form_of, intake_files, options, three

TODAY = date(2026, 3, 2)


def draw(form: forms.Form, values: dict[str, Any] | None = None, **more: Any) -> html.HtmlElement:
    """The rendered form as a tree."""
    settings: dict[str, Any] = {"options": options, "locale": "zh_Hans", **more}
    return html.fragment_fromstring(str(forms.render(form, values or {}, **settings)))


def intake_values() -> dict[str, Any]:
    """The typed values of a complete intake."""
    form = forms.load(INTAKE, intake_files())
    return forms.read(form, MultiDict(filled()), values={}, options=options, locale="en", today=TODAY).values


def names_of(tree: html.HtmlElement) -> set[str]:
    """The names of all controls."""
    return {str(name) for name in tree.xpath("//@name")}


def posted_by(tree: html.HtmlElement) -> MultiDict[str, str]:
    """What a browser sends for the untouched page, buttons apart."""
    posted: list[tuple[str, str]] = []
    for control in tree.xpath("//input | //select | //textarea"):
        if control.tag == "input" and control.get("type") in ("checkbox", "radio") and control.get("checked") is None:
            continue
        if control.tag == "select":
            value = next(iter(control.xpath("option[@selected]/@value")), "")
        elif control.tag == "textarea":
            value = (control.text or "").removeprefix("\n").replace("\n", "\r\n")
        else:
            value = control.get("value", "")
        posted.append((control.get("name"), str(value)))
    return MultiDict(posted)


def test_an_untouched_page_sends_back_exactly_the_values_it_shows() -> None:
    form, values = forms.load(INTAKE, intake_files()), intake_values()
    posted = posted_by(draw(form, values))
    submission = forms.read(form, posted, values=values, options=options, locale="en", today=TODAY)
    assert submission.ok
    assert submission.changed == frozenset()
    emptied = forms.read(form, posted, values={}, options=options, locale="en", today=TODAY)
    assert emptied.values == values


def test_a_draft_goes_through_the_page_and_back_as_typed() -> None:
    form = forms.load(INTAKE, intake_files())
    typed = filled() | {"amount": "1,2", "needed_by": "soon", "incomes.1.monthly": "?", "id_number": "１１"}
    draft = forms.read_draft(form, MultiDict(typed))
    again = forms.read_draft(form, posted_by(draw(form, {**intake_values(), **draft})))
    assert again == draft | {"incomes": [row | {"proven": row.get("proven", "")} for row in draft["incomes"]]}


@pytest.mark.parametrize("locale", ["en", "zh_Hans", "zh_Hant"])
def test_nothing_of_a_hidden_field_reaches_the_page(locale: str) -> None:
    form = forms.load(INTAKE, intake_files(name="hidden", officer="hidden", incomes="hidden", total="hidden"))
    values = intake_values() | {"name": "SECRET", "officer": "SECRET", "incomes": [{"source": "SECRET"}]}
    errors = {"name": "wrong", "incomes.0.source": "wrong"}
    page = forms.render(form, values, errors=errors, options=options, locale=locale)
    assert "SECRET" not in page
    assert not re.search(r'(name|id|for)="(field-)?(name|officer|incomes|total)\b', page)
    assert "SECRET" not in str(forms.plain(form, values, locale, options))


def test_a_read_only_field_has_no_control() -> None:
    tree = draw(forms.load(INTAKE, intake_files(amount="read", incomes="read")), intake_values())
    assert names_of(tree).isdisjoint({"amount", "incomes.rows", "incomes.0.source", "_add:incomes"})
    assert "1,200,000.00 元" in tree.text_content()


def test_a_form_to_read_has_no_control_at_all() -> None:
    tree = draw(forms.load(INTAKE, intake_files()), intake_values(), disabled=True)
    assert tree.xpath("//input | //select | //textarea | //button") == []
    assert "周海燕" in tree.text_content()


def test_fields_that_the_conditions_hide_are_not_drawn_until_they_hold() -> None:
    form = forms.load(INTAKE, intake_files())
    assert names_of(draw(form)).isdisjoint({"id_number", "credit_code"})
    assert "id_number" in names_of(draw(form, {"kind": "individual"}))
    assert "credit_code" in names_of(draw(form, {"kind": "enterprise"}))


def test_conditions_read_texts_as_typed_by_their_type() -> None:
    form = form_of(component("number", "a"), component("date", "day", visible="a > 1000"))
    assert "day" in names_of(draw(form, {"a": "1,001"}))
    assert "day" not in names_of(draw(form, {"a": "1,0"}))


def test_every_control_has_a_label_and_every_required_one_says_so() -> None:
    tree = draw(forms.load(INTAKE, intake_files()), intake_values())
    for control in tree.xpath('//input[not(@type="hidden")] | //select | //textarea'):
        labels = tree.xpath(f'//label[@for="{control.get("id")}"]') if control.get("id") else []
        assert labels or control.xpath("ancestor::label") or control.get("aria-label"), html.tostring(control)
    assert tree.xpath('//*[@name="amount"]/@aria-required') == ["true"]
    assert tree.xpath('//*[@name="term_months"]/@aria-required') == []


def test_ids_are_unique() -> None:
    ids = draw(forms.load(INTAKE, intake_files()), intake_values()).xpath("//@id")
    assert len(ids) == len(set(ids))


def test_errors_are_summed_up_in_page_order_and_lead_to_their_controls() -> None:
    form = forms.load(INTAKE, intake_files())
    errors = {"rule:1": "Homeless.", "incomes.0.monthly": "Bad.", "amount": "Too much.", "kind": "Choose."}
    tree = draw(form, intake_values(), errors=errors)
    summary = tree.xpath('//div[@class="error-summary"]')[0]
    assert summary.get("role") == "alert"
    assert "4" in summary.xpath("h2")[0].text
    assert summary.xpath(".//li//text()")[0] == "Homeless."
    links = summary.xpath(".//a/@href")
    assert links == ["#field-kind", "#field-amount", "#field-incomes.0.monthly"]
    for link in links:
        assert tree.get_element_by_id(link[1:]) is not None
    assert "第1行" in summary.xpath(".//a")[2].text


def test_a_control_with_an_error_says_so_and_points_to_its_sentence() -> None:
    tree = draw(forms.load(INTAKE, intake_files()), intake_values(), errors={"amount": "Too much."})
    control = tree.get_element_by_id("field-amount")
    assert control.get("aria-invalid") == "true"
    assert [tree.get_element_by_id(place).text for place in control.get("aria-describedby").split()] == [
        "以元为单位",
        "Too much.",
    ]


def test_a_folded_section_opens_when_something_in_it_is_wrong() -> None:
    form = forms.load(INTAKE, intake_files())
    assert draw(form).get_element_by_id("section-income").get("open") is None
    opened = draw(form, intake_values(), errors={"incomes.0.source": "x"}).get_element_by_id("section-income")
    assert opened.get("open") is not None
    assert opened.xpath("summary/span")[0].text == "1"


def test_a_folded_section_stays_open_while_somebody_fills_it_in_and_folds_for_readers() -> None:
    form = forms.load(INTAKE, intake_files())
    assert draw(form, {"incomes": [{}]}).get_element_by_id("section-income").get("open") is not None
    read_only = draw(form, intake_values(), disabled=True)
    assert read_only.get_element_by_id("section-income").get("open") is None


def test_enter_in_a_field_presses_a_button_that_decides_nothing() -> None:
    first = draw(forms.load(INTAKE, intake_files())).xpath("//button")[0]
    assert first.get("name") == "_update"


def test_every_button_of_the_form_is_recognised_as_a_refresh() -> None:
    tree = draw(forms.load(INTAKE, intake_files()), intake_values())
    buttons = {str(name) for name in tree.xpath("//button/@name")}
    assert buttons == {"_update", "_add:incomes", "_remove:incomes:0", "_remove:incomes:1"}
    assert all(forms.is_refresh(MultiDict({name: "1"})) for name in buttons)


def test_a_full_table_offers_no_further_row() -> None:
    rows = [{"source": "x"}] * 3
    assert "_add:incomes" not in names_of(draw(forms.load(INTAKE, intake_files()), {"incomes": rows}))


def test_a_required_table_begins_with_a_row_to_fill() -> None:
    form = forms.load(INTAKE, intake_files(incomes="required"))
    assert "incomes.0.source" in names_of(draw(form))
    assert "incomes.0.source" not in names_of(draw(forms.load(INTAKE, intake_files())))


def test_only_what_conditions_read_renders_the_page_again() -> None:
    tree = draw(forms.load(INTAKE, intake_files()), intake_values(), refresh="/task/1/form")
    watched = set(tree.xpath("//*[@data-refreshes]/@name"))
    assert {"kind", "incomes.0.monthly"} <= watched
    assert watched.isdisjoint({"amount", "name"})
    assert set(tree.xpath("//*[@data-refreshes]/@hx-post")) == {"/task/1/form"}
    assert tree.get("data-refresh") == "/task/1/form"


def test_without_an_address_the_page_relies_on_its_buttons_alone() -> None:
    tree = draw(forms.load(INTAKE, intake_files()), intake_values())
    assert tree.xpath("//@hx-post") == []
    assert tree.xpath("//noscript/button/@name") == ["_update"]


def test_a_form_without_conditions_needs_no_update_button() -> None:
    assert draw(form_of(component("date", "day"))).xpath("//noscript") == []


def test_a_choice_no_longer_offered_is_kept_and_marked() -> None:
    tree = draw(form_of(component("select", "product", source="products")), {"product": "gone"}, locale="en")
    (chosen,) = tree.xpath("//option[@selected]")
    assert (chosen.get("value"), chosen.text) == ("gone", "gone (no longer offered)")


def test_a_text_that_is_no_date_is_shown_in_a_plain_input() -> None:
    form = form_of(component("date", "day"))
    assert draw(form, {"day": "soon"}).xpath("//input[@name='day']")[0].attrib["type"] == "text"
    assert draw(form, {"day": date(2026, 3, 2)}).xpath("//input[@name='day']")[0].attrib["value"] == "2026-03-02"


def test_a_default_fills_what_was_never_touched_and_only_that() -> None:
    form = form_of(
        component("number", "a", default="12"),
        component("date", "b", default='date("2026-03-02")'),
        component("select", "c", default='"mortgage"', source="products"),
        component("number", "d", default='"text"'),
    )
    tree = draw(form)
    values = {control.get("name"): control.get("value") for control in tree.xpath("//input")}
    assert (values["a"], values["b"], values["d"]) == ("12", "2026-03-02", "")
    assert tree.xpath("//option[@selected]/@value") == ["mortgage"]
    assert draw(form, {"a": ""}).xpath("//input[@name='a']/@value") == [""]
    assert draw(form, {"a": Decimal(7)}).xpath("//input[@name='a']/@value") == ["7"]


def test_markup_in_values_labels_and_errors_stays_text() -> None:
    evil = '"><script>alert(1)</script>'
    field = {"type": "textarea", "key": "a", "label": evil, "help": evil}
    choice = component("select", "b", values=[{"value": evil, "label": evil}])
    row = component("table", "c", columns=[component("textfield", "d")])
    tree = draw(
        form_of(field, choice, row, title=evil), {"a": evil, "c": [{"d": evil}]}, errors={"a": evil}, refresh=evil
    )
    assert tree.xpath("//script") == []
    assert tree.xpath("//textarea")[0].text.strip() == evil
    assert tree.xpath("//input[@name='c.0.d']/@value") == [evil]


def test_a_textarea_keeps_a_leading_line_break() -> None:
    tree = draw(form_of(component("textarea", "a")), {"a": "\n\nx"})
    assert forms.read_draft(form_of(component("textarea", "a")), posted_by(tree))["a"] == "\r\n\r\nx"


@pytest.mark.parametrize(
    "strange", [5, 1.5, "x", ["x", 3], {"a": 1}, [{"source": {"x": 1}}], True, Decimal("NaN"), date(2026, 1, 1), [[]]]
)
def test_a_stored_value_of_another_type_is_drawn_and_never_breaks_the_page(strange: Any) -> None:
    form = forms.load(INTAKE, intake_files())
    for key in form.fields:
        typed = forms.from_json(form, {"kind": "individual", key: strange})
        assert draw(form, typed) is not None
        assert forms.plain(form, typed, "en", options)
        assert isinstance(forms.show(form, key, strange, "en", options), str)


def test_the_plain_reading_pairs_labels_with_texts_and_tables() -> None:
    sections = forms.plain(forms.load(INTAKE, intake_files()), intake_values(), "zh_Hant", options)
    assert [title for title, _ in sections] == ["客戶", "貸款", "收入"]
    loan = dict(sections[1].pairs)
    assert loan["Amount（繁）"] == "1,200,000.00 元"
    assert loan["Product（繁）"] == "个人住房贷款"
    assert loan["Consent（繁）"] == "是"
    table = dict(sections[2].pairs)["Incomes（繁）"]
    assert isinstance(table, forms.PlainTable)
    assert table.rows == (("工资", "18,500.00", "是"), ("租金", "3,200.50", "否"))


def test_one_value_is_shown_as_stored_or_as_typed() -> None:
    form = forms.load(INTAKE, intake_files())
    assert forms.show(form, "amount", "1200", "en", options) == "1,200.00 yuan"
    assert forms.show(form, "amount", Decimal(1200), "en", options) == "1,200.00 yuan"
    assert forms.show(form, "officer", "li.min", "en", options) == "李敏"
    assert forms.show(form, "purpose", None, "en", options) == ""
    stored = [{"source": "工资", "monthly": "18500.00", "proven": True}]
    assert forms.show(form, "incomes", stored, "zh_Hans", options) == (
        "Source（简）：工资; Monthly（简）：18,500.00; Proven（简）：是"
    )


def test_texts_fall_back_to_the_nearest_language() -> None:
    form = form_of({"type": "date", "key": "day", "label": {"zh_Hans": "日期"}})
    assert "日期" in draw(form, locale="zh_Hant").text_content()
    assert "日期" in draw(form, locale="en").text_content()


def test_paragraphs_obey_their_condition() -> None:
    form = form_of(component("checkbox", "a"), {"type": "text", "text": three("Careful"), "visible": "a"})
    assert "Careful" not in draw(form).text_content()
    assert "Careful" in draw(form, {"a": True}, locale="en").text_content()
