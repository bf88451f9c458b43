"""Why a task is with somebody, and why somebody is kept away from it, in the reader's language.

A task keeps which rules found whom (`UserTask.why`); the words come from the catalogue of rules. Pages, REST and the supervisors'
console all ask here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.identity import queries as people
from app.identity.rules import Person
from app.web.i18n import text_of
from app.workflow.assigning import groups
from app.workflow.assigning.candidates import RULES, texts
from app.workflow.assigning.conflicts import Code
from app.workflow.deploying import definitions
from app.workflow.models import UserTask

Texts = Mapping[str, str]

ELECTORATE = texts("you are in the group {group}", "您属于“{group}”", "您屬於「{group}」")
ELECTORATE_SAYS = texts("members of {group}", "“{group}”成员", "「{group}」成員")
ADMINISTRATOR = texts(
    "nobody was found for it and you administrate the process",
    "该环节找不到办理人，而您是流程管理员",
    "該環節找不到辦理人，而您是流程管理員",
)
ADMINISTRATOR_SAYS = texts(
    "nobody was found; with the process administrators", "找不到办理人，已转流程管理员", "找不到辦理人，已轉流程管理員"
)
INSTEAD = texts(
    "{of} must keep away ({reason}) and you are the superior",
    "{of}须回避（{reason}），由您作为上级办理",
    "{of}須迴避（{reason}），由您作為上級辦理",
)
INSTEAD_SAYS = texts(
    "superior of {of}, who must keep away ({reason})",
    "{of}的上级（{of}须回避：{reason}）",
    "{of}的上級（{of}須迴避：{reason}）",
)
GIVEN = texts("it was given to you by name", "已指定交由您办理", "已指定交由您辦理")
FOR_PRINCIPAL = texts("you act for {of}, and {because}", "您代理{of}：{because}", "您代理{of}：{because}")
KEPT_AWAY = {
    Code.FOUR_EYES: texts("did the step {step}", "办理过“{step}”", "辦理過「{step}」"),
    Code.APPLICANT: texts("began this case", "本案发起人", "本案發起人"),
    Code.RELATED: texts(
        "related party of the customer: {relation}", "客户的关联人：{relation}", "客戶的關聯人：{relation}"
    ),
}


@dataclass(frozen=True)
class KeptAway:
    """Somebody who may not do the task: who, and the reason in the reader's language."""

    user_id: int
    name: str
    reason: str


def because(task: UserTask, person: Person, *, principal_id: int | None = None) -> str:
    """Why the task is the person's to do ("you are head of …"), or his principal's where he stands in; empty where it is not."""
    subject = principal_id or person.id
    group_ids = next((m.group_ids for m in person.stands_for if m.principal_id == principal_id), person.group_ids)
    found = _found(task, subject, group_ids)
    if found is None:
        return ""
    if principal_id is None:
        return _filled(*found)
    return _filled(FOR_PRINCIPAL, {"of": _name(principal_id), "because": _filled(*found)})


def whom(task: UserTask) -> list[str]:
    """How the task found its people, a line for each rule, for those who oversee."""
    why = task.why or {}
    if why.get("nobody"):
        return [_filled(ADMINISTRATOR_SAYS, {})]
    if "electorate" in why:
        return [_filled(ELECTORATE_SAYS, {"group": _group(why["electorate"])})]
    if why.get("instead"):
        return [_filled(INSTEAD_SAYS, _instead(task, int(i))) for i in why["instead"]]
    rules = [rule for rule in why.get("rules", ()) if rule["users"] or rule["groups"]]
    return [_filled(RULES[rule["rule"]].says, _facts(task, rule["facts"])) for rule in rules]


def kept_away(task: UserTask) -> list[KeptAway]:
    """Who may not do the task, and why."""
    away = (task.why or {}).get("away", {})
    names = people.users(int(user_id) for user_id in away)
    return [
        KeptAway(int(user_id), names[int(user_id)].name, reason(task, int(user_id)))
        for user_id in away
        if int(user_id) in names
    ]


def reason(task: UserTask, user_id: int) -> str:
    """Why a person is kept away from the task; empty where he is not."""
    said = (task.why or {}).get("away", {}).get(str(user_id))
    if said is None:
        return ""
    facts = {"step": _station(task, said.get("step") or ""), "relation": text_of(said.get("relation") or {})}
    return _filled(KEPT_AWAY[Code(said["code"])], facts)


def _found(task: UserTask, user_id: int, group_ids: tuple[int, ...]) -> tuple[Texts, Mapping[str, str]] | None:
    """The words and facts for the first rule by which the task came to this person."""
    why = task.why or {}
    concerned = user_id in (task.assignee_id, *task.candidate_user_ids, *task.elector_ids)
    if not concerned and not set(group_ids) & set(task.candidate_group_ids):
        return None
    if str(user_id) in why.get("instead", {}):
        return INSTEAD, _instead(task, user_id)
    if user_id in task.elector_ids:
        return ELECTORATE, {"group": _group(why.get("electorate", ""))}
    for rule in why.get("rules", ()):
        if user_id in rule["users"] or set(group_ids) & set(rule["groups"]):
            return RULES[rule["rule"]].because, _facts(task, rule["facts"])
    return (ADMINISTRATOR, {}) if why.get("nobody") and task.assignee_id != user_id else (GIVEN, {})


def _instead(task: UserTask, superior_id: int) -> dict[str, str]:
    of = int(task.why["instead"][str(superior_id)])
    return {"of": _name(of), "reason": reason(task, of)}


def _facts(task: UserTask, facts: Mapping[str, Any]) -> dict[str, str]:
    """The facts of a rule as the reader knows them: names for keys and ids."""
    words = {
        "group": _group,
        "of": lambda user_id: _name(int(user_id)) if user_id.isdecimal() else "?",
        "step": lambda element_id: _station(task, element_id),
        "branch": lambda key: next((text_of(b.name) for b in people.branches() if b.key == key), key),
    }
    return {name: words[name](value) if name in words else value for name, value in facts.items()}


def _group(key: str) -> str:
    team = groups.by_key(key) if key else None
    return text_of(team.name) if team else key


def _name(user_id: int) -> str:
    found = people.users([user_id])
    return found[user_id].name if user_id in found else "?"


def _station(task: UserTask, element_id: str) -> str:
    steps = definitions.load(task.definition_id).compiled.steps
    return text_of(steps[element_id].name) if element_id in steps else element_id


def _filled(words: Texts, facts: Mapping[str, str]) -> str:
    text = text_of(words)
    for name in facts:
        text = text.replace("{" + name + "}", facts[name])
    return text
