"""The `credit:` extension: what an analyst writes about a station, read into a `Step`.

Everything sits in `bpmn:extensionElements` under the namespace `urn:creditflow:bpmn:1`; unknown names in it are
findings, because a misspelt `fourEyes` that nobody notices is worse than a refused file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from app.workflow.engine.candidates import read_candidates
from app.workflow.engine.deadlines import is_duration, read_deadline
from app.workflow.engine.stations import Customs, Document, Moves, Outcome, SendBack, Step, VoteRule
from app.workflow.engine.texts import Findings
from app.workflow.engine.values import LANGUAGES, Texts
from app.workflow.engine.voting import read_vote
from app.workflow.engine.xmlgate import BPMN

CREDIT = "urn:creditflow:bpmn:1"
KINDS = frozenset({"approve", "refuse", "neutral"})
MODES = frozenset({"straight", "step"})
_DURATION = re.compile(r"P(?=.)(\d+W|(\d+D)?(T(?=.)(\d+H)?(\d+M)?)?)")
OPTIONAL_MOVES = frozenset({"transfer", "delegate", "add_signer", "copy", "urge", "withdraw"})
_MOVES = frozenset({"allow", "forbid", "transferTo", "signers"})
WAITS = frozenset({"customer"})
_CHILDREN = frozenset(
    {"candidates", "fourEyes", "sendBack", "outcome", "document", "vote", "deadline", "moves", "copy"}
)
_OF_PROCESS = frozenset({"administrator", "starters", "owner", "recall", "withdraw", "urgeEvery", "urgeSuperior"})
_ATTRIBUTES = frozenset(
    {"form", "due", "batch", "waits", "conditions", "skipSame", "outside", "compensation", "final", "signature"}
)


def labels(element: etree._Element, fallback: str | None = None) -> dict[str, str]:
    """The name of an element in every language: its labels, else its `name`, else `fallback`, else its id."""
    name = element.get("name") or fallback or element.get("id") or ""
    found = dict.fromkeys(LANGUAGES, name)
    for label in credit_children(element, "label"):
        language = label.get("lang", "")
        if language in found and label.text:
            found[language] = label.text.strip()
    return found


def credit_children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """The `credit:` children called `name`, inside extensionElements or directly (outcomes hold their own labels)."""
    yield from element.iterfind(f"{{{CREDIT}}}{name}")
    yield from element.iterfind(f"{{{BPMN}}}extensionElements/{{{CREDIT}}}{name}")


def credit_child(element: etree._Element, name: str) -> etree._Element | None:
    return next(credit_children(element, name), None)


def read_step(element: etree._Element, process_id: str, lane: Texts | None, findings: Findings) -> Step:
    """The station that `element`, a user or manual task, describes."""
    node_id = element.get("id", "")
    config = credit_child(element, "step")
    if config is None:
        return Step(node_id, process_id, labels(element), lane=lane)
    _check_names(config, node_id, findings)
    due, vote = _due(config, node_id, findings), _vote(config, node_id, findings)
    chain = credit_child(config, "deadline")
    return Step(
        element_id=node_id,
        process_id=process_id,
        name=labels(element),
        form=config.get("form") or None,
        candidates=read_candidates(config, node_id, findings),
        due=due,
        four_eyes=tuple(child.get("step", "") for child in credit_children(config, "fourEyes")),
        send_back=_send_back(config, node_id, findings),
        outcomes=_outcomes(config, node_id, findings),
        documents=tuple(_document(child) for child in credit_children(config, "document")),
        vote=vote,
        batch=config.get("batch") == "true",
        skip_same=config.get("skipSame") == "true",
        lane=lane,
        moves=_moves(config, node_id, findings),
        outside=config.get("outside") == "true",
        compensation=config.get("compensation") or None,
        final=config.get("final") == "true",
        signature=config.get("signature") == "true",
        copy_hidden=_copy_hidden(config),
        deadline=read_deadline(chain, node_id, due=due, is_vote=vote is not None, findings=findings),
        waits=_waits(config, node_id, findings),
        conditions=_conditions(config, node_id, findings),
    )


def read_starters(element: etree._Element, findings: Findings) -> tuple[str, ...]:
    """The groups that `<credit:process starters="…"/>` of a process names; unknown attributes of it are findings."""
    config = credit_child(element, "process")
    if config is None:
        return ()
    for name in sorted({str(name) for name in config.attrib} - _OF_PROCESS):
        findings.error("step_unknown", element.get("id", ""), name=name, known=", ".join(sorted(_OF_PROCESS)))
    return tuple(config.get("starters", "").split())


def _check_names(config: etree._Element, node_id: str, findings: Findings) -> None:
    children = {etree.QName(child).localname for child in config}
    attributes = {str(name) for name in config.attrib}
    for given, known in ((children, _CHILDREN), (attributes, _ATTRIBUTES)):
        for name in sorted(given - known):
            findings.error("step_unknown", node_id, name=name, known=", ".join(sorted(known)))


def _due(config: etree._Element, node_id: str, findings: Findings) -> str | None:
    due = config.get("due") or None
    if due is not None and not is_duration(due):
        findings.error("due_unreadable", node_id, text=due)
    return due


def _waits(config: etree._Element, node_id: str, findings: Findings) -> str | None:
    waits = config.get("waits") or None
    if waits is not None and waits not in WAITS:
        findings.error("waits_unknown", node_id, text=waits)
    return waits


def _send_back(config: etree._Element, node_id: str, findings: Findings) -> SendBack:
    element = credit_child(config, "sendBack")
    if element is None:
        return SendBack()
    targets = tuple(str(element.get("to", "any")).split())
    to: tuple[str, ...] | str = targets
    if targets in (("any",), ("none",)):
        (to,) = targets
    modes = tuple((element.get("modes") or "straight step").split())
    default = element.get("default") or ("step" if "step" in modes else modes[0])
    if not MODES.issuperset(modes) or default not in modes:
        findings.error("send_back_modes", node_id, text=" ".join((*modes, default)))
    return SendBack(to, tuple(element.get("barred", "").split()), modes, default)


def _outcomes(config: etree._Element, node_id: str, findings: Findings) -> tuple[Outcome, ...]:
    found = tuple(
        Outcome(
            id=child.get("id", ""),
            kind=child.get("kind") or "neutral",
            label=labels(child),
            opinion_required=child.get("opinion") == "required",
            then=child.get("then") or "follow",
        )
        for child in credit_children(config, "outcome")
    )
    ids = [outcome.id for outcome in found]
    if "" in ids or len(set(ids)) < len(ids):
        findings.error("outcome_ids", node_id)
    for outcome in found:
        if outcome.kind not in KINDS:
            findings.error("outcome_kind", node_id, outcome=outcome.id, kind=outcome.kind)
        if outcome.then != "follow" and outcome.kind != "refuse":
            findings.error("outcome_then", node_id, outcome=outcome.id)
    return found


def read_customs(element: etree._Element, findings: Findings) -> Customs:
    """What `element`, a process, says of its moves."""
    config = credit_child(element, "process")
    if config is None:
        return Customs()
    process_id = element.get("id", "")
    withdraw, every, superior = (config.get(name) for name in ("withdraw", "urgeEvery", "urgeSuperior"))
    if withdraw not in (None, "acted", "opened", "never"):
        findings.error("moves_value", process_id, name="withdraw", text=withdraw, known="acted, opened, never")
    if every is not None and not _DURATION.fullmatch(every):
        findings.error("due_unreadable", process_id, text=every)
    if superior is not None and not superior.isdigit():
        findings.error("moves_value", process_id, name="urgeSuperior", text=superior, known="1, 2, 3 …")
        superior = None
    return Customs(
        owner=config.get("owner") or None,
        recall=config.get("recall") or "",
        withdraw=withdraw or Customs.withdraw,
        urge_every=every or Customs.urge_every,
        urge_superior=int(superior or Customs.urge_superior),
    )


def _moves(config: etree._Element, node_id: str, findings: Findings) -> Moves:
    element = credit_child(config, "moves")
    if element is None:
        return Moves()
    for name in sorted({str(name) for name in element.attrib} - _MOVES):
        findings.error("step_unknown", node_id, name=name, known=", ".join(sorted(_MOVES)))
    allowed = set((element.get("allow") or " ".join(OPTIONAL_MOVES)).split())
    barred = (OPTIONAL_MOVES - allowed) | set((element.get("forbid") or "").split())
    for name in sorted((allowed | barred) - OPTIONAL_MOVES):
        findings.error("step_unknown", node_id, name=name, known=", ".join(sorted(OPTIONAL_MOVES)))
    transfer_to, signers = element.get("transferTo") or "pool", element.get("signers") or "advise"
    if transfer_to not in ("pool", "anyone"):
        findings.error("moves_value", node_id, name="transferTo", text=transfer_to, known="pool, anyone")
    if signers not in ("advise", "count"):
        findings.error("moves_value", node_id, name="signers", text=signers, known="advise, count")
    return Moves(tuple(sorted(barred)), transfer_to, signers)


def _copy_hidden(config: etree._Element) -> tuple[str, ...]:
    element = credit_child(config, "copy")
    return tuple((element.get("hidden") or "").split()) if element is not None else ()


def _document(element: etree._Element) -> Document:
    return Document(element.get("type", ""), element.get("required") == "true", element.get("when") or None)


def _vote(config: etree._Element, node_id: str, findings: Findings) -> VoteRule | None:
    element = credit_child(config, "vote")
    return None if element is None else read_vote(element, node_id, findings)


def _conditions(config: etree._Element, node_id: str, findings: Findings) -> str | None:
    """ "met": the step can't be completed while a condition of the approval is open."""
    wanted = config.get("conditions") or None
    if wanted not in (None, "met"):
        findings.error("step_conditions", node_id, word=wanted)
    return wanted
