"""Mails against a real SMTP server: what arrives, over which protection, and what each kind of failure means."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notifications import mail
from app.notifications.channels import NotTaken, Refused, Unclear
from app.notifications.mail import FileMailer, SmtpMailer
from config import MailSettings
from tests.unit.notifications import mail_server
from tests.unit.notifications.mail_server import PASSWORD, USER, Post

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def letter(**changes: Any) -> Any:
    given: dict[str, Any] = {
        "sender": "信贷流程 <creditflow@bank.example>",
        "to": "zhaomin@bank.example",
        "title": "退回",
        "lines": [
            ("CA-2026-000185 已退回给您：贷前审查", ""),
            ("打开申请", "https://credit.bank.example/cases/1?a=1&b=2"),
        ],
        "foot": "请勿回复。",
        "lang": "zh-Hans",
        "key": "notice 7",
        "now": AT,
    }
    return mail.compose(**{**given, **changes})


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def server(post: Post) -> Iterator[Callable[..., int]]:
    """A function that starts the server with options and tells its port."""
    started = []

    def start(**options: Any) -> int:
        started.append(mail_server.start(post, **options))
        return mail_server.port_of(started[-1])

    yield start
    for controller in started:
        controller.stop()


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return mail_server.certificate(tmp_path_factory.mktemp("certificate"))


def mailer(port: int, context: ssl.SSLContext | None = None, **changes: Any) -> SmtpMailer:
    given: dict[str, Any] = {"host": "127.0.0.1", "port": port, "security": "none", "timeout": 3}
    return SmtpMailer(MailSettings(**{**given, **changes}), context)


def test_a_mail_arrives_in_plain_text_and_html_with_all_its_signs(server: Any, post: Post) -> None:
    mailer(server()).send(letter())
    (found,) = post.mails
    assert found["Subject"] == "退回"
    assert str(found["To"]) == "zhaomin@bank.example"
    assert found["Auto-Submitted"] == "auto-generated"
    plain, html = (found.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    assert "CA-2026-000185 已退回给您：贷前审查" in plain.get_content()
    assert "https://credit.bank.example/cases/1?a=1&b=2" in plain.get_content()
    assert 'href="https://credit.bank.example/cases/1?a=1&amp;b=2"' in html.get_content()
    assert 'lang="zh-Hans"' in html.get_content()


def test_starttls_with_a_login_protects_the_mail(server: Any, post: Post, contexts: Any) -> None:
    port = server(
        tls_context=contexts[0], require_starttls=True, authenticator=mail_server.check_login, auth_required=True
    )
    mailer(port, contexts[1], security="starttls", user=USER, password=PASSWORD).send(letter())
    assert len(post.mails) == 1
    assert post.tls == [True]


def test_a_connection_that_is_protected_from_the_first_byte(server: Any, post: Post, contexts: Any) -> None:
    mailer(server(ssl_context=contexts[0]), contexts[1], security="tls").send(letter())
    assert len(post.mails) == 1


def test_a_server_with_a_certificate_that_nobody_vouches_for_gets_no_mail(
    server: Any, post: Post, contexts: Any
) -> None:
    port = server(tls_context=contexts[0], require_starttls=True)
    with pytest.raises(NotTaken, match="SSLCertVerificationError"):
        mailer(port, security="starttls").send(letter())
    assert post.mails == []


def test_a_server_that_offers_no_starttls_gets_no_mail(server: Any, post: Post, contexts: Any) -> None:
    with pytest.raises(NotTaken):
        mailer(server(), contexts[1], security="starttls").send(letter())
    assert post.mails == []


def test_a_wrong_password_is_tried_again_and_stands_in_no_message(server: Any, contexts: Any) -> None:
    port = server(tls_context=contexts[0], authenticator=mail_server.check_login, auth_required=True)
    with pytest.raises(NotTaken) as refused:
        mailer(port, contexts[1], security="starttls", user=USER, password="guess").send(letter())
    assert "guess" not in str(refused.value)


def test_a_server_that_is_not_there_has_taken_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NotTaken):
        mailer(port).send(letter())


def test_a_server_that_says_nothing_is_given_up_after_the_timeout() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(NotTaken):
            mailer(silent.getsockname()[1], timeout=1).send(letter())


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ({"rcpt": "550 5.1.1 <zhaomin@bank.example> no such user"}, Refused),
        ({"rcpt": "451 4.7.1 greylisted"}, NotTaken),
        ({"data": "554 5.7.1 looks like spam"}, Refused),
        ({"data": "452 4.2.2 mailbox full"}, NotTaken),
    ],
)
def test_what_the_server_answers_decides_whether_it_is_tried_again(
    server: Any, post: Post, answers: dict[str, str], fault: type[Exception]
) -> None:
    for name, answer in answers.items():
        setattr(post, name, answer)
    with pytest.raises(fault) as met:
        mailer(server()).send(letter())
    assert "zhaomin" not in str(met.value)
    assert answers[next(iter(answers))][:3] in str(met.value)
    assert post.mails == []


def test_a_connection_lost_after_the_mail_was_handed_over_is_unclear(server: Any, post: Post) -> None:
    post.hang_up = True
    with pytest.raises(Unclear):
        mailer(server()).send(letter())
    assert len(post.mails) == 1


def test_the_same_notice_has_the_same_message_id_at_every_try(server: Any, post: Post) -> None:
    port = server()
    for key in ("notice 7", "notice 7", "notice 8"):
        mailer(port).send(letter(key=key))
    first, again, other = (str(found["Message-ID"]) for found in post.mails)
    assert first == again != other
    assert first.endswith("@bank.example>")


@pytest.mark.parametrize("title", ["退回\r\nBcc: all@bank.example", "a\nb", "a\x00b", "x\u2028y", "\r\n\r\n<html>"])
def test_a_title_can_add_no_header(title: str) -> None:
    made = letter(title=title)
    assert made["Bcc"] is None
    assert "\nBcc" not in made.as_string()
    assert "\n" not in str(made["Subject"])


@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_stands_in_title_and_lines_a_mail_has_exactly_its_own_headers(title: str, line: str) -> None:
    made = letter(title=title, lines=[(line, "")])
    assert sorted(made.keys()) == sorted(letter().keys())
    made.as_bytes()


@pytest.mark.parametrize(
    "to", ["", "zhaomin", "a@b\r\nBcc: c@d", "a b@c.example", "a@b.example, c@d.example", "<a@b.example>"]
)
def test_an_address_that_is_none_is_refused(to: str) -> None:
    with pytest.raises(Refused):
        letter(to=to)


def test_markup_in_a_line_is_text_in_the_html_part() -> None:
    html = letter(lines=[("<script>alert(1)</script>", "")]).get_body(("html",)).get_content()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_the_demo_writes_the_same_mail_to_the_same_file(tmp_path: Path) -> None:
    files = FileMailer(tmp_path / "outbox", "a@bank.example")
    files.send(letter())
    files.send(letter())
    files.send(letter(key="notice 8"))
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 2
