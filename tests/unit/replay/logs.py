"""Cases of logs written by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.replay.events import Event, LogCase

BEGIN = datetime(2011, 10, 3, 8, 0, tzinfo=UTC)


def case_of(*words: str, id: str = "1", **facts: str) -> LogCase:
    """Events an hour apart; each word is "activity", "activity|PHASE" or "activity|PHASE|resource"."""
    case = LogCase(id, facts)
    for number, word in enumerate(words):
        activity, phase, who = (*word.split("|"), "", "")[:3]
        case.events.append(Event(number + 2, BEGIN + timedelta(hours=number), activity, phase, who))
    return case


def loan_2012(*words: str, amount: str = "5000", id: str = "1") -> LogCase:
    """A case of 2012; states have the phase COMPLETE."""
    return case_of(*(w if "|" in w else f"{w}|COMPLETE" for w in words), id=id, amount_req=amount)
