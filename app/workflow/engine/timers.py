"""Timers as they are drawn: what they ring by, and whether one that counts working time says something it can count.

`<credit:timer counts="working"/>` beside the definition of a timer event says that its duration or cycle is time in which the
bank is open; without it the timer goes by the clock on the wall, as BPMN says.
"""

from __future__ import annotations

from lxml import etree

from app import feel
from app.kernel.working_time import BadDuration
from app.workflow.engine.environment import LITERAL_TIME, compiled
from app.workflow.engine.events import working_cycle
from app.workflow.engine.model import Event
from app.workflow.engine.texts import Findings
from app.workflow.engine.xmlgate import BPMN

COUNTS = ("wall", "working")
KINDS = ("date", "duration", "cycle")


def read_timer(definition: etree._Element, config: etree._Element | None, node_id: str, findings: Findings) -> Event:
    """The event of a timer, with what is wrong with its working time as findings."""
    kind, text = _written(definition)
    if config is None:
        return Event("timer", text, kind)
    for name in sorted({str(name) for name in config.attrib} - {"counts"}):
        findings.error("step_unknown", node_id, name=name, known="counts")
    counts = config.get("counts", COUNTS[0])
    if counts not in COUNTS:
        findings.error("timer_counts", node_id, counts=counts, known=", ".join(COUNTS))
    event = Event("timer", text, kind, working=counts == "working")
    if event.working and text:
        _check(event, node_id, findings)
    return event


def _written(definition: etree._Element) -> tuple[str | None, str | None]:
    for kind in KINDS:
        child = definition.find(f"{{{BPMN}}}time{kind.capitalize()}")
        text = (child.text or "").strip() if child is not None else ""
        if text:
            return kind, text
    return None, None


def _check(event: Event, node_id: str, findings: Findings) -> None:
    if event.timer == "date":
        findings.error("timer_date_working", node_id)
        return
    if not _may_be_working_time(event.value or ""):
        findings.error("timer_not_working_time", node_id, text=event.value or "")


def _may_be_working_time(text: str) -> bool:
    """Whether the clock can count it, as far as that is known before a case is. A FEEL duration has no working days: 24 hours of
    it are a day, so it must be said as a text."""
    try:
        if LITERAL_TIME.fullmatch(text):
            working_cycle(text)
            return True
        expression = compiled(text)
        if feel.type_of(expression, {}).kind == "duration":
            return False
        if not expression.names:
            working_cycle(feel.from_feel(expression.evaluate({})))
    except BadDuration:
        return False
    except feel.FeelError:
        return True  # an expression that can't be read is a finding of its own
    return True
