"""From a press to the post office: a real step, the worker's jobs, a real SMTP server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from app.demo import desk
from app.kernel import db
from app.kernel.clock import now
from app.notifications import channels, routing
from app.notifications.channels import Ways
from app.notifications.mail import SmtpMailer
from app.workflow import acts
from app.workflow.acts import Given
from app.workflow.rules import Verb
from config import MailSettings
from tests.integration.desk_fixtures import a_committed_case
from tests.integration.notifications.conftest import Door, deliveries, jobs, run
from tests.integration.workflow.route import Route
from tests.unit.notifications import mail_server
from tests.unit.notifications.mail_server import Post

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def post(door: Door) -> Iterator[Post]:
    """The door is a mail server on this machine."""
    made = Post()
    server = mail_server.start(made)
    settings = MailSettings(host="127.0.0.1", port=mail_server.port_of(server), security="none", timeout=3)
    channels.use(Ways(SmtpMailer(settings), None, "https://credit.bank.example", "Asia/Shanghai"))
    yield made
    server.stop()


@pytest.fixture
def case(told: Any) -> Route:
    staff = desk.staff()
    db.session.remove()
    return a_committed_case(staff, "routing")


def send_back(case: Route, then: BaseException | None = None) -> None:
    """To the first station, whose holder is told by mail; with `then` the press ends in a fault."""
    case.act(Verb.CLAIM, "routing", by="zhouyan")
    task, person = case.task("routing"), case.person("zhouyan")
    given = Given(reason="缺少收入证明", reason_code="incomplete", target="intake", mode="straight")
    acts.carry_out(verb=Verb.SEND_BACK, subject_id=task.id, given=given, person=person, now=now())
    if then is not None:
        raise then


def work_off() -> None:
    """What a worker does: route what is new, then the jobs."""
    with db.transaction():
        routing.route(now=now())
    for row in jobs():
        run(row)


def test_a_step_that_did_not_commit_sends_nothing_and_one_that_did_sends_one_mail(post: Post, case: Route) -> None:
    with suppress(ZeroDivisionError), db.transaction():
        send_back(case, then=ZeroDivisionError())
    db.session.remove()
    work_off()
    assert (post.mails, deliveries()) == ([], [])
    with db.transaction():
        send_back(case)
    db.session.remove()
    work_off()
    work_off()
    (mail,) = post.mails
    assert (mail["Subject"], str(mail["To"])) == ("退回", "zhaomin@bank.example")
    body = mail.get_body(("plain",))
    assert body is not None
    assert f"https://credit.bank.example/cases/{case.case.id}" in body.get_content()
    assert case.facts.customer.name not in mail.as_string()
    assert deliveries() == [("mail", "sent")]


def test_a_press_is_not_kept_waiting_by_a_mail_server_that_is_away(post: Post, case: Route) -> None:
    """The mail is a job: the step is done, the mail waits."""
    channels.use(Ways(SmtpMailer(MailSettings(host="127.0.0.1", port=1, security="none", timeout=3))))
    with db.transaction():
        send_back(case)
    db.session.remove()
    assert case.stations == ["intake"]
    db.session.remove()
    with db.transaction():
        routing.route(now=now())
    (row,) = jobs()
    with pytest.raises(channels.NotTaken):
        run(row)
    assert deliveries() == [("mail", "waiting")]
