"""The `credit:deadline` of a station: the chain of reminders and hand-overs that follows its due date.

`<credit:deadline remind="PT4H before, PT0M, PT8H" superior="P1D" deputy="P2D" supervisor="P3D"/>`: each attribute is a kind
of link, each text in it a working time after the due date, or before it. A link hands over or tells; none of them answers
for anybody, so nothing here can approve.
"""

from __future__ import annotations

from datetime import timedelta

from lxml import etree

from app.kernel.working_time import CLOSES, OPENS, BadDuration, Calendar, parse_duration
from app.workflow.engine.stations import Link
from app.workflow.engine.texts import Findings

KINDS = ("remind", "superior", "deputy", "supervisor")
MOST = 20
# Only to put links in order and to compare them with the due date; what is counted later goes by the bank's own hours.
USUAL = Calendar(hours=((OPENS, CLOSES),))


def is_duration(text: str) -> bool:
    """Whether the text is a working time like P2D or PT8H."""
    try:
        parse_duration(text)
    except BadDuration:
        return False
    return True


def read_deadline(
    element: etree._Element | None, node_id: str, *, due: str | None, is_vote: bool, findings: Findings
) -> tuple[Link, ...]:
    """The links of a station in the order in which they come; what is wrong with them becomes findings."""
    if element is None:
        return ()
    for name in sorted({str(name) for name in element.attrib} - set(KINDS)):
        findings.error("step_unknown", node_id, name=name, known=", ".join(KINDS))
    links = [link for kind in KINDS for link in _links(kind, str(element.get(kind, "")), node_id, findings)]
    if due is None or not is_duration(due):
        if due is None:
            findings.error("deadline_without_due", node_id)
        return ()
    if is_vote and any(link.kind == "deputy" for link in links):
        findings.error("deadline_vote_deputy", node_id)
    if len(links) > MOST:
        findings.error("deadline_too_long", node_id, number=len(links), most=MOST)
    for link in links:
        if link.before and USUAL.work(link.delay) > USUAL.work(due):
            findings.error("deadline_before_start", node_id, text=link.delay, due=due)
    ordered = sorted(links, key=lambda link: (_place(link), KINDS.index(link.kind)))
    if [KINDS.index(link.kind) for link in ordered if link.kind != "remind"] != sorted(
        KINDS.index(link.kind) for link in ordered if link.kind != "remind"
    ):
        findings.error("deadline_order", node_id)
    return tuple(ordered)


def _links(kind: str, text: str, node_id: str, findings: Findings) -> list[Link]:
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        delay, _, side = part.partition(" ")
        if not is_duration(delay) or side.strip() not in ("", "before", "after"):
            findings.error("deadline_unreadable", node_id, kind=kind, text=part)
        else:
            found.append(Link(kind, delay, side.strip() == "before"))
    return found


def _place(link: Link) -> timedelta:
    work = USUAL.work(link.delay)
    return -work if link.before else work
