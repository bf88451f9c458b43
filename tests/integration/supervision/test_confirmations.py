"""The second person's page: what waits, what confirming would do, who may confirm, the count in the menu."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from app.demo import desk
from app.identity.models import User
from app.kernel import db
from app.kernel.clock import now
from app.kernel.db import session
from app.workflow import acts
from app.workflow.acts import Given
from app.workflow.models import ProcessInstance
from app.workflow.moves.move_models import PendingAct
from app.workflow.rules import Verb
from tests.integration.desk_fixtures import LANGUAGES, a_committed_case, no_english, speak, words

SECOND = "yanhui"


@pytest.fixture(scope="module")
def staff(bank):
    with db.transaction():
        session.execute(update(User).where(User.username == SECOND).values(roles=["supervisor"]))
    try:
        return desk.staff()
    finally:
        session.remove()


@pytest.fixture(autouse=True)
def fresh_session():
    yield
    session.remove()


def wished(staff, verb: Verb = Verb.JUMP, **said) -> tuple[str, str]:
    """A case past its committee and the wish of the first supervisor; ids of both."""
    route = a_committed_case(staff, "committee_resolution")
    given = Given(**({"target": "intake", "reason": "重大信息有误"} | said))
    with db.transaction():
        acts.carry_out(
            verb=verb, subject_id=route.case.id, given=given, person=staff.by_name["jiangshan"], now=now()
        )  # fmt: skip
    with db.reading():
        return str(route.case.id), str(
            session.scalar(select(PendingAct.id).where(PendingAct.instance_id == route.case.id))
        )


def stations(case_id: str) -> list[str]:
    with db.reading():
        return session.get_one(ProcessInstance, case_id).stations


def shown(answer, status: int = 200) -> str:
    assert answer.status_code == status, words(answer.get_data(as_text=True))
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_tells_what_waits_and_what_would_happen_and_changes_nothing(sign_in, staff, language):
    speak(SECOND, language)
    case_id, wish = wished(staff)
    page = shown(sign_in(SECOND).get("/supervision/confirmations"))
    assert wish in page
    assert "重大信息有误" in page
    assert stations(case_id) == ["committee_resolution"]
    if language != "en":
        no_english(page)


def test_the_second_person_confirms_and_it_is_done(sign_in, staff):
    case_id, wish = wished(staff)
    assert sign_in(SECOND).post(f"/supervision/confirmations/{wish}/confirm").status_code == 302
    assert stations(case_id) == ["intake"]
    assert wish not in shown(sign_in(SECOND).get("/supervision/confirmations"))


def test_a_rewinding_waits_here_too(sign_in, staff):
    case_id, wish = wished(staff, Verb.RESTORE, target="1")
    page = shown(sign_in(SECOND).get("/supervision/confirmations"))
    assert f"/confirmations/{wish}/confirm" in page
    sign_in(SECOND).post(f"/supervision/confirmations/{wish}/confirm")
    assert stations(case_id) == ["intake"]


def test_who_asked_can_take_it_back_but_not_confirm_it(sign_in, staff):
    case_id, wish = wished(staff)
    first = sign_in("jiangshan")
    assert f"/confirmations/{wish}/confirm" not in shown(first.get("/supervision/confirmations"))
    assert first.post(f"/supervision/confirmations/{wish}/confirm").status_code == 403
    assert first.post(f"/supervision/confirmations/{wish}/decline").status_code == 302
    assert stations(case_id) == ["committee_resolution"]
    assert wish not in shown(first.get("/supervision/confirmations"))


def test_what_no_longer_fits_is_said_and_offered_for_declining_only(sign_in, staff):
    case_id, wish = wished(staff)
    with db.transaction():
        case = session.get_one(ProcessInstance, case_id)
        case.blob = case.blob + b" "
    page = shown(sign_in(SECOND).get("/supervision/confirmations"))
    assert f"/confirmations/{wish}/confirm" not in page
    assert f"/confirmations/{wish}/decline" in page
    assert sign_in(SECOND).post(f"/supervision/confirmations/{wish}/confirm").status_code == 409
    assert sign_in(SECOND).post(f"/supervision/confirmations/{wish}/decline", {"reason": "x"}).status_code == 302


def test_the_menu_counts_what_waits_for_the_reader_himself(sign_in, staff):
    with db.transaction():
        session.execute(
            update(PendingAct).where(PendingAct.decided_at.is_(None)).values(decided_at=now(), decided_by=1)
        )  # fmt: skip
    wished(staff)
    menu = shown(sign_in(SECOND).get("/inbox?all=1")).partition("</header>")[0]
    entry = menu.partition("/supervision/confirmations")[2].partition("</a>")[0]
    assert 'class="count">1<' in entry
    own = shown(sign_in("jiangshan").get("/supervision/cases")).partition("</header>")[0]
    assert "count" not in own.partition("/supervision/confirmations")[2].partition("</a>")[0]


@pytest.mark.parametrize("who", ["zhouyan", "xieqian"])
def test_staff_and_auditors_confirm_nothing(sign_in, staff, who):
    _, wish = wished(staff)
    assert sign_in(who).get("/supervision/confirmations").status_code == 403
    assert sign_in(who).post(f"/supervision/confirmations/{wish}/confirm").status_code == 403


def test_many_at_once_past_the_committee_say_that_they_wait(sign_in, staff):
    route = a_committed_case(staff, "committee_resolution")
    client = sign_in("jiangshan")
    speak("jiangshan", "en")
    said = {"verb": "jump", "ids": str(route.case.id), "reason": "x", "to-committee_resolution": "intake"}
    address = client.post("/supervision/acts", said).headers["Location"]
    assert "second person" in shown(client.get(address))
    client.post(f"{address}/confirm")
    client.post(f"{address}/go")
    over = shown(client.get(address))
    assert "second person" in over
    assert "1 of them wait until a second supervisor has confirmed them" in over
    assert "Waits for confirmation" in over, "and not: done"
    assert stations(str(route.case.id)) == ["committee_resolution"]
    speak("jiangshan", "zh_Hans")
