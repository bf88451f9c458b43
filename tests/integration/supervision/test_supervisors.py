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
