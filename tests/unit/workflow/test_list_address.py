"""The filter of a list and the address of its page say the same."""

from __future__ import annotations

from flask import Flask

from app.workflow.watching.list_address import ARGUMENTS, address, arguments, wanted
from app.workflow.watching.worklists import Filter

FULL = Filter("王建国", "credit_application", "routing", "overdue", "live", 7, "due", "2026|x")


def test_what_an_address_says_is_read_back_from_it():
    assert wanted(arguments(FULL, after=FULL.after)) == FULL


def test_an_empty_address_asks_for_the_usual_list():
    assert wanted({}) == Filter()


def test_only_what_differs_from_the_usual_stands_in_an_address():
    assert arguments(Filter(text="CA-2026", sort="newest")) == {"q": "CA-2026"}


def test_another_filter_begins_at_the_first_page():
    assert "after" not in arguments(FULL, element_id="intake")


def test_what_is_too_long_is_cut_and_what_no_store_takes_is_left_out():
    read = wanted({name: "x" * 5000 for name, _ in ARGUMENTS.values()})
    assert [len(getattr(read, member)) for member in ARGUMENTS] == [longest for _, longest in ARGUMENTS.values()]
    assert wanted({"q": "a\0b"}).text == "ab"


def test_a_holder_that_is_no_number_is_nobody():
    assert wanted({"holder": "7; DROP TABLE"}).holder_id is None
    assert wanted({"holder": "7"}).holder_id == 7


def test_the_address_keeps_the_page_it_stands_on():
    app = Flask(__name__)
    app.add_url_rule("/lists/<tab>", "list", lambda tab: tab)
    with app.test_request_context("/lists/pool?q=a"):
        assert address(wanted(), sort="due") == "/lists/pool?q=a&sort=due"
