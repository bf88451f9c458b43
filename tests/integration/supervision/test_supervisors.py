"""The supervisors' pages: who may open them, the languages, the badges."""

from __future__ import annotations

import pytest

from app.demo import desk
from app.kernel.db import session
from tests.integration.desk_fixtures import LANGUAGES, a_committed_case, no_english, speak, words
from tests.integration.workflow.route import RETAIL

BADGES = "diagrams/credit_application/badges"
PAGES = (
    "",
    "stuck",
    "acts",
    "cases",
    "tasks",
    "load",
    "cases.csv",
    "tasks.xlsx",
    "diagrams/credit_application",
    BADGES,
)
IN_WORDS = ("", "stuck", "acts", "cases", "cases?process=credit_application", "tasks", "load", "tasks?due=overdue")


@pytest.fixture(scope="module")
def routes(bank):
    staff = desk.staff()
    made = [a_committed_case(staff, "routing") for _ in range(3)]
    session.remove()
    return made


@pytest.fixture(autouse=True)
def fresh_session():
    yield
    session.remove()


def text(answer, status: int = 200) -> str:
    assert answer.status_code == status, words(answer.get_data(as_text=True))
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("page", PAGES)
def test_staff_do_not_oversee(sign_in, routes, page):
    assert sign_in("zhouyan").get(f"/supervision/{page}").status_code == 403


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_the_readers_language(sign_in, routes, language):
    speak("jiangshan", language)
    client = sign_in("jiangshan")
    for page in (*IN_WORDS, "tasks?age=0&group=1", "cases?state=live"):
        shown = text(client.get(f"/supervision/{page}"))
        if language != "en":
            no_english(shown)
    assert RETAIL.customer.name in text(client.get("/supervision/cases"))


def test_badges_count_what_is_open_where(sign_in, routes):
    found = sign_in("jiangshan").get("/supervision/diagrams/credit_application/badges").get_json()
    assert int(found["routing"]["badge"]) >= 3


def test_a_number_on_an_activity_leads_to_what_stands_inside_it(sign_in, routes):
    """A called process has stations of its own; its badge counts them, so its list shows them."""
    inside = a_committed_case(desk.staff(), "retail_phone_check")
    session.remove()
    client = sign_in("jiangshan")
    marks = client.get("/supervision/diagrams/credit_application/badges?station=investigate_retail").get_json()
    number = int(marks["investigate_retail"]["badge"])
    assert (number >= 1, marks["investigate_retail"]["state"]) == (True, "added")
    for page in ("cases", "tasks"):
        shown = text(client.get(f"/supervision/{page}?process=credit_application&station=investigate_retail"))
        assert inside.case.number in shown
        assert not any(route.case.number in shown for route in routes)
        assert 'value="investigate_retail" selected' in shown, "the filter says what it is"
        assert shown.count('name="ids"') == number


def test_the_chosen_station_is_marked_even_where_nothing_stands(sign_in, routes):
    marks = sign_in("jiangshan").get("/supervision/diagrams/credit_application/badges?station=risk_review").get_json()
    assert (marks["risk_review"]["badge"], marks["risk_review"]["state"]) == ("0", "added")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_stations_have_the_same_name_in_a_list(sign_in, routes, language):
    """Four kinds of investigation end with a station of the same name."""
    speak("jiangshan", language)
    shown = text(sign_in("jiangshan").get("/supervision/tasks?process=credit_application"))
    choice = shown.partition('name="station"')[2].partition("</select>")[0]
    names = [part.partition("<")[0].partition(">")[2].strip() for part in choice.split("<option")[1:]]
    assert len(names) > 20
    assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)
