"""One notice by one channel: never twice by itself, whatever breaks, and nothing of a customer in it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from app.audit.operations import SYSTEM
from app.identity.models import User
from app.jobs import GiveUp, registry
from app.kernel import db
from app.kernel.errors import NotFound, Refusal
from app.notifications import digest, operations, rules, sending
from app.notifications.channels import NotTaken, Refused, Unclear
from app.notifications.models import Delivery
from app.workflow.models import ProcessInstance, UserTask
from benchmarks import route
from tests.integration.notifications.conftest import NOON, Door, deliveries, jobs, run, tell, user_id, wish

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture(scope="module")
def case(told: Any) -> Any:
    """A case that zhaomin has begun."""
    from app.identity import queries as people
    from app.workflow import instances

    with told.app.app_context(), db.transaction() as opened:
        made = instances.start(key=route.PROCESS, person=people.person_by_username("zhaomin"), now=NOON)
        task = opened.scalars(select(UserTask).where(UserTask.instance_id == made.id)).one()
        return {"id": made.id, "number": made.number, "element": task.element_id, "definition": str(task.definition_id)}


def returned(case: Any, *usernames: str) -> None:
    tell("task_returned", *usernames, case_id=case["id"], element=case["element"], definition=case["definition"])


def delivery_id() -> int:
    with db.reading() as opened:
        return opened.scalars(select(Delivery.id).order_by(Delivery.id.desc())).first()


def reason() -> str | None:
    with db.reading() as opened:
        return opened.scalars(select(Delivery.reason).order_by(Delivery.id.desc())).first()


def test_a_mail_names_case_and_station_in_the_readers_language_and_leads_there(door: Door, case: Any) -> None:
    with db.transaction() as opened:
        opened.execute(update(User).where(User.username == "wangfang").values(language="en"))
    returned(case, "zhaomin", "wangfang")
    for row in jobs():
        run(row)
    chinese, english = door.mails
    assert (chinese["Subject"], english["Subject"]) == ("退回", "Sent back to you")
    body = chinese.get_body(("plain",)).get_content()
    assert case["number"] in body
    assert "已退回给您" in body
    assert f"https://credit.bank.example/cases/{case['id']}" in body
    assert "was sent back to you" in english.get_body(("plain",)).get_content()
    assert deliveries() == [("mail", "sent")] * 2


def test_nothing_of_a_customer_leaves_by_mail_or_sms(door: Door, case: Any) -> None:
    with db.transaction() as opened:
        opened.get_one(ProcessInstance, case["id"]).title = "王小明 · 个人消费贷款"
    wish("zhaomin", channels={"returns": ["mail", "sms"]})
    tell(
        "task_returned",
        "zhaomin",
        case_id=case["id"],
        element=case["element"],
        definition=case["definition"],
        customer="王小明",
        reason="身份证号 110101199003070134 不清晰",
    )
    for row in jobs():
        run(row)
    sent = door.mails[0].as_string() + "".join(
        part.get_content() for part in door.mails[0].walk() if part.get_content_maintype() == "text"
    )
    assert "王小明" not in sent
    assert "110101199003070134" not in sent
    assert set(door.texts[0].values) == {"event", "case", "station"}
    assert "王小明" not in door.texts[0].text


def test_a_second_run_of_the_job_sends_nothing(door: Door, case: Any) -> None:
    returned(case, "zhaomin")
    (row,) = jobs()
    run(row)
    run(row, tries_before=1)
    with db.transaction() as opened:
        opened.execute(text("DELETE FROM job_effect"))
    run(row, tries_before=2)
    assert len(door.mails) == 1


def test_a_worker_that_died_while_sending_leaves_it_unclear_and_nobody_sends_again(door: Door, case: Any) -> None:
    returned(case, "zhaomin")
    (row,) = jobs()
    door.fault, door.late = KeyboardInterrupt(), True
    with pytest.raises(KeyboardInterrupt):
        run(row)
    assert len(door.mails) == 1
    assert deliveries() == [("mail", "sending")]
    door.fault = None
    run(row, tries_before=1)
    assert deliveries() == [("mail", "unclear")]
    assert len(door.mails) == 1
    assert reason() == sending.CUT_OFF


def test_what_was_certainly_not_taken_is_tried_again_and_arrives_once(door: Door, case: Any) -> None:
    returned(case, "zhaomin")
    (row,) = jobs()
    door.fault = NotTaken("The mail server put the mail off (452).")
    with pytest.raises(NotTaken):
        run(row)
    assert deliveries() == [("mail", "waiting")]
    door.fault = None
    run(row, tries_before=1)
    assert deliveries() == [("mail", "sent")]
    assert len(door.mails) == 1


def test_after_the_last_try_it_is_failed_and_a_retry_of_the_job_sends_it(door: Door, case: Any) -> None:
    returned(case, "zhaomin")
    (row,) = jobs()
    door.fault = NotTaken("The mail server can't be reached: ConnectionRefusedError")
    with pytest.raises(NotTaken):
        run(row, tries_before=registry.TRIES - 1)
    assert deliveries() == [("mail", "failed")]
    assert reason() == "The mail server can't be reached: ConnectionRefusedError"
    door.fault = None
    run(row)
    assert deliveries() == [("mail", "sent")]


def test_what_is_refused_for_good_is_not_tried_again(door: Door, case: Any) -> None:
    returned(case, "zhaomin")
    (row,) = jobs()
    door.fault = Refused("The mail server refused the recipient (550).")
    with pytest.raises(GiveUp):
        run(row)
    assert deliveries() == [("mail", "failed")]


def test_an_unconfirmed_mail_is_unclear_and_its_job_is_done(door: Door, case: Any) -> None:
    returned(case, "zhaomin")
    (row,) = jobs()
    door.fault, door.late = Unclear("The mail server did not confirm the mail: TimeoutError"), True
    run(row)
    assert deliveries() == [("mail", "unclear")]


def test_a_person_may_send_an_unclear_mail_again_and_it_bears_the_same_message_id(door: Door, case: Any) -> None:
    test_an_unconfirmed_mail_is_unclear_and_its_job_is_done(door, case)
    with db.transaction():
        operations.send_again(delivery_id=delivery_id(), actor=SYSTEM, now=NOON)
    door.fault = None
    run(jobs()[-1])
    assert deliveries() == [("mail", "sent")]
    first, second = (str(mail["Message-ID"]) for mail in door.mails)
    assert first == second


def test_what_has_been_sent_cannot_be_sent_again(door: Door, case: Any) -> None:
    returned(case, "zhaomin")
    run(jobs()[0])
    with db.reading(), pytest.raises(NotFound):
        operations.send_again(delivery_id=delivery_id(), actor=SYSTEM, now=NOON)


def test_two_workers_at_the_same_delivery_send_once(door: Door, case: Any) -> None:
    returned(case, "zhaomin")
    (row,) = jobs()

    class Slow(Door):
        def send(self, message: Any) -> None:
            with db.separate_transaction():
                sending.deliver(delivery_id=delivery_id_now, now=NOON)
            super().send(message)

    delivery_id_now = row.args["args"]["delivery"]
    slow = Slow()
    sending.channels.use(sending.channels.Ways(slow, slow, "https://credit.bank.example", "Asia/Shanghai"))
    run(row)
    assert len(slow.mails) == 1


def test_words_changed_by_an_administrator_are_in_the_next_mail(door: Door, case: Any) -> None:
    words = {"event": "task_returned", "locale": "zh_Hans", "actor": SYSTEM, "now": NOON}
    with db.transaction():
        operations.change_text(title="请补正", sentence="{case} 需补正后重新提交", **words)
    returned(case, "zhaomin")
    run(jobs()[0])
    assert door.mails[0]["Subject"] == "请补正"
    with db.transaction():
        operations.reset_text(**words)
    returned(case, "zhaomin")
    run(jobs()[-1])
    assert door.mails[1]["Subject"] == "退回"


def test_words_with_other_places_are_refused(door: Door) -> None:
    with db.reading(), pytest.raises(Refusal, match="may stand in braces"):
        operations.change_text(
            event="task_returned", locale="en", title="x", sentence="{customer}", actor=SYSTEM, now=NOON
        )
    with db.reading(), pytest.raises(NotFound):
        operations.change_text(event="nothing", locale="en", title="x", sentence="y", actor=SYSTEM, now=NOON)


def test_a_digest_says_once_a_day_what_waits_and_what_has_happened(door: Door, case: Any) -> None:
    wish("zhaomin", channels={"talk": ["digest"]}, digest_at=time(8, 30))
    tell("case_copied", "zhaomin", case_id=case["id"])
    morning = datetime(2026, 3, 3, 0, 31, tzinfo=UTC)
    for _ in range(2):
        with db.transaction():
            digest.put_digests(now=morning)
    (row,) = jobs()
    run(row)
    (mail,) = door.mails
    body = mail.get_body(("plain",)).get_content()
    assert mail["Subject"] == "每日摘要：1 项待办，1 条通知"
    assert f"{case['number']} 已抄送给您" in body
    assert deliveries() == [("digest", "sent")]


def test_no_digest_before_its_time_nor_on_a_day_off(door: Door) -> None:
    wish("zhaomin", channels={}, digest_at=time(8, 30))
    for moment in (datetime(2026, 3, 3, 0, 29, tzinfo=UTC), datetime(2026, 3, 7, 2, 0, tzinfo=UTC)):
        with db.transaction():
            assert digest.put_digests(now=moment) == 0
    with db.transaction():
        assert digest.put_digests(now=datetime(2026, 3, 9, 2, 0, tzinfo=UTC)) == 1


def test_an_empty_digest_is_not_sent(door: Door) -> None:
    wish("qiyue", channels={}, digest_at=time(8, 30))
    with db.transaction():
        digest.put_digests(now=datetime(2026, 3, 3, 1, 0, tzinfo=UTC))
    run(jobs()[0])
    assert door.mails == []


def test_a_digest_that_was_cut_off_is_not_sent_twice(door: Door, case: Any) -> None:
    wish("zhaomin", channels={"talk": ["digest"]}, digest_at=time(8, 30))
    tell("case_copied", "zhaomin", case_id=case["id"])
    with db.transaction():
        digest.put_digests(now=NOON + timedelta(days=1))
    (row,) = jobs()
    door.fault, door.late = Unclear("The mail server did not confirm the mail."), True
    run(row)
    assert deliveries() == [("digest", "unclear")]


def test_a_worker_that_died_while_sending_a_digest_of_tasks_alone_does_not_send_it_twice(door: Door, case: Any) -> None:
    wish("zhaomin", channels={}, digest_at=time(8, 30))
    with db.transaction():
        digest.put_digests(now=NOON + timedelta(days=1))
    (row,) = jobs()
    door.fault, door.late = KeyboardInterrupt(), True
    with pytest.raises(KeyboardInterrupt):
        run(row)
    door.fault = None
    run(row, tries_before=1)
    assert len(door.mails) == 1


def test_a_digest_that_is_refused_is_a_failed_job(door: Door, case: Any) -> None:
    wish("zhaomin", channels={}, digest_at=time(8, 30))
    with db.transaction():
        digest.put_digests(now=NOON + timedelta(days=1))
    door.fault = Refused("The mail server refused the recipient (550).")
    with pytest.raises(GiveUp):
        run(jobs()[0])


def test_a_digest_that_was_not_taken_keeps_its_notices_for_the_next_try(door: Door, case: Any) -> None:
    wish("zhaomin", channels={"talk": ["digest"]}, digest_at=time(8, 30))
    tell("case_copied", "zhaomin", case_id=case["id"])
    with db.transaction():
        digest.put_digests(now=NOON + timedelta(days=1))
    (row,) = jobs()
    door.fault = NotTaken("busy")
    with pytest.raises(NotTaken):
        run(row)
    assert deliveries() == [("digest", "waiting")]
    door.fault = None
    run(row, tries_before=1)
    assert len(door.mails) == 1


def test_an_sms_has_the_number_only_in_the_providers_hands(door: Door, case: Any) -> None:
    wish("zhaomin", channels={"returns": ["sms"]})
    returned(case, "zhaomin")
    run(jobs()[0])
    (sms,) = door.texts
    assert sms.number == f"138{user_id('zhaomin'):08d}"
    assert sms.key.startswith("notice-")
    with db.reading() as opened:
        kept = str(opened.execute(text("SELECT * FROM notice_delivery")).all())
        queued = str(opened.execute(text("SELECT args FROM procrastinate_jobs")).all())
    assert sms.number not in kept + queued


def test_the_values_of_an_sms_are_in_the_language_of_its_template(door: Door, case: Any) -> None:
    """The gateway has approved its template in one language; whoever reads another one gets whole sentences all the same."""
    door.language = "en"
    wish("zhaomin", channels={"returns": ["sms"]})
    returned(case, "zhaomin")
    run(jobs()[0])
    assert door.texts[0].values["event"] == "Sent back to you"
    assert door.texts[0].text.startswith("退回")


def test_a_notice_of_a_case_that_is_gone_is_still_told(door: Door) -> None:
    tell("incident", "zhaomin", case_id=uuid.uuid4())
    run(jobs()[0])
    assert door.mails[0]["Subject"] == "流程异常"
    assert rules.event_of("incident").urgent
