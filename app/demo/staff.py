"""Who works at the demo bank: branches, business lines, people, and the groups of both routes. Data only.

Groups are those that the diagrams name. Whoever decides on a case is never among those who enter or investigate it, and each pool
has somebody left when four eyes keep one person away.
"""

from __future__ import annotations

from dataclasses import dataclass


def texts(en: str, hans: str, hant: str | None = None) -> dict[str, str]:
    """A text in the three languages; 繁體 is left out where it equals 简体."""
    return {"en": en, "zh_Hans": hans, "zh_Hant": hant or hans}


@dataclass(frozen=True)
class Place:
    """Head office or a branch, or a business line: a key and a name."""

    key: str
    name: dict[str, str]


@dataclass(frozen=True)
class Member:
    """One member of staff: user name in pinyin, position, where he works, what his account may do, whose pools he shares."""

    username: str
    name: str
    position: dict[str, str]
    branch: str
    roles: tuple[str, ...] = ("staff",)
    groups: tuple[str, ...] = ()
    line: str | None = None


@dataclass(frozen=True)
class Team:
    """A group of people who share a pool of tasks, and who leads it."""

    key: str
    name: dict[str, str]
    head: str


HEAD_OFFICE, EAST, WEST = "head_office", "east_branch", "west_branch"

BRANCHES = (
    Place(HEAD_OFFICE, texts("Head office", "总行", "總行")),
    Place(EAST, texts("East Lake branch", "东湖支行", "東湖支行")),
    Place(WEST, texts("West Gate branch", "西门支行", "西門支行")),
)

LINES = (
    Place("corporate", texts("Corporate", "企贷", "企貸")),
    Place("micro", texts("Micro and small", "微小贷", "微小貸")),
    Place("retail", texts("Retail", "个贷", "個貸")),
    Place("agriculture", texts("Agriculture", "三农", "三農")),
)

MANAGER = texts("Customer manager", "客户经理", "客戶經理")
MARKET = texts("Market department specialist", "市场部专员", "市場部專員")
OFFICER = texts("Credit officer", "信贷员", "信貸員")
LEADER = texts("Group leader", "组长", "組長")
REVIEWER = texts("Pre-committee reviewer", "贷前审查员", "貸前審查員")
RISK_MANAGER = texts("Risk manager", "风险经理", "風險經理")
BRANCH_PRESIDENT = texts("Branch president", "支行行长", "支行行長")
ANALYST = texts("Process analyst", "流程分析师", "流程分析師")
VICE_PRESIDENT = texts("Vice president", "副行长", "副行長")


def _manager(username: str, name: str, branch: str) -> Member:
    return Member(username, name, MANAGER, branch, ("customer_manager",), ("customer_managers",))


def _officer(username: str, name: str, branch: str, *lines: str) -> Member:
    return Member(username, name, OFFICER, branch, groups=tuple(f"{key}_officers" for key in lines), line=lines[0])


def _leader(username: str, name: str, *groups: str) -> Member:
    return Member(username, name, LEADER, HEAD_OFFICE, groups=groups, line=groups[0].removesuffix("_leaders"))


STAFF = (
    _manager("zhaomin", "赵敏", EAST),
    _manager("qianjin", "钱进", EAST),
    _manager("sunli", "孙丽", WEST),
    _manager("litao", "李涛", WEST),
    Member("zhouyan", "周燕", MARKET, HEAD_OFFICE, groups=("market_department", "administration")),
    Member("wulei", "吴磊", MARKET, HEAD_OFFICE, groups=("market_department", "administration")),
    _leader("zhengwei", "郑伟", "corporate_leaders", "credit_committee", "supervisors_staff"),
    _leader("wangfang", "王芳", "retail_leaders", "credit_committee", "supervisors_staff"),
    _leader("fengjun", "冯军", "micro_leaders", "agriculture_leaders", "supervisors_staff"),
    _officer("chenjie", "陈洁", HEAD_OFFICE, "corporate"),
    _officer("chuliang", "褚亮", HEAD_OFFICE, "corporate"),
    _officer("weina", "卫娜", EAST, "corporate", "micro"),
    _officer("jiangbo", "蒋波", EAST, "micro"),
    _officer("shenxue", "沈雪", WEST, "micro", "agriculture"),
    _officer("hanmei", "韩梅", EAST, "retail"),
    _officer("yangguang", "杨光", WEST, "retail"),
    _officer("zhuting", "朱婷", WEST, "retail"),
    _officer("qinchuan", "秦川", WEST, "agriculture"),
    _officer("youhe", "尤禾", EAST, "agriculture"),
    Member("xuqing", "许青", REVIEWER, HEAD_OFFICE, groups=("pre_committee_reviewers", "pre_approvers")),
    Member("hejing", "何静", REVIEWER, HEAD_OFFICE, groups=("pre_committee_reviewers", "pre_approvers")),
    Member(
        "lvbin",
        "吕斌",
        texts("Head of the credit committee", "贷审会主任", "貸審會主任"),
        HEAD_OFFICE,
        ("route_reviewer",),
        ("credit_committee", "process_reviewers"),
    ),
    Member(
        "shiyun",
        "施云",
        texts("Head of finance", "计划财务部总经理", "計劃財務部總經理"),
        HEAD_OFFICE,
        groups=("credit_committee", "risk_committee", "accounting"),
    ),
    Member(
        "zhangming",
        "张明",
        texts("Head of legal and compliance", "法律合规部总经理", "法律合規部總經理"),
        HEAD_OFFICE,
        ("staff", "business_administrator"),
        groups=("credit_committee", "risk_committee"),
    ),
    Member(
        "kongxiang", "孔祥", RISK_MANAGER, HEAD_OFFICE, ("route_reviewer",), groups=("risk_managers", "risk_committee")
    ),
    Member("caoying", "曹颖", RISK_MANAGER, HEAD_OFFICE, ("route_reviewer",), groups=("risk_managers", "accounting")),
    Member(
        "songyan",
        "宋妍",
        texts("Secretary of the committees", "评审委员会秘书", "評審委員會秘書"),
        HEAD_OFFICE,
        groups=("committee_secretaries",),
    ),
    Member(
        "tangwei",
        "唐伟",
        texts("Head of credit policy", "信贷政策部副总经理", "信貸政策部副總經理"),
        HEAD_OFFICE,
        ("route_reviewer", "business_administrator"),
        ("committee_deputies", "process_reviewers"),
    ),
    Member("yanhui", "严辉", BRANCH_PRESIDENT, EAST, groups=("approvers_branch", "budget_owners")),
    Member("huaping", "华平", BRANCH_PRESIDENT, WEST, groups=("approvers_branch", "budget_owners")),
    Member(
        "jinpeng",
        "金鹏",
        VICE_PRESIDENT,
        HEAD_OFFICE,
        ("route_reviewer",),
        ("approvers_head_office", "risk_committee", "directors"),
    ),
    Member(
        "weizheng", "魏征远", VICE_PRESIDENT, HEAD_OFFICE, ("route_reviewer",), ("approvers_head_office", "directors")
    ),
    Member(
        "taoran", "陶然", texts("President", "行长", "行長"), HEAD_OFFICE, groups=("approvers_president", "directors")
    ),
    Member(
        "jiangshan",
        "姜珊",
        texts("Supervisor of credit operations", "授信运营主管", "授信營運主管"),
        HEAD_OFFICE,
        ("supervisor",),
        ("process_administrators",),
    ),
    Member(
        "hefeng",
        "何峰",
        texts("Deputy supervisor of credit operations", "授信运营副主管", "授信營運副主管"),
        HEAD_OFFICE,
        ("supervisor",),
        ("process_administrators",),
    ),
    Member(
        "luohao",
        "罗皓",
        texts("Branch supervisor of credit operations", "支行授信运营主管", "支行授信營運主管"),
        EAST,
        ("branch_supervisor",),
    ),
    Member("qiyue", "戚悦", ANALYST, HEAD_OFFICE, ("analyst",), ("process_analysts",)),
    Member("luyao", "陆遥", ANALYST, HEAD_OFFICE, ("analyst",), ("process_analysts",)),
    Member("xieqian", "谢谦", texts("Auditor", "审计员", "稽核員"), HEAD_OFFICE, ("auditor",)),
    Member("zouyi", "邹毅", texts("System administrator", "系统管理员", "系統管理員"), HEAD_OFFICE, ("administrator",)),
)

TEAMS = (
    Team("customer_managers", texts("Customer managers", "客户经理", "客戶經理"), "zhaomin"),
    Team("market_department", texts("Market department", "市场部", "市場部"), "zhouyan"),
    Team("corporate_leaders", texts("Corporate leaders", "企贷组长", "企貸組長"), "zhengwei"),
    Team("micro_leaders", texts("Micro leaders", "微小贷组长", "微小貸組長"), "fengjun"),
    Team("retail_leaders", texts("Retail leaders", "个贷组长", "個貸組長"), "wangfang"),
    Team("agriculture_leaders", texts("Agriculture leaders", "三农组长", "三農組長"), "fengjun"),
    Team("corporate_officers", texts("Corporate officers", "企贷信贷员", "企貸信貸員"), "chenjie"),
    Team("micro_officers", texts("Micro officers", "微小贷信贷员", "微小貸信貸員"), "jiangbo"),
    Team("retail_officers", texts("Retail officers", "个贷信贷员", "個貸信貸員"), "hanmei"),
    Team("agriculture_officers", texts("Agriculture officers", "三农信贷员", "三農信貸員"), "qinchuan"),
    Team("pre_committee_reviewers", texts("Pre-committee review", "贷前审查", "貸前審查"), "xuqing"),
    Team("credit_committee", texts("Credit committee", "贷审会", "貸審會"), "lvbin"),
    Team("risk_committee", texts("Risk committee", "风险评审会", "風險評審會"), "jinpeng"),
    Team("committee_deputies", texts("Committee deputies", "评审会候补委员", "評審會候補委員"), "tangwei"),
    Team("committee_secretaries", texts("Committee secretaries", "评审会秘书", "評審會秘書"), "songyan"),
    Team("risk_managers", texts("Risk managers", "风险经理", "風險經理"), "kongxiang"),
    Team("approvers_branch", texts("Approvers, branch", "支行审批人", "支行審批人"), "yanhui"),
    Team("approvers_head_office", texts("Approvers, head office", "总行审批人", "總行審批人"), "jinpeng"),
    Team("approvers_president", texts("President", "行长", "行長"), "taoran"),
    Team("administration", texts("Administration", "行政部", "行政部"), "zhouyan"),
    Team("pre_approvers", texts("Pre-approvers", "预审人", "預審人"), "xuqing"),
    Team("budget_owners", texts("Budget owners", "预算负责人", "預算負責人"), "yanhui"),
    Team("supervisors_staff", texts("Supervisors of staff", "部门主管", "部門主管"), "wangfang"),
    Team("directors", texts("Directors", "总监", "總監"), "taoran"),
    Team("process_analysts", texts("Process analysts", "流程分析师", "流程分析師"), "qiyue"),
    Team("process_reviewers", texts("Reviewers of routes", "流程变更审核", "流程變更審核"), "tangwei"),
    Team("process_administrators", texts("Process administrators", "流程管理员", "流程管理員"), "jiangshan"),
    Team("accounting", texts("Accounting", "会计", "會計"), "shiyun"),
)

PRESIDENT = "taoran"
BRANCH_HEADS = {EAST: "yanhui", WEST: "huaping"}


def superior_of(member: Member) -> str | None:
    """The user name of his superior: an officer's leader; in a branch its president; for all others the president."""
    if member.position is OFFICER:
        return next(team.head for team in TEAMS if team.key == f"{member.line}_leaders")
    if member.position is MANAGER or "branch_supervisor" in member.roles:
        return BRANCH_HEADS[member.branch]
    return None if member.username == PRESIDENT else PRESIDENT
