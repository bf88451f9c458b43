"""The bell's question, the page of a person's wishes, and the pages of those who keep the system running."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, text, update

from app.identity.models import Login, User
from app.jobs import enqueue
from app.jobs import operations as job_operations
from app.kernel import db
from app.kernel.clock import now
from app.notifications import operations
from app.notifications.channels import Refused
from app.notifications.models import NoticeSetting, NoticeText
from app.notifications.rules import EVENTS, Group
from tests.integration.notifications.conftest import NOON, Door, deliveries, jobs, run, tell, user_id


@pytest.fixture(scope="module")
def administrator(told: Any) -> str:
    """Somebody of the demo bank who administers the system."""
    with told.app.app_context(), db.reading() as opened:
        found = [user for user in opened.scalars(select(User)) if "administrator" in user.roles]
    assert found, "the demo bank has an administrator"
    return found[0].username


def leave(*, number: int = 1, username: str = "zhaomin") -> None:
    whose = user_id(username)
    with db.transaction():
        for _ in range(number):
            operations.notify(user_ids=[whose], event="task_assigned", case_id=None, now=now())


def test_the_bell_is_told_the_number_and_then_that_nothing_has_changed(door: Door, sign_in: Any) -> None:
    client = sign_in("zhaomin")
    leave(number=2)
    answer = client.get("/notices/count")
    assert answer.get_json() == {"unread": 2}
    again = client.get("/notices/count", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    leave()
    news = client.get("/notices/count", headers={"If-None-Match": answer.headers["ETag"]})
    assert news.get_json() == {"unread": 3}


def test_the_bells_question_is_one_statement(door: Door, sign_in: Any) -> None:
    client = sign_in("zhaomin")
    client.get("/notices/count")
    said: list[str] = []
    with db.reading() as opened:
        engine = opened.get_bind()

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        client.get("/notices/count")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(said) == 1, said


def test_an_open_page_does_not_keep_somebody_signed_in_who_has_left(door: Door, sign_in: Any) -> None:
    client = sign_in("zhaomin")
    long_ago = now() - timedelta(minutes=20)
    with db.transaction() as opened:
        opened.execute(update(Login).values(seen_at=long_ago))
    assert client.get("/notices/count").status_code == 200
    with db.reading() as opened:
        assert set(opened.scalars(select(Login.seen_at))) == {long_ago}
    assert client.get("/inbox").status_code == 200
    with db.reading() as opened:
        assert max(opened.scalars(select(Login.seen_at))) > long_ago


def test_the_bell_without_a_login_is_sent_to_the_door(told: Any) -> None:
    assert told.app.test_client().get("/notices/count").status_code == 302


def test_the_count_stands_on_the_page_without_script(door: Door, sign_in: Any) -> None:
    client = sign_in("zhaomin")
    leave(number=3)
    page = client.get("/notices").get_data(as_text=True)
    assert 'data-bell="/notices/count"' in page
    assert '<span class="count" aria-hidden="true">3</span>' in page


def test_a_person_says_how_he_wants_to_be_told_and_finds_it_again(door: Door, sign_in: Any) -> None:
    client = sign_in("zhaomin")
    page = client.get("/notices/settings").get_data(as_text=True)
    assert 'name="returns.mail" value="1" checked' in page, "the default"
    assert "z***@bank.example" in page
    assert "zhaomin@bank.example" not in page
    chosen = {"work.sms": "1", "talk.digest": "1", "quiet_from": "22:00", "quiet_to": "07:30", "digest_at": "08:15"}
    assert client.post("/notices/settings", chosen).status_code == 302
    with db.reading() as opened:
        kept = opened.scalars(select(NoticeSetting)).one()
    assert {group: ways for group, ways in kept.channels.items() if ways} == {"work": ["sms"], "talk": ["digest"]}
    assert (kept.quiet_from, kept.quiet_to, kept.digest_at) == (time(22), time(7, 30), time(8, 15))
    page = client.get("/notices/settings").get_data(as_text=True)
    assert 'name="work.sms" value="1" checked' in page
    assert 'name="returns.mail" value="1" checked' not in page
    assert 'value="08:15"' in page


@pytest.mark.parametrize(
    "wrong",
    [{"quiet_from": "22:00"}, {"quiet_from": "late", "quiet_to": "07:00"}, {"work.digest": "1", "digest_at": ""}],
)
def test_wishes_that_make_no_sense_are_refused_with_a_sentence(door: Door, sign_in: Any, wrong: dict[str, str]) -> None:
    client = sign_in("zhaomin")
    assert client.post("/notices/settings", wrong).status_code == 422
    with db.reading() as opened:
        assert opened.scalars(select(NoticeSetting)).first() is None


def test_the_list_of_notices_speaks_of_every_event_in_a_fixed_number_of_statements(door: Door, sign_in: Any) -> None:
    client = sign_in("zhaomin")
    whose = user_id("zhaomin")
    with db.transaction():
        for key in (*EVENTS, "one_that_nobody_knows"):
            operations.notify(user_ids=[whose], event=key, case_id=None, now=now())
    answer = client.get("/notices")
    assert answer.status_code == 200
    assert "one_that_nobody_knows" not in answer.get_data(as_text=True)
    assert "有新的动态" in answer.get_data(as_text=True)


def fail_a_job() -> int:
    with db.transaction() as opened:
        made = enqueue(name="notifications.deliver", args={"delivery": 0})
        opened.execute(text("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = :id"), {"id": made})
        job_operations.note_fault(job_id=made, fault=OSError("no route to host"), now=now())
    assert made is not None
    return made


def test_a_failed_job_is_seen_with_its_reason_and_begins_again(door: Door, sign_in: Any, administrator: str) -> None:
    client = sign_in(administrator)
    number = fail_a_job()
    page = client.get("/administration/jobs").get_data(as_text=True)
    assert "no route to host" in page
    assert "notifications.deliver" in page
    assert client.post(f"/administration/jobs/{number}/retry").status_code == 302
    assert [row.id for row in jobs()] == [number]
    assert client.post(f"/administration/jobs/{number}/retry").status_code == 404
    with db.reading() as opened:
        verbs = opened.scalars(text("SELECT verb FROM audit_entry WHERE chain = 'jobs' ORDER BY id"))
        assert list(verbs)[-1] == "retry_job"


def test_a_failed_job_can_be_taken_away(door: Door, sign_in: Any, administrator: str) -> None:
    number = fail_a_job()
    assert sign_in(administrator).post(f"/administration/jobs/{number}/discard").status_code == 302
    with db.reading() as opened:
        assert opened.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0


@pytest.mark.parametrize("state", ["failed", "waiting", "running", "nonsense"])
def test_the_page_of_jobs_shows_every_state(door: Door, sign_in: Any, administrator: str, state: str) -> None:
    fail_a_job()
    assert sign_in(administrator).get(f"/administration/jobs?state={state}").status_code == 200


def test_supervisors_see_jobs_and_staff_do_not(door: Door, sign_in: Any) -> None:
    assert sign_in("jiangshan").get("/administration/jobs").status_code == 200
    assert sign_in("jiangshan").get("/administration/notice-texts").status_code == 403
    assert sign_in("zhaomin").get("/administration/jobs").status_code == 403


def test_a_failed_message_is_seen_and_sent_once_more(door: Door, sign_in: Any, administrator: str) -> None:
    client = sign_in(administrator)
    tell("task_returned", "zhaomin")
    door.fault = Refused("The mail server refused the recipient (550).")
    with pytest.raises(Exception, match="550"):
        run(jobs()[0])
    page = client.get("/administration/messages").get_data(as_text=True)
    assert "refused the recipient (550)" in page
    assert "zhaomin@bank.example" not in page
    door.fault = None
    with db.reading() as opened:
        number = opened.scalar(text("SELECT id FROM notice_delivery"))
    assert client.post(f"/administration/messages/{number}/again").status_code == 302
    run(jobs()[-1])
    assert deliveries() == [("mail", "sent")]


def test_an_administrator_previews_keeps_and_resets_a_text(door: Door, sign_in: Any, administrator: str) -> None:
    client = sign_in(administrator)
    path = "/administration/notice-texts/urged/zh_Hans"
    given = {"title": "请速办", "sentence": "{case} 请速办 {station}"}
    preview = client.post(path, {**given, "act": "preview"}).get_data(as_text=True)
    assert "CA-2026-000185 请速办 贷前审查" in preview
    with db.reading() as opened:
        assert opened.scalars(select(NoticeText)).first() is None
    assert client.post(path, {**given, "act": "save"}).status_code == 302
    assert "请速办" in client.get("/administration/notice-texts").get_data(as_text=True)
    assert client.post(path, {"act": "reset"}).status_code == 302
    assert "请速办" not in client.get("/administration/notice-texts").get_data(as_text=True)


@pytest.mark.parametrize("sentence", ["{customer}", "", "x" * 400, "{case.__class__}"])
def test_a_text_that_is_not_allowed_is_shown_again_with_the_reason(
    door: Door, sign_in: Any, administrator: str, sentence: str
) -> None:
    client = sign_in(administrator)
    path = "/administration/notice-texts/urged/en"
    answer = client.post(path, {"title": "Hurry", "sentence": sentence, "act": "save"})
    assert answer.status_code == 422
    assert 'value="Hurry"' in answer.get_data(as_text=True)
    assert client.post(path, {"title": "Hurry", "sentence": sentence, "act": "preview"}).status_code == 200


@pytest.mark.parametrize("path", ["nothing/en", "urged/fr"])
def test_there_is_no_text_for_another_event_or_language(
    door: Door, sign_in: Any, administrator: str, path: str
) -> None:
    assert sign_in(administrator).get(f"/administration/notice-texts/{path}").status_code == 404


def test_pages_of_notices_have_words_for_every_group() -> None:
    assert {event.group for event in EVENTS.values()} == set(Group)
    assert NOON.tzinfo is not None
