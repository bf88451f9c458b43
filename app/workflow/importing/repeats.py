"""Repetition: a countersign or committee becomes a vote, the rest gets a number or a list."""

from __future__ import annotations

import re

from app.workflow.importing.desk import choice, text
from app.workflow.importing.expressions import condition, expression
from app.workflow.importing.model import STATIONS, Loop, Node
from app.workflow.importing.names import slug
from app.workflow.importing.people import group_options, guess_group
from app.workflow.importing.texts import sentence
from app.workflow.importing.work import Work

MOST = 200
_COUNTED = re.compile(
    r"nrOf(Completed|Active)?Instances|numberOf(Completed|Active|Terminated)?Instances|canComplete|rate", re.IGNORECASE
)
_SHARE = re.compile(
    r"(?:nrOfCompletedInstances|agree\w*|passed\w*)\s*/\s*nrOfInstances\s*(>=|>|==)\s*(0?\.\d+|1(?:\.0)?)"
)
_ALL = re.compile(r"nrOfCompletedInstances\s*==?\s*nrOfInstances")
_PLAIN = re.compile(r"\s*(?:[$#]\{|=)?\s*([^\W\d]\w*)\s*\}?\s*")


def mend(work: Work) -> None:
    """Every repeated activity says how often and for whom."""
    for node in work.diagram.nodes:
        if node.loop is None or any(child.tag.endswith("}step") for child in node.said["own"]):
            continue
        if node.kind.endswith(("Event", "Gateway")):
            node.loop = None
        elif node.loop.kind == "standard":
            _standard(work, node, node.loop)
        else:
            _many(work, node, node.loop)


def _standard(work: Work, node: Node, loop: Loop) -> None:
    if loop.condition:
        read = condition(loop.condition, work.names)
        if read is not None:
            loop.condition = read.text
            return
    loop.maximum = loop.maximum if loop.maximum.isdigit() else ""
    if loop.maximum and not loop.condition:
        return
    answer = work.ask("loop", node, text("number", "number", loop.maximum or "3"), text("condition", "feel", ""),
                      was=loop.condition or "–")  # fmt: skip
    loop.maximum, loop.condition = answer["number"], answer["condition"]


def _many(work: Work, node: Node, loop: Loop) -> None:
    read = condition(loop.condition, work.names) if loop.condition else None
    if loop.condition and read is None and node.kind not in STATIONS:
        node.line.changed("completion_dropped", was=loop.condition)
    number = loop.cardinality if loop.cardinality.isdigit() and 1 <= int(loop.cardinality) <= MOST else ""
    counted = bool(loop.condition and _COUNTED.search(loop.condition))
    if node.kind in STATIONS and (counted or not (number or loop.collection)):
        _ask_many(work, node, loop, "vote")
    elif number:
        loop.condition = read.text if read else ""
    elif loop.collection and (key := _list(work, loop.collection)):
        loop.collection, loop.cardinality, loop.condition = key, "", read.text if read else ""
        loop.item = work.names.key(loop.item) if loop.item else ""
        node.line.changed("many_list", list=key)
    elif loop.cardinality and (told := expression(loop.cardinality, work.names)) is not None and told.names:
        loop.cardinality, loop.collection, loop.condition = told.text, "", read.text if read else ""
        node.line.changed("translated", was=loop.cardinality, now=told.text)
    else:
        _ask_many(work, node, loop, "number")


def _list(work: Work, given: str) -> str:
    match = _PLAIN.fullmatch(given)
    return work.names.key(match.group(1)) if match else ""


def _ask_many(work: Work, node: Node, loop: Loop, proposed: str) -> None:
    """Who the many are, and what it takes: a vote of a group, a number, a list, or just once."""
    words = ["number", "list", "once"]
    groups = group_options(work.bank)
    if node.kind in STATIONS and groups:
        words.insert(0, "vote")
    proposed = proposed if proposed in words else "number"
    lanes = [lane.name for lane in node.scope.top.lanes if node in lane.nodes]
    wish = guess_group(work.bank, " ".join([node.name, str(node.said.get("groups") or ""), *lanes]))
    entries = [choice("what", proposed, [(word, sentence(f"choice_many_{word}")) for word in words])]
    if "vote" in words:
        entries.append(
            choice(
                "group",
                wish or guess_group(work.bank, "committee") or groups[0][0],
                groups,
                label="entry_group",
                only="vote",
            )
        )
        passing = [(rule, sentence(f"pass_{name}")) for rule, name in _PASSING]
        entries.append(choice("pass", _threshold(loop.condition), passing, label="entry_pass", only="vote"))
    entries.append(text("number", "number", "3", only="number"))
    entries.append(text("list", "text", slug(loop.collection) or "people", only="list"))
    answer = work.ask("many", node, *entries, was=loop.condition or loop.collection or loop.cardinality or "–")
    _settle(work, node, loop, dict(answer))


_PASSING = ((">1/2", "half"), ("2/3", "two_thirds"), ("3/4", "three_quarters"), ("1/1", "all"))


def _threshold(text_: str) -> str:
    """What the completion condition of a countersign asks for, as far as it tells."""
    if _ALL.search(text_):
        return "1/1"
    match = _SHARE.search(text_)
    share = float(match.group(2)) if match else 0.5
    return "1/1" if share >= 1 else "3/4" if share >= 0.75 else "2/3" if share > 0.6 else ">1/2"


def _settle(work: Work, node: Node, loop: Loop, answer: dict[str, str]) -> None:
    if answer["what"] == "vote":
        node.loop = None
        node.vote = {"electorate": answer["group"], "pass": answer["pass"]}
        node.line.changed(
            "many_becomes_vote", group=work.bank.groups.get(answer["group"]) or answer["group"], share=answer["pass"]
        )
    elif answer["what"] == "once":
        node.loop = None
        node.line.changed("many_once")
    elif answer["what"] == "list":
        loop.collection, loop.cardinality = work.names.key(answer["list"]), ""
        loop.condition, loop.item = "", loop.item and work.names.key(loop.item)
    else:
        loop.cardinality, loop.collection, loop.condition = answer["number"], "", ""
