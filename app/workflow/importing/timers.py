"""Times: ISO 8601 as it is, cron and expressions of other engines where they can be told, and a question for the rest."""

from __future__ import annotations

import re

from app.workflow.importing.desk import TIME, text
from app.workflow.importing.expressions import expression
from app.workflow.importing.model import Event, Node
from app.workflow.importing.work import Work

PROPOSED = {"duration": "P1D", "cycle": "R3/P1D", "date": "P1D"}
_PLUS = re.compile(r"plus(Years|Months|Weeks|Days|Hours|Minutes)\(\s*(\d{1,4})\s*\)")
_UNITS = {"Years": "P{}Y", "Months": "P{}M", "Weeks": "P{}W", "Days": "P{}D", "Hours": "PT{}H", "Minutes": "PT{}M"}
_WORDS = re.compile(
    r"(\d{1,4})\s*(?:-\s*)?(business day|working day|day|week|month|hour|minute|min|tag|stunde|woche|monat"
    r"|个工作日|天|日|小时|小時|分钟|周)",
    re.IGNORECASE,
)
_SPOKEN: tuple[tuple[str, str], ...] = (
    ("min", "PT{}M"),
    ("分", "PT{}M"),
    ("hour", "PT{}H"),
    ("stunde", "PT{}H"),
    ("小", "PT{}H"),
    ("week", "P{}W"),
)
_SPOKEN += (("woche", "P{}W"), ("周", "P{}W"), ("mon", "P{}M"), ("", "P{}D"))
_QUARTZ = re.compile(r"0 0/(\d{1,2}) \* \* \* \?|0 0 0/(\d{1,2}) \* \* \?")


def timer_text(work: Work, node: Node, event: Event) -> tuple[str, str]:
    """The text of a timer and its kind (date, duration, cycle); asked for where there is none that can be read."""
    given = event.text.strip().strip("\"'")
    if TIME.fullmatch(given):
        if given != event.text.strip():
            node.line.changed("translated", was=event.text, now=given)
        return given, _kind(given, event.timer)
    told = _told(given)
    if told is not None:
        node.line.changed("translated", was=event.text, now=told)
        return told, _kind(told, event.timer)
    read = expression(event.text, work.names) if event.text else None
    if read is not None and read.names and event.text.lstrip()[:1] in "$#=":
        node.line.changed("translated", was=event.text, now=read.text)
        return read.text, event.timer or "duration"
    proposed = _spoken(f"{node.name} {given}") or PROPOSED.get(event.timer, "P1D")
    answer = work.ask("timer", node, text("time", "time", proposed), was=event.text or "–")
    return answer["time"], _kind(answer["time"], event.timer)


def _kind(text_: str, given: str) -> str:
    upper = text_.upper()
    if upper.startswith("R"):
        return "cycle"
    if upper.startswith("P"):
        return "duration"
    return "date" if re.match(r"\d{4}-", text_) else given or "duration"


def _told(given: str) -> str | None:
    plus = _PLUS.search(given)
    if plus:
        return _UNITS[plus.group(1)].format(plus.group(2))
    quartz = _QUARTZ.fullmatch(given)
    if quartz:
        return f"R/PT{quartz.group(1)}M" if quartz.group(1) else f"R/PT{quartz.group(2)}H"
    return None


def _spoken(words: str) -> str | None:
    """A time that the name tells: "after 2 days", "5 天"."""
    match = _WORDS.search(words)
    if match is None:
        return None
    unit = match.group(2).lower()
    return next(form for word, form in _SPOKEN if word in unit).format(match.group(1))


def due_text(given: str) -> str | None:
    """A due date as working time (P2D, PT4H); None where it is none."""
    bare = given.strip().strip("\"'=")
    if re.fullmatch(r"P(?=.)(\d+W|(\d+D)?(T(?=.)(\d+H)?(\d+M)?)?)", bare):
        return bare
    told = _told(bare)
    return told if told is not None and re.fullmatch(r"P(?=.)(\d+W|(\d+D)?(T(\d+H)?(\d+M)?)?)", told) else None
