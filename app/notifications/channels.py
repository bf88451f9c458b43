"""The ways out of the house, as this installation has them; and what may go wrong at the door.

A sender says one of three things about a message that did not go out smoothly: it was not taken and may be tried again
(NotTaken), it will never be taken (Refused), or nobody can know (Unclear).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol

from app.notifications.rules import Channel


class NotTaken(Exception):
    """The other side has certainly not taken the message; another try may succeed. The text holds no address and no number."""


class Refused(Exception):
    """The other side will not take this message, however often it is tried."""


class Unclear(Exception):
    """The connection was lost after the message had been handed over and before it was confirmed."""


@dataclass(frozen=True)
class Sms:
    """One text message. key: the same for every try of the same notice; values fill the gateway's approved template."""

    number: str
    text: str
    values: Mapping[str, str]
    key: str


class Mailer(Protocol):
    """Hands mails over. Raises NotTaken, Refused, Unclear."""

    sender: str

    def send(self, message: EmailMessage) -> None:
        """Returns when the other side has taken it."""


class SmsProvider(Protocol):
    """Hands text messages over. Raises NotTaken, Refused, Unclear.

    language: that of the gateway's template, in which the values are written; None: the reader's.
    """

    language: str | None

    def send(self, sms: Sms) -> None:
        """Returns when the other side has taken it."""


@dataclass
class Ways:
    """What this process sends by; None: not at all. public_url begins the links in mails."""

    mail: Mailer | None = None
    sms: SmsProvider | None = None
    public_url: str = ""
    zone: str = "Asia/Shanghai"


_ways = Ways()


def use(ways: Ways) -> None:
    """Send by these from now on."""
    global _ways
    _ways = ways


def ways() -> Ways:
    """The ways in use."""
    return _ways


def open_channels() -> frozenset[Channel]:
    """The channels that this installation has."""
    found: set[Channel] = set()
    if _ways.mail is not None:
        found |= {Channel.MAIL, Channel.DIGEST}
    if _ways.sms is not None:
        found.add(Channel.SMS)
    return frozenset(found)
