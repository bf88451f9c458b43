"""What the views hand to the inbox's templates, with a case in the middle of its course. No database is asked."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup

from app.documents import types
from app.documents.queries import Panel, Slot
from app.inbox.case_page import CaseHead
from app.inbox.case_record import Event, Item
from app.inbox.lists import TABS, Row
from app.inbox.moves import ICONS, MoveView
from app.inbox.task_page import Button, SendBackView, TaskView
from app.inbox.vote_page import VoteView
from app.inbox.words import Due, Moment
from app.workflow.forms.rendering import PlainTable
from app.workflow.rules import MOVES, Verb
from app.workflow.watching.worklists import Filter
from app.workflow.words import WORDS

TASK = "01939b3e-0000-7000-8000-000000000001"
CASE = "01939b3e-0000-7000-8000-00000000000a"
MORNING = Moment("2026-11-22T09:12:00+08:00", "3 小时前", "2026-11-22 09:12")
LATE = Due("overdue", "逾期 1 天", "2026-11-21T09:12:00+08:00", "2026-11-21 09:12")
SOON = Due("soon", "3 小时后", "2026-11-22T15:00:00+08:00", "2026-11-22 15:00")
FINE = Due("ok", "2 天后", "2026-11-24T15:00:00+08:00", "2026-11-24 15:00")

FORM = Markup(
    """<div class="form-body" id="form-body">
<button type="submit" class="visually-hidden" name="_update" value="1" tabindex="-1" aria-hidden="true" formnovalidate></button>
<details class="section" open><summary>审查意见</summary><div class="section-body">
<div class="field"><label class="field-label" for="field-amount">建议金额</label>
<span class="with-unit"><input id="field-amount" name="amount" value="12,000,000.00" data-money="capital-amount">
<span class="unit">元</span></span><span class="capital" id="capital-amount"></span></div>
<div class="field"><label class="field-label" for="field-term">期限</label><input id="field-term" name="term" value="12"></div>
<div class="field"><label class="field-label" for="field-rating">评级</label>
<select id="field-rating" name="rating"><option>良好</option></select></div>
</div></details></div>"""
)


def row(number: int, **changes: Any) -> Row:
    """A line of the pool."""
    line = Row(
        id=f"01939b3e-0000-7000-8000-{number:012d}",
        url=f"/tasks/01939b3e-0000-7000-8000-{number:012d}",
        number=f"CA-2026-{number:06d}",
        title="杭州临平精密制造有限公司 流动资金贷款",
        process="授信申请",
        amount="12,000,000.00",
        station="贷前审查",
        holder=None,
        pool="贷前审查岗",
        age=MORNING,
        due=FINE,
        status="running",
        can_claim=True,
    )
    return replace(line, **changes)


def list_page(tab: str = "pool", **changes: Any) -> dict[str, Any]:
    """The context of inbox/list.html."""
    labels = {"todo": "待办任务", "pool": "我的组", "done": "已办任务", "started": "我发起的", "copied": "抄送我的"}
    icons = {"todo": "inbox", "pool": "users-round", "done": "circle-check", "started": "send", "copied": "copy"}
    counts = {"todo": 4, "pool": 12, "started": 2, "copied": 1}
    page = {
        "tab": tab,
        "tabs": [(f"/inbox/{t}", labels[t], t == tab, counts.get(t), icons[t]) for t in TABS],
        "rows": [
            row(183, due=LATE, returned=True, round=2),
            row(184, title="周海燕 个人消费贷款", amount="350,000.00", due=SOON),
            row(185, title="Lin, Mei-hua 個人經營貸款", amount="1,080,000.00", is_vote=True, station="贷审会表决"),
            row(
                186,
                title="绍兴柯桥纺织集团股份有限公司 固定资产贷款",
                amount="86,000,000.00",
                incident=True,
                unread=True,
            ),
        ],
        "mandates": [],
        "filter": Filter(),
        "processes": [("credit_application", "授信申请"), ("expense_declaration", "费用报销")],
        "stations": [("pre_committee_review", "贷前审查"), ("credit_committee", "贷审会表决")],
        "sorts": [("newest", "最新在前"), ("oldest", "最早在前"), ("due", "先到期在前")],
        "next": "?after=1",
        "previous": None,
        "reset": "?all=1",
        "saved": False,
        "start_url": "/start",
    }
    return {**page, **changes}


HEAD = CaseHead(
    id=CASE,
    number="CA-2026-000183",
    title="杭州临平精密制造有限公司 流动资金贷款",
    process="授信申请",
    status="running",
    amount="12,000,000.00",
    started_by="王建国",
    started=MORNING,
    changed=MORNING,
    stations=["贷前审查"],
    holders=["陈思远"],
    incident=None,
    is_live=True,
)
REVIEW = TaskView(TASK, "贷前审查", 2, None, None, LATE, "陈思远", "贷前审查岗", is_vote=False, draft_by="李敏")
OUTCOMES = [
    Button("approve", "approve", "同意上会", opinion_required=False),
    Button("supplement", "neutral", "补充材料", opinion_required=True),
    Button("refuse", "refuse", "否决", opinion_required=True),
]
BALLOTS = [("赵明", "同意", "产能利用率高，现金流稳定。"), ("孙丽", "附条件同意", "追加实际控制人保证。")]
TIMELINE = [
    Item("受理申请", "done", MORNING, "王建国", outcome="提交", outcome_kind="ok"),
    Item("分配客户经理", "returned", MORNING, "李敏", "因退回作废", "缺少近六个月银行流水。", void=True),
    Item(
        "贷款调查",
        "done",
        MORNING,
        "李敏",
        opinion="双人现场调查，设备抵押足值。",
        outcome="建议同意",
        outcome_kind="ok",
    ),
    Item("贷审会表决", "done", MORNING, outcome="附条件通过", outcome_kind="ok", ballots=BALLOTS),
    Item("贷前审查", "running", MORNING, "陈思远"),
    Item("终审", "predicted"),
]
HISTORY = [
    Event(MORNING, "发起", "王建国", "", "", "", []),
    Event(
        MORNING,
        "办理",
        "王建国",
        "受理申请",
        "提交",
        "材料齐全。",
        [("金额", "", "12,000,000.00"), ("期限", "24", "12")],
    ),
    Event(MORNING, "退回", "李敏", "贷款调查", "至 受理申请", "缺少近六个月银行流水。", []),
]
SECTIONS = [
    ("客户", [("name", "名称", "杭州临平精密制造有限公司"), ("credit_code", "统一社会信用代码", "91330110MA2XXXXX0A")]),
    (
        "收入",
        [("incomes", "收入来源", PlainTable(("来源", "金额"), (("主营业务", "8,600,000.00"), ("租金", "420,000.00"))))],
    ),
]


def document(**changes: Any) -> Any:
    """A row of the documents' table, without the table."""
    usual = {
        "id": uuid.UUID("01939b3e-0000-7000-8000-0000000000d0"),
        "file_name": "营业执照 (正本).pdf",
        "type_key": "business_licence",
        "media_type": "application/pdf",
        "size": 1_258_291,
        "pages": 2,
        "state": "shown",
        "uploaded_by": 1,
        "uploaded_at": datetime(2026, 11, 22, 1, 12, tzinfo=UTC),
    }
    return SimpleNamespace(**{**usual, **changes})


def papers(*, may_add: bool = True, name: str = "营业执照 (正本).pdf") -> Panel:
    """The documents of the case: one there, one required and missing, one that is only welcome."""
    there = (document(file_name=name), document(file_name="银行流水.pdf", state="protected"))
    slots = (
        Slot("business_licence", types.label("business_licence"), False, there),
        Slot("bank_statement", types.label("bank_statement"), True, ()),
        Slot("site_photos", types.label("site_photos"), False, ()),
    )
    owner = uuid.UUID("01939b3e-0000-7000-8000-00000000000a")
    asked = ("business_licence", "bank_statement")
    return Panel("case", owner, "review", may_add, slots, {}, asked, ("site_photos",), {1: "王建国"})


SEND_BACK = SendBackView(
    targets=[("intake", "受理申请", "王建国", MORNING), ("assignment", "分配客户经理", "李敏", MORNING)],
    reasons=[("incomplete", "资料不全"), ("other", "其他")],
    modes=[("straight", "办完后直接送回我"), ("step", "逐级流转")],
    default_mode="straight",
)
VOTE = VoteView(
    1,
    5,
    2,
    3,
    4,
    choices=[
        ("agree", "同意", "approve"),
        ("conditional", "附条件同意", "approve"),
        ("disagree", "不同意", "refuse"),
        ("abstain", "弃权", "neutral"),
    ],
    mine=None,
    my_opinion="",
    counts=[("同意", 2)],
    hidden=False,
    tied=False,
    may_vote=True,
    may_close=False,
    closes=None,
    members=[("赵明", True, "同意", "现金流稳定。"), ("孙丽", True, None, None), ("周涛", False, None, None)],
)


def moves(*verbs: str) -> list[MoveView]:
    """The verbs as the page offers them."""
    return [
        MoveView(
            verb=verb,
            label=WORDS[Verb(verb)].button,
            does=WORDS[Verb(verb)].does,
            icon=ICONS[Verb(verb)],
            kind="danger" if MOVES[Verb(verb)].grave else "primary",
            asks=frozenset(str(ask) for ask in MOVES[Verb(verb)].asks),
            url=f"/cases/{CASE}/act/{verb}",
        )
        for verb in verbs
    ]


def case_page(**changes: Any) -> dict[str, Any]:
    """The context of inbox/case.html: a reviewer holds the task."""
    page = {
        "case": HEAD,
        "summary": [
            ("客户", "杭州临平精密制造有限公司"),
            ("产品", "流动资金贷款"),
            ("期限（月）", "12"),
            ("担保方式", "抵押"),
            ("评级", "良好"),
        ],
        "task": REVIEW,
        "verbs": frozenset({"complete", "save_draft", "release", "send_back", "give_up"}),
        "moves": moves("give_up", "copy"),
        "form_html": FORM,
        "sections": [],
        "error": None,
        "outcomes": OUTCOMES,
        "opinion": "",
        "seen": "abc",
        "key": "k1",
        "vote": None,
        "send_back": SEND_BACK,
        "timeline": TIMELINE,
        "panel": papers(),
        "history": HISTORY,
        "diagrams": [("credit_application", "授信申请", "/diagram.bpmn"), ("corporate", "企业贷款调查", "/x")],
        "marks_url": "/marks",
        "print_url": f"/cases/{CASE}/print",
        "people": [("wang.jianguo", "王建国"), ("li.min", "李敏")],
    }
    return {**page, **changes}


def claimable() -> dict[str, Any]:
    """The same case for somebody who could take the task."""
    free = replace(REVIEW, holder=None)
    reading = {"form_html": None, "sections": SECTIONS, "send_back": None, "panel": papers(may_add=False)}
    return case_page(task=free, verbs=frozenset({"claim"}), **reading)


def committee() -> dict[str, Any]:
    """The same case before a member of the committee."""
    ballot = replace(REVIEW, station="贷审会表决", is_vote=True)
    reading = {"form_html": None, "sections": SECTIONS, "vote": VOTE, "outcomes": []}
    return case_page(task=ballot, verbs=frozenset({"vote", "send_back"}), **reading)


def paper() -> dict[str, Any]:
    """The context of inbox/print.html."""
    return {
        "case": replace(HEAD, status="conditional"),
        "summary": [],
        "sections": SECTIONS,
        "timeline": TIMELINE,
        "printed_by": "陈思远",
        "printed_at": MORNING,
        "versions": [("授信申请", 3)],
    }


START = {
    "processes": [("credit_application", "授信申请", "", 3), ("expense_declaration", "费用报销", "", 1)],
    "products": [("working_capital", "流动资金贷款", "企业日常周转"), ("consumer", "个人消费贷款", "最高 50 万元")],
    "key": "k",
}
NOTICES = {
    "notices": [
        ("CA-2026-000183 已退回给您", MORNING, f"/cases/{CASE}", True),
        ("CA-2026-000102 已终审", MORNING, "", False),
    ],
    "next": "?before=9",
}
