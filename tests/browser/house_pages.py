"""Every ordinary page of staff and supervisors, with the person who opens it, on a bank that has cases.

`furnish` makes what the generated applications leave out (a sitting, an act on many rows, a hand-over …); `every_page` finds
an address for each page in whatever cases there are. What no case leads to is left out, and the caller can tell by the names.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pikepdf
from PIL import Image
from sqlalchemy import select

from app.demo import desk
from app.demo.desk import NobodyLeft, Staff
from app.documents import operations as documents
from app.documents.models import Document
from app.identity.models import Group
from app.identity.rules import Person
from app.kernel import db
from app.kernel.db import session
from app.kernel.errors import Refusal
from app.products import operations as product_changes
from app.products import queries as products
from app.products.terms import terms_from
from app.supervision import operations as supervision
from app.supervision.models import BulkAct
from app.workflow import acts, user_tasks
from app.workflow.acts import Given
from app.workflow.assigning import handover
from app.workflow.committees import conditions, sittings
from app.workflow.committees.vote_models import CaseCondition, Sitting
from app.workflow.models import CaseEvent, CaseState, ProcessInstance, TaskState, UserTask
from app.workflow.moves.move_models import PendingAct
from app.workflow.rules import Verb

SECRETARY, SUPERVISOR, ADMINISTRATOR, AUDITOR = "songyan", "jiangshan", "zouyi", "xieqian"


@dataclass(frozen=True)
class HousePage:
    """A page: what it is called here, who opens it (None: nobody signed in), its address, and what is done on it before it is
    looked at: clicks on selectors, or values for them. `status`: what the server answers; `refusal`: what it answers to the
    steps."""

    name: str
    who: str | None
    path: str
    steps: tuple[tuple[str, str | None], ...] = ()
    status: int = 200
    refusal: int = 0


def furnish(now: datetime) -> None:
    """What the pages need besides the generated cases. Commits."""
    with db.transaction():
        staff = desk.staff()
    for make in (_documents, _sitting, _condition, _act, _wish, _hand_over, _proposal):
        try:
            with db.transaction():
                make(staff, now)
        except (Refusal, NobodyLeft, IndexError) as nothing:
            print(f"{make.__name__}: {nothing}")


def every_page(now: datetime) -> list[HousePage]:
    """All pages that the bank's cases lead to, in a reader's order."""
    with db.transaction():
        staff = desk.staff()
        return [*_entrance(), *_lists(), *_stations(staff, now), *_of_cases(staff), *_console(), *_office(), *_errors()]


def _entrance() -> Iterator[HousePage]:
    yield HousePage("login", None, "/login")
    wrong = (("[name=username]", "zhaomin"), ("[name=password]", "wrong"), ("form[action='/login'] button", None))
    yield HousePage("login-wrong", None, "/login", wrong, refusal=422)


def _lists() -> Iterator[HousePage]:
    for tab in ("todo", "pool", "done", "started", "copied"):
        yield HousePage(f"inbox-{tab}", "zhaomin" if tab == "started" else "wangfang", f"/inbox/{tab}?all=1")
    yield HousePage("inbox-empty", "taoran", "/inbox/copied?all=1")
    yield HousePage("inbox-no-match", "wangfang", "/inbox/pool?q=nothing")
    yield HousePage("start", "zhaomin", "/start")
    yield HousePage("search-none", "wangfang", "/search?q=nobody")
    yield HousePage("substitutes", "fengjun", "/substitutes")
    yield HousePage("substitutes-empty", "hanmei", "/substitutes")
    yield HousePage("notices", "wangfang", "/notices")
    yield HousePage("notice-settings", "wangfang", "/notices/settings")
    yield HousePage("settings", "hanmei", "/settings")
    yield HousePage("own-access", "zouyi", "/settings/access")
    yield HousePage("help-moves", "hanmei", "/help/moves")
    yield HousePage("customers", "zhaomin", "/customers")
    yield HousePage("customer-new", "zhaomin", "/customers/new")
    yield HousePage("products", "zhaomin", "/products")
    yield from _catalogue()
    yield HousePage("calendar", "hanmei", "/supervision/calendar")


def _catalogue() -> Iterator[HousePage]:
    """The pages of who keeps the products: one waits for the second person."""
    yield HousePage("products-keeper", "zhangming", "/products?sale=")
    yield HousePage("products-no-match", "zhaomin", "/products?q=nothing")
    yield HousePage("product", "tangwei", "/products/consumer")
    yield HousePage("product-reader", "zhaomin", "/products/housing")
    yield HousePage("product-new", "tangwei", "/new-product?copy=housing")
    wrong = (("[name=key]", "Car Loan"), ("[name=max_amount]", "1.005"), ("form[data-guard] button.primary", None))
    yield HousePage("product-wrong", "tangwei", "/new-product?copy=housing", wrong, refusal=422)
    waiting = products.open_change_of("consumer")
    assert waiting is not None
    yield HousePage("product-change", "zhangming", f"/product-changes/{waiting.id}")
    yield HousePage("product-change-own", "tangwei", f"/product-changes/{waiting.id}")
    yield HousePage("routes-need", ADMINISTRATOR, "/administration/routes-need")


def _stations(staff: Staff, now: datetime) -> Iterator[HousePage]:
    """The page of a task at each station, in the hands of somebody who may do it; one of them also as it stands in the pool."""
    seen: set[str] = set()
    open_tasks = select(UserTask).join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
    live = open_tasks.where(UserTask.state == TaskState.OPEN, ProcessInstance.state == CaseState.ACTIVE)
    for task in session.scalars(live.order_by(UserTask.element_id, UserTask.id)):
        if task.assignee_id is None and not task.candidate_user_ids and "pool" not in seen:
            holder = _taker(staff, task)
            if holder is not None:
                seen.add("pool")
                yield HousePage("task-pool", holder.username, f"/tasks/{task.id}")
                continue
        if task.element_id in seen:
            continue
        holder = _holder(staff, task, now)
        if holder is None:
            continue
        seen.add(task.element_id)
        yield HousePage(f"task-{task.element_id}", holder.username, f"/tasks/{task.id}")
        if task.element_id.endswith("_conclusion") and "dialogs" not in seen:
            seen.add("dialogs")
            yield from _dialogs(holder, task)


def _dialogs(holder: Person, task: UserTask) -> Iterator[HousePage]:
    yield HousePage("dialog-send-back", holder.username, f"/tasks/{task.id}", (("[data-dialog='send-back']", None),))
    for verb in ("transfer", "delegate", "add_signer", "copy", "wait", "comment"):
        yield HousePage(f"dialog-{verb}", holder.username, f"/tasks/{task.id}?open={verb}#{verb}")
    yield HousePage("keys", holder.username, f"/tasks/{task.id}", (("[data-dialog=shortcuts]", None),))


def _taker(staff: Staff, task: UserTask) -> Person | None:
    try:
        return staff.pool(task)[0]
    except NobodyLeft:
        return None


def _holder(staff: Staff, task: UserTask, now: datetime) -> Person | None:
    if task.assignee_id is not None:
        return staff.by_id.get(task.assignee_id)
    taker = _taker(staff, task)
    if taker is None or task.candidate_user_ids:
        return taker
    try:
        user_tasks.claim(task_id=task.id, person=taker, now=now)
    except Refusal:
        return None
    return taker


def _of_cases(staff: Staff) -> Iterator[HousePage]:
    for state in (CaseState.COMPLETED, CaseState.SUSPENDED, CaseState.ACTIVE):
        case = _longest(state)
        if case is None:
            continue
        yield HousePage(f"case-{state.value}", SUPERVISOR, f"/cases/{case.id}")
    case = _longest(CaseState.COMPLETED)
    if case is not None:
        for part in ("diagram", "documents", "history"):
            yield HousePage(f"case-{part}", SUPERVISOR, f"/cases/{case.id}#{part}")
        yield HousePage("print", SUPERVISOR, f"/cases/{case.id}/print")
        yield HousePage("moments", SUPERVISOR, f"/cases/{case.id}/moments")
    live = _longest(CaseState.ACTIVE)
    if live is not None:
        seq = session.scalar(
            select(CaseEvent.seq).where(CaseEvent.instance_id == live.id, CaseEvent.verb == "complete").limit(1)
        )
        yield HousePage("rewind", SUPERVISOR, f"/cases/{live.id}/rewind/{seq}")
        yield HousePage("moment-first", SUPERVISOR, f"/cases/{live.id}/moments?at=1")
    yield from _documents_of()
    condition = session.scalar(select(CaseCondition).limit(1))
    if condition is not None:
        yield HousePage("conditions", SUPERVISOR, f"/cases/{condition.instance_id}")
    sitting = session.scalar(select(Sitting).limit(1))
    yield HousePage("meetings", SECRETARY, "/meetings/")
    if sitting is not None:
        yield HousePage("sitting-secretary", SECRETARY, f"/meetings/{sitting.id}")
        yield HousePage("sitting-member", "lvbin", f"/meetings/{sitting.id}")


def _documents_of() -> Iterator[HousePage]:
    kinds: set[str] = set()
    for document in session.scalars(select(Document).order_by(Document.id.desc()).limit(200)):
        kind = document.file_name.rpartition(".")[2].lower()
        if kind not in kinds:
            kinds.add(kind)
            yield HousePage(f"document-{kind}", SUPERVISOR, f"/documents/{document.id}")


def _longest(state: CaseState) -> ProcessInstance | None:
    told = select(CaseEvent.instance_id, CaseEvent.seq).order_by(CaseEvent.seq.desc())
    for row in session.execute(told):
        case = session.get_one(ProcessInstance, row.instance_id)
        if case.state == state:
            return case
    return None


def _console() -> Iterator[HousePage]:
    for name in ("", "cases", "tasks", "load", "stuck", "acts", "confirmations"):
        yield HousePage(f"console-{name or 'overview'}", SUPERVISOR, f"/supervision/{name}")
    yield HousePage("console-no-match", SUPERVISOR, "/supervision/cases?q=nothing")
    yield HousePage("confirmations-second", "hefeng", "/supervision/confirmations")
    for verb in ("reassign", "send_back", "suspend", "jump"):
        steps: tuple[tuple[str, str | None], ...] = (
            ("input[name=ids] >> nth=0", None),
            ("#bulk-verb", verb),
            ("#bulk button", None),
        )
        yield HousePage(f"act-new-{verb}", SUPERVISOR, "/supervision/tasks", steps)
    for act in session.scalars(select(BulkAct).limit(2)):
        yield HousePage(f"act-{act.state}", SUPERVISOR, f"/supervision/acts/{act.id}")
    yield HousePage("handover", SUPERVISOR, "/hand-over?leaver=hanmei&to=yangguang")
    yield HousePage("handover-empty", SUPERVISOR, "/hand-over")
    over = session.scalar(select(handover.HandOver.id).limit(1))
    if over is not None:
        yield HousePage("handover-progress", SUPERVISOR, f"/hand-over/{over}")


def _office() -> Iterator[HousePage]:
    yield HousePage("permissions", ADMINISTRATOR, "/permissions")
    yield HousePage("jobs", ADMINISTRATOR, "/administration/jobs")
    yield HousePage("messages", ADMINISTRATOR, "/administration/messages")
    yield HousePage("notice-texts", ADMINISTRATOR, "/administration/notice-texts")
    yield HousePage("notice-text", ADMINISTRATOR, "/administration/notice-texts/task_assigned/zh_Hans")
    yield HousePage("calendar-manage", ADMINISTRATOR, "/supervision/calendar")
    change = (("[name=first]", "2026-12-31"), ("[name=reason]", "年终决算"), ("form[action$='/days'] button", None))
    yield HousePage("calendar-change", ADMINISTRATOR, "/supervision/calendar", change)
    yield HousePage("auditor-cases", AUDITOR, "/supervision/cases")


def _errors() -> Iterator[HousePage]:
    yield HousePage("error-403", "hanmei", "/supervision/", status=403)
    yield HousePage("error-404", "hanmei", f"/cases/{uuid.UUID(int=0)}", status=404)


def _documents(staff: Staff, now: datetime) -> None:
    case = _longest(CaseState.COMPLETED)
    assert case is not None
    for name, content in (("营业执照.png", _picture()), ("近六个月银行流水.pdf", _paper())):
        documents.add_document(
            owner_type="case",
            owner_id=case.id,
            type_key="other",
            file_name=name,
            stream=io.BytesIO(content),
            element_id=None,
            actor=staff.supervisor.actor,
            now=now,
        )


def _picture() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (900, 600), "#dfe7ee").save(kept, "PNG")
    return kept.getvalue()


def _paper() -> bytes:
    kept = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.add_blank_page()
        pdf.save(kept)
    return kept.getvalue()


def _sitting(staff: Staff, now: datetime) -> None:
    secretary = staff.by_name[SECRETARY]
    for committee in session.scalars(select(Group).where(Group.key.in_(("credit_committee", "risk_committee")))):
        waiting = [item.task.id for item in sittings.waiting(committee.id)][:3]
        if waiting or committee.key == "credit_committee":
            sittings.plan(
                committee_id=committee.id,
                held_at=now + timedelta(days=1),
                place="三楼会议室",
                task_ids=waiting,
                person=secretary,
                now=now,
            )
            return


def _condition(staff: Staff, now: datetime) -> None:
    case = _longest(CaseState.ACTIVE)
    assert case is not None
    for text, days in (("落实抵押登记", 20), ("补充保证人近三年审计报告，并由客户经理核对原件", -3)):
        due = (now + timedelta(days=days)).date()
        conditions.add(
            instance_id=case.id, text=text, owner="zhaomin", due_on=due, person=_worker(staff, case), now=now
        )


def _worker(staff: Staff, case: ProcessInstance) -> Person:
    held = session.scalar(
        select(UserTask.assignee_id).where(UserTask.instance_id == case.id, UserTask.assignee_id.is_not(None))
    )
    return staff.by_id.get(held or 0, staff.by_name[SECRETARY])


def _act(staff: Staff, now: datetime) -> None:
    ids = session.scalars(
        select(UserTask.id).where(UserTask.state == TaskState.OPEN, UserTask.assignee_id.is_not(None)).limit(6)
    ).all()
    given = {"people": ["wangfang"], "reason": "休假期间改派"}
    act = supervision.prepare(verb=Verb.REASSIGN, ids=ids, given=given, person=staff.supervisor, now=now)
    supervision.try_some(act_id=act.id, person=staff.supervisor, now=now)


def _wish(staff: Staff, now: datetime) -> None:
    """An act past the committee that a second supervisor has to confirm."""
    for case in _with_station(("final_approval",)):
        acts.carry_out(
            verb=Verb.SUSPEND,
            subject_id=case.id,
            given=Given(reason="等待监管核查"),
            person=staff.supervisor,
            now=now,
        )
        assert session.scalar(select(PendingAct.id).limit(1))
        return


def _with_station(stations: Iterable[str]) -> list[ProcessInstance]:
    live = session.scalars(select(ProcessInstance).where(ProcessInstance.state == CaseState.ACTIVE))
    return [case for case in live if set(case.stations) & set(stations)]


def _proposal(staff: Staff, now: datetime) -> None:
    product = products.product_by_key("consumer")
    assert product is not None
    wanted = replace(terms_from(product), max_amount=Decimal(300_000), repayment_methods=("equal_instalment",))
    proposer = staff.by_name["tangwei"].actor
    product_changes.propose_change(product=product, wanted=wanted, reason="政策收紧", actor=proposer, now=now)


def _hand_over(staff: Staff, now: datetime) -> None:
    leaver: Any = staff.by_name["litao"]
    handover.begin(
        from_id=leaver.id,
        to_username="sunli",
        reason="调离本支行",
        leaves=False,
        person=staff.by_name[SUPERVISOR],
        now=now,
    )
