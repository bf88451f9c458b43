"""The catalogue of candidate rules: for each what it is called, what its value means, and whom it finds.

A diagram chooses from here (`<credit:candidates rule="…" value="…">`), the studio offers it, the task explains itself by it. A rule
only finds; who must keep away, who has left and who stands in is judged in `assignment`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from app.identity.models import Branch, User
from app.identity.rules import permissions_of
from app.kernel.db import session
from app.web.access import Permission
from app.workflow import engine
from app.workflow.assigning import dealing, groups
from app.workflow.assigning.finding import (
    Asked,
    Found,
    chain_above,
    dealt,
    in_position,
    last_actor,
    person,
    text_of,
    user_id_of,
    whole,
    words_in,
)

Texts = Mapping[str, str]


Resolver = Callable[[Asked], Found]


@dataclass(frozen=True)
class Rule:
    """One rule of the catalogue. because: to the one found ("you are head of …"); says: of him, to others."""

    key: str
    label: Texts
    value: Texts
    help: Texts
    because: Texts
    says: Texts
    resolve: Resolver

    @property
    def kind(self) -> engine.Kind:
        """What its value must be."""
        return engine.CANDIDATE_VALUES[self.key]


RULES: dict[str, Rule] = {}


def texts(en: str, hans: str, hant: str) -> Texts:
    """A text in the three languages."""
    return {"en": en, "zh_Hans": hans, "zh_Hant": hant}


NO_VALUE = texts("no value", "无需取值", "無需取值")
GROUP_KEY = texts("the key of a group", "用户组代码", "群組代碼")
FEEL_GROUP = texts(
    "an expression (FEEL) giving the key of a group", "得出用户组代码的表达式（FEEL）", "得出群組代碼的運算式（FEEL）"
)


def rule(key: str, *, label: Texts, value: Texts, help: Texts, because: Texts, says: Texts) -> Callable[..., Resolver]:
    """Offer a resolver to the diagrams under `key`; the key's kind of value stands in `engine.CANDIDATE_VALUES`."""

    def register(resolve: Resolver) -> Resolver:
        RULES[key] = Rule(key, label, value, help, because, says, resolve)
        return resolve

    return register


@rule(
    "user",
    label=texts("A certain person", "指定人员", "指定人員"),
    value=texts("a user name", "用户名", "使用者名稱"),
    help=texts(
        "Always this person. When he leaves, his successor; better name a position or a group.",
        "固定由此人办理；离职后由其继任者办理。建议优先使用岗位或用户组。",
        "固定由此人辦理；離職後由其繼任者辦理。建議優先使用職位或群組。",
    ),
    because=texts("the process names you", "流程指定由您办理", "流程指定由您辦理"),
    says=texts("named by the process", "流程指定", "流程指定"),
)
def by_name(asked: Asked) -> Found:
    return person(user_id_of(asked.value))


@rule(
    "user_of",
    label=texts("The person that a value of the case names", "案件数据指定的人员", "案件資料指定的人員"),
    value=texts(
        "an expression (FEEL) giving a user name", "得出用户名的表达式（FEEL）", "得出使用者名稱的運算式（FEEL）"
    ),
    help=texts(
        "For instance the credit officer whom the leader entered.",
        "例如组长在表单中填写的信贷员。",
        "例如組長在表單中填寫的信貸員。",
    ),
    because=texts("you were named at an earlier step of this case", "本案前面的环节指定了您", "本案前面的環節指定了您"),
    says=texts("named at an earlier step", "前面环节指定", "前面環節指定"),
)
def by_expression(asked: Asked) -> Found:
    return person(user_id_of(text_of(asked)))


@rule(
    "group",
    label=texts("A group", "用户组", "群組"),
    value=GROUP_KEY,
    help=texts(
        "The task lies in the group's pool; the first to claim it has it.",
        "任务进入该组的待签收池，先签收者办理。",
        "任務進入該組的待簽收池，先簽收者辦理。",
    ),
    because=texts("you are in the group {group}", "您属于“{group}”", "您屬於「{group}」"),
    says=texts("group {group}", "用户组“{group}”", "群組「{group}」"),
)
def group(asked: Asked) -> Found:
    return whole(asked.value)


@rule(
    "group_of",
    label=texts("The group that a value of the case names", "案件数据指定的用户组", "案件資料指定的群組"),
    value=FEEL_GROUP,
    help=texts(
        "For instance the leaders of the case's business line.",
        "例如案件所属条线的组长。",
        "例如案件所屬條線的組長。",
    ),
    because=texts("you are in the group {group}", "您属于“{group}”", "您屬於「{group}」"),
    says=texts("group {group}", "用户组“{group}”", "群組「{group}」"),
)
def group_by_expression(asked: Asked) -> Found:
    return whole(text_of(asked))


@rule(
    "position",
    label=texts("Everybody in a position", "岗位（全行）", "職位（全行）"),
    value=texts("a position as in the users' records", "岗位名称，与用户资料一致", "職位名稱，與使用者資料一致"),
    help=texts("In any branch.", "不限机构。", "不限機構。"),
    because=texts("you are {position}", "您的岗位是“{position}”", "您的職位是「{position}」"),
    says=texts("position {position}", "岗位“{position}”", "職位「{position}」"),
)
def position(asked: Asked) -> Found:
    return Found(in_position(asked.value, None), facts={"position": asked.value})


@rule(
    "position_in_branch",
    label=texts("Everybody in a position, in the branch of the case", "岗位（案件所属机构）", "職位（案件所屬機構）"),
    value=texts("a position as in the users' records", "岗位名称，与用户资料一致", "職位名稱，與使用者資料一致"),
    help=texts(
        "For instance the president of the branch where the case began.",
        "例如发起案件的支行的行长。",
        "例如發起案件的支行的行長。",
    ),
    because=texts(
        "you are {position} of the branch of this case",
        "您是本案所属机构的“{position}”",
        "您是本案所屬機構的「{position}」",
    ),
    says=texts("{position} of the branch of the case", "案件所属机构的“{position}”", "案件所屬機構的「{position}」"),
)
def position_in_branch(asked: Asked) -> Found:
    found = in_position(asked.value, asked.case.branch_id) if asked.case.branch_id else ()
    return Found(found, facts={"position": asked.value})


@rule(
    "branch",
    label=texts("Everybody in a branch", "机构", "機構"),
    value=texts(
        "the key of a branch; empty: the branch of the case",
        "机构代码；留空表示案件所属机构",
        "機構代碼；留空表示案件所屬機構",
    ),
    help=texts(
        "Mostly joined with another rule: of a group only those in the branch of the case.",
        "多与其他规则组合使用：例如某组中属于案件所在机构的人。",
        "多與其他規則組合使用：例如某組中屬於案件所在機構的人。",
    ),
    because=texts("you work in the branch {branch}", "您在“{branch}”工作", "您在「{branch}」工作"),
    says=texts("branch {branch}", "机构“{branch}”", "機構「{branch}」"),
)
def branch(asked: Asked) -> Found:
    here = Branch.key == asked.value if asked.value else Branch.id == asked.case.branch_id
    statement = select(User.id, User.roles, Branch.key).join(Branch, Branch.id == User.branch_id)
    rows = session.execute(statement.where(here, User.active).order_by(User.id)).all()
    found = tuple(row[0] for row in rows if Permission.CASE_WORK in permissions_of(row[1]))
    return Found(found, facts={"branch": rows[0][2]} if rows else {})


@rule(
    "head_of",
    label=texts("The head of a group", "用户组负责人", "群組負責人"),
    value=FEEL_GROUP,
    help=texts(
        "A group's key as it is stands in quotes.", "直接写用户组代码时要加引号。", "直接寫群組代碼時要加引號。"
    ),
    because=texts("you are head of {group}", "您是“{group}”的负责人", "您是「{group}」的負責人"),
    says=texts("head of {group}", "“{group}”负责人", "「{group}」負責人"),
)
def head_of(asked: Asked) -> Found:
    team = groups.by_key(text_of(asked))
    return Found((team.head_id,) if team and team.head_id else (), facts={"group": team.key} if team else {})


@rule(
    "superior",
    label=texts("The superior", "上级", "上級"),
    value=texts(
        "how many levels up at most, 1 to 9; after it a step's id for the superior of who did that step",
        "最多向上几级（1 到 9）；如需某步骤办理人的上级，空一格写步骤标识",
        "最多向上幾級（1 到 9）；如需某步驟辦理人的上級，空一格寫步驟識別碼",
    ),
    help=texts(
        "The nearest superior of the initiator who may act; who has left or must keep away is passed over, up to this level.",
        "发起人（或某步骤办理人）最近的可办理上级；已离职或须回避者依次向上顺延，至多到此级。",
        "發起人（或某步驟辦理人）最近的可辦理上級；已離職或須迴避者依次向上順延，至多到此級。",
    ),
    because=texts("you are the superior of {of}", "您是{of}的上级", "您是{of}的上級"),
    says=texts("superior of {of}", "{of}的上级", "{of}的上級"),
)
def superior(asked: Asked) -> Found:
    level, _, step = asked.value.partition(" ")
    subject = last_actor(asked.case, step) if step else asked.case.started_by
    chain = chain_above(subject, int(level)) if subject else []
    nearest = next((user.id for user in chain if user.active and user.id not in asked.away), None)
    return Found(person(nearest).user_ids, facts={"of": str(subject)})


@rule(
    "initiator",
    label=texts("The initiator", "发起人", "發起人"),
    value=NO_VALUE,
    help=texts("Whoever began the case.", "案件的发起人。", "案件的發起人。"),
    because=texts("you began this case", "本案由您发起", "本案由您發起"),
    says=texts("initiator", "发起人", "發起人"),
)
def initiator(asked: Asked) -> Found:
    return person(asked.case.started_by)


@rule(
    "actor_of",
    label=texts("Who did a step", "某步骤的办理人", "某步驟的辦理人"),
    value=texts("the id of a step", "步骤标识", "步驟識別碼"),
    help=texts(
        "The last one who did it. As an exception (except) it keeps him away.",
        "最近一次办理该步骤的人；放在 except 中表示排除此人。",
        "最近一次辦理該步驟的人；放在 except 中表示排除此人。",
    ),
    because=texts("you did the step {step}", "您办理过“{step}”", "您辦理過「{step}」"),
    says=texts("who did the step {step}", "“{step}”的办理人", "「{step}」的辦理人"),
)
def actor_of(asked: Asked) -> Found:
    return Found(person(last_actor(asked.case, asked.value)).user_ids, facts={"step": asked.value})


@rule(
    "picked",
    label=texts("Picked by the one before", "由上一环节办理人选定", "由上一環節辦理人選定"),
    value=texts("the key of the group that may be picked from", "可选人员所在的用户组代码", "可選人員所在的群組代碼"),
    help=texts(
        "Whoever completes the step before chooses one of the group; where nobody chose, the task lies in the group's pool.",
        "上一环节提交时从该组中选定一人；未选定时任务进入该组的待签收池。",
        "上一環節提交時從該組中選定一人；未選定時任務進入該組的待簽收池。",
    ),
    because=texts("you were picked for this step", "上一环节选定由您办理", "上一環節選定由您辦理"),
    says=texts("picked out of {group}", "从“{group}”中选定", "從「{group}」中選定"),
)
def picked(asked: Asked) -> Found:
    team = groups.by_key(asked.value)
    chosen = (asked.case.picked or {}).get(asked.element_id)
    if team is not None and chosen in team.member_ids and chosen not in asked.away:
        return Found((chosen,), facts={"group": team.key})
    return whole(asked.value)


@rule(
    "decision",
    label=texts("A decision table", "决策表", "決策表"),
    value=texts("the id of a decision", "决策标识", "決策識別碼"),
    help=texts(
        "Its result is the key of a group, or user: and a user name; several as a list. For an authority matrix.",
        "结果为用户组代码，或 user: 加用户名；可为多个。适用于审批权限表。",
        "結果為群組代碼，或 user: 加使用者名稱；可為多個。適用於審批權限表。",
    ),
    because=texts("the rules of {decision} name you", "按决策表“{decision}”由您办理", "按決策表「{decision}」由您辦理"),
    says=texts("by the rules of {decision}", "按决策表“{decision}”", "按決策表「{decision}」"),
)
def decision(asked: Asked) -> Found:
    facts = {"decision": asked.value}
    try:
        result = engine.decide(asked.compiled, asked.value, asked.variables, now=asked.now)
    except engine.EngineError:
        return Found(facts=facts)
    keys = words_in(result)
    people = [user_id_of(key.removeprefix("user:")) for key in keys if key.startswith("user:")]
    teams = [groups.by_key(key) for key in keys if not key.startswith("user:")]
    return Found(tuple(i for i in people if i), tuple(team for team in teams if team), facts)


@rule(
    "least_loaded",
    label=texts("Who has the least to do in a group", "用户组中任务最少的人", "群組中任務最少的人"),
    value=FEEL_GROUP,
    help=texts(
        "Given at once to the member with the fewest open tasks; of equals to who has waited longest.",
        "直接分配给组内待办最少的成员；相同时分配给最久未分到的人。",
        "直接分配給組內待辦最少的成員；相同時分配給最久未分到的人。",
    ),
    because=texts(
        "of the group {group} you had the least to do", "您在“{group}”中待办最少", "您在「{group}」中待辦最少"
    ),
    says=texts("least to do in {group}", "“{group}”中待办最少", "「{group}」中待辦最少"),
)
def least_loaded(asked: Asked) -> Found:
    return dealt(asked, dealing.least_loaded)


@rule(
    "round_robin",
    label=texts("In turn within a group", "用户组轮流", "群組輪流"),
    value=FEEL_GROUP,
    help=texts("Given at once to the member whose turn it is.", "直接分配给轮到的成员。", "直接分配給輪到的成員。"),
    because=texts("in the group {group} it was your turn", "“{group}”轮到您", "「{group}」輪到您"),
    says=texts("in turn within {group}", "“{group}”轮流", "「{group}」輪流"),
)
def round_robin(asked: Asked) -> Found:
    return dealt(asked, dealing.in_turn)
