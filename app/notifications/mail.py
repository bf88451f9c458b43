"""Mails: put together without any risk from what stands in them, and handed to the bank's SMTP server.

Header injection is impossible by construction: `EmailMessage` refuses line ends in headers, and what comes from outside is
made printable first. The Message-ID is the same at every try of the same notice, so a repeated mail can be recognised.
"""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path

from markupsafe import Markup, escape

from app.kernel.clock import now
from app.notifications.channels import NotTaken, Refused, Unclear
from config import MailSettings

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}")
PAGE = Markup(
    '<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title></head>'
    '<body style="margin:0;padding:24px;font:16px/1.6 sans-serif;color:#1c2733">'
    '<h1 style="font-size:18px;margin:0 0 12px;color:#12304f">{title}</h1>{body}'
    '<p style="margin:24px 0 0;font-size:13px;color:#5b6b7b">{foot}</p></body></html>'
)
LINE = Markup('<p style="margin:0 0 8px">{text}</p>')
LINK = Markup('<p style="margin:0 0 8px"><a href="{url}">{text}</a></p>')


def compose(
    *,
    sender: str,
    to: str,
    title: str,
    lines: list[tuple[str, str]],
    foot: str,
    lang: str,
    key: str,
    now: datetime,
) -> EmailMessage:
    """A mail in plain text and HTML. lines: sentence and link ("" for none). key: what the Message-ID is made from.

    Raises Refused where the address is none.
    """
    if not ADDRESS.fullmatch(to):
        raise Refused("The user's e-mail address is not valid.")
    message = EmailMessage(policy=SMTP)
    name, address = parseaddr(sender)
    message["From"] = Address(one_line(name), addr_spec=address)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = one_line(title)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(key, address)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = lang
    plain = [f"{one_line(text)}\n{url}" if url else one_line(text) for text, url in lines]
    message.set_content("\n\n".join([*plain, foot]) + "\n")
    body = Markup("").join(LINK.format(url=url, text=text) if url else LINE.format(text=text) for text, url in lines)
    page = PAGE.format(lang=lang, title=escape(one_line(title)), body=body, foot=foot)
    message.add_alternative(str(page), subtype="html")
    return message


def one_line(text: str) -> str:
    """The text without anything that could begin a new line or be invisible."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def message_id(key: str, sender: str) -> str:
    """The Message-ID of everything sent under this key."""
    domain = sender.rpartition("@")[2] or "localhost"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


class SmtpMailer:
    """Hands each mail over in a connection of its own, step by step, so that the moment of a failure is known."""

    def __init__(self, settings: MailSettings, context: ssl.SSLContext | None = None) -> None:
        self.settings, self.sender = settings, settings.sender
        self._context = context

    @property
    def context(self) -> ssl.SSLContext:
        """Certificates are checked; loaded when first needed (a web process never needs it)."""
        self._context = self._context or ssl.create_default_context()
        return self._context

    def send(self, message: EmailMessage) -> None:
        """Until DATA nothing is taken; a server's answer decides; silence after DATA is unclear."""
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException) as fault:
            raise NotTaken(f"The mail server can't be reached: {_words(fault)}") from fault
        try:
            self._address(server, message)
            self._hand_over(server, message)
        finally:
            server.close()

    def _connect(self) -> smtplib.SMTP:
        wanted = self.settings
        if wanted.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                wanted.host, wanted.port, timeout=wanted.timeout, context=self.context
            )
        else:
            server = smtplib.SMTP(wanted.host, wanted.port, timeout=wanted.timeout)
        try:
            if wanted.security == "starttls":
                server.starttls(context=self.context)
            if wanted.user:
                server.login(wanted.user, wanted.password)
            server.ehlo_or_helo_if_needed()
        except BaseException:
            server.close()
            raise
        return server

    def _address(self, server: smtplib.SMTP, message: EmailMessage) -> None:
        try:
            for code, answer in (
                server.mail(parseaddr(str(message["From"]))[1]),
                server.rcpt(parseaddr(str(message["To"]))[1]),
            ):
                _judge(code, answer, "the sender or the recipient")
        except (OSError, smtplib.SMTPException) as fault:
            raise NotTaken(f"The mail server broke off: {_words(fault)}") from fault

    def _hand_over(self, server: smtplib.SMTP, message: EmailMessage) -> None:
        try:
            code, answer = server.data(message.as_bytes(policy=SMTP))
        except smtplib.SMTPDataError as fault:
            code, answer = fault.smtp_code, fault.smtp_error if isinstance(fault.smtp_error, bytes) else b""
        except (OSError, smtplib.SMTPException) as fault:
            raise Unclear(f"The mail server did not confirm the mail: {_words(fault)}") from fault
        _judge(code, answer, "the mail")


class FileMailer:
    """Writes mails to a folder: for the demo, where one can look at them."""

    def __init__(self, folder: Path, sender: str) -> None:
        self.folder, self.sender = folder, sender

    def send(self, message: EmailMessage) -> None:
        """One .eml file; the same mail once more is the same file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = str(message["Message-ID"]).strip("<>").partition("@")[0][:16]
        (self.folder / f"{now():%Y%m%d}-{name}.eml").write_bytes(message.as_bytes(policy=SMTP))


def _judge(code: int, answer: bytes, what: str) -> None:
    """2xx goes on, 4xx may be tried again, 5xx is final. The server's words may name an address, so only its code is kept."""
    if code >= 500:
        raise Refused(f"The mail server refused {what} ({code}{_enhanced(answer)}).")
    if code >= 400 or code < 200:
        raise NotTaken(f"The mail server put {what} off ({code}{_enhanced(answer)}).")


def _enhanced(answer: bytes) -> str:
    """The enhanced status code (RFC 3463) at the beginning of an answer."""
    found = re.match(rb"\s*([245]\.\d{1,3}\.\d{1,3})", answer or b"")
    return f" {found.group(1).decode()}" if found else ""


def _words(fault: BaseException) -> str:
    if isinstance(fault, smtplib.SMTPResponseException):
        return f"{type(fault).__name__} {fault.smtp_code}"
    return type(fault).__name__
