"""Who does a station: what the other tool says of people, then the lane, then a question, one for each performer and
not each station.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from app.workflow.importing.desk import choice
from app.workflow.importing.model import STATIONS, Lane, Node, Scope
from app.workflow.importing.names import slug
from app.workflow.importing.texts import plain, sentence
from app.workflow.importing.timers import due_text
from app.workflow.importing.values import Bank, Texts
from app.workflow.importing.work import Work

INITIATOR, SUPERIOR, NOBODY = "initiator", "superior", "nobody"
_VARIABLE = re.compile(r"\s*(?:[$#]\{|=)\s*([^\W\d]\w*)\s*\}?\s*")
_BEGAN = re.compile(
    r"\$?initi?ator|starter|start_?user(_?id)?|apply_?user(_?id)?|applicant|applier|requester|submitter|creator|host|employee(_?name)?"
    r"|申请人|申請人|发起人|發起人|员工|員工",
    re.IGNORECASE,
)
_ABOVE = re.compile(
    r"leader|manager|boss|superior|supervisor|head|vorgesetzt|领导|領導|主管|上级|上級|经理|經理", re.IGNORECASE
)
# Words by which a lane or a group of another bank is known to be one of ours; looked for in key and names of our groups.
_KIN = (
    ("risk", "风险", "風險", "risiko"),
    ("account", "officer", "clerk", "客户经理", "客戶經理", "sachbearbeiter", "customer manager", "loan officer"),
    ("financ", "accounting", "财务", "財務", "会计", "cash", "出纳", "treasury", "payment"),
    ("approv", "审批", "審批", "genehmig"),
    ("review", "审查", "審查", "underwrit", "credit analyst", "bewert"),
    ("committee", "贷审会", "委员会", "委員會", "board"),
    ("legal", "法务", "法務", "law", "compliance", "合规"),
    ("director", "president", "行长", "行長", "ceo", "executive", "总经理", "總經理"),
    ("hr", "human", "人事", "人力"),
    ("apprais", "valu", "评估", "評估", "collateral", "抵押"),
    ("archive", "档案", "檔案", "back office", "operation", "放款", "disburs"),
)


def mend(work: Work) -> None:
    """Every station gets its candidates and its due date."""
    for scope in work.diagram.running:
        initiators = {str(n.said.get("initiator")) for n in scope.top.nodes if n.said.get("initiator")}
        for node in scope.nodes:
            if node.kind not in STATIONS or any(child.tag.endswith("}step") for child in node.said["own"]):
                continue
            _due(node)
            if not node.vote:
                node.candidates = list(_candidates(work, node, initiators))


def _due(node: Node) -> None:
    given = str(node.said.get("due") or "")
    if not given:
        return
    due = due_text(given)
    if due is None:
        node.line.changed("due_dropped", was=given)
    else:
        node.due = due
        node.line.changed("due_set", due=due)


def _candidates(work: Work, node: Node, initiators: set[str]) -> Iterator[tuple[str, str]]:
    """Rule and value for everything that is said of the station's people."""
    named = list(_named(node))
    if not named:
        lane = _lane(node)
        named = (
            [("lane", lane)]
            if lane and not node.said.get("no_lane")
            else [("scope", node.scope.top.name or node.scope.top.id)]
        )
    seen = set()
    for kind, word in named:
        rule = _rule(work, node, kind, word, initiators)
        if rule is not None and rule not in seen:
            seen.add(rule)
            yield rule


def _named(node: Node) -> Iterator[tuple[str, str]]:
    said = node.said
    if said.get("assignee"):
        yield "assignee", str(said["assignee"])
        return
    for word, kind in (("groups", "group"), ("users", "user")):
        for part in _parts(str(said.get(word) or "")):
            yield kind, part
    for resource in said.get("resources", []):
        yield "group", resource


def _parts(text: str) -> list[str]:
    if text.strip().startswith(("$", "#", "=")):
        return [text.strip()]
    return [part.strip() for part in text.split(",") if part.strip()]


def _rule(work: Work, node: Node, kind: str, word: str, initiators: set[str]) -> tuple[str, str] | None:
    """One rule. A person or a group known here is taken as it is, the rest is asked once for each name."""
    variable = _VARIABLE.fullmatch(word)
    name = variable.group(1) if variable else word
    if kind == "assignee" and (name in initiators or word.upper() in ("$INITIATOR", "${INITIATOR}")):
        node.line.changed("person_initiator", was=word)
        return INITIATOR, ""
    if kind in ("assignee", "user") and not variable and word in work.bank.users:
        node.line.changed("person_user", was=word)
        return "user", word
    if kind == "group" and word in work.bank.groups:
        node.line.changed("person_group", was=word, group=word)
        return "group", word
    return _asked(work, node, kind, word, name)


def _asked(work: Work, node: Node, kind: str, word: str, name: str) -> tuple[str, str] | None:
    about = "lane" if kind == "lane" else "scope" if kind == "scope" else "who"
    proposed = _proposed(work.bank, kind, name)
    options = [
        (NOBODY, sentence("who_nobody")),
        (INITIATOR, sentence("who_initiator")),
        (SUPERIOR, sentence("who_superior")),
    ]
    options += [(f"group:{key}", words) for key, words in group_options(work.bank)]
    id_ = f"{about}:{slug(word) or 'x' + str(abs(hash_of(word)))}"
    answer = work.desk.ask(
        about,
        id_.partition(":")[2],
        [choice("who", proposed, options)],
        file=work.file,
        elements=[node.title],
        name=word,
    )["who"]
    work.desk.add_elements(id_, node.title)
    work.say_asked(node.line, about, id_, name=word)
    if answer.startswith("group:"):
        return "group", answer.removeprefix("group:")
    return (INITIATOR, "") if answer == INITIATOR else (SUPERIOR, "1") if answer == SUPERIOR else None


def hash_of(text: str) -> int:
    """The same number for the same text in every process."""
    return sum((place + 1) * ord(sign) for place, sign in enumerate(text)) % 1_000_003


def _proposed(bank: Bank, kind: str, name: str) -> str:
    if _BEGAN.fullmatch(name) or (
        kind in ("lane", "scope") and re.search(r"customer|applicant|client|客户$|申请人", name, re.I)
    ):
        return INITIATOR
    group = guess_group(bank, name)
    if group:
        return f"group:{group}"
    return SUPERIOR if _ABOVE.search(name) else NOBODY


def group_options(bank: Bank) -> list[tuple[str, Texts]]:
    """The bank's groups, by key."""
    return [(key, words if words else plain(key)) for key, words in sorted(bank.groups.items())]


def guess_group(bank: Bank, name: str) -> str:
    """The group whose name or key is most like `name`; "" where none is like it."""
    plain_name = name.strip().lower()
    if not plain_name:
        return ""
    best, found = 0.0, ""
    for key, words in sorted(bank.groups.items()):
        labels = [key.replace("_", " ").lower(), *(text.lower() for text in words.values())]
        score = max(SequenceMatcher(None, plain_name, label).ratio() for label in labels)
        if any(label and (label in plain_name or plain_name in label) for label in labels):
            score = max(score, 0.8)
        if any(_has(plain_name, kin) and any(_has(label, kin) for label in labels) for kin in _KIN):
            score = max(score, 0.65)
        if score > best:
            best, found = score, key
    return found if best >= 0.6 else ""


def _has(text: str, kin: tuple[str, ...]) -> bool:
    return any(word in text for word in kin)


def _lane(node: Node) -> str:
    """The name of the innermost lane around a station, or of its pool's only one."""
    at: Node | None = node
    while at is not None:
        for lane in at.scope.lanes:
            name = _in_lane(lane, at)
            if name:
                return name
        at = at.scope.owner
    return ""


def _in_lane(lane: Lane, node: Node) -> str:
    for inner in lane.inside:
        name = _in_lane(inner, node)
        if name:
            return name
    return lane.name if node in lane.nodes else ""


def lanes_of(scope: Scope) -> Iterator[Lane]:
    """All lanes of a scope, outer ones first."""
    todo = list(scope.lanes)
    while todo:
        lane = todo.pop(0)
        yield lane
        todo += lane.inside
