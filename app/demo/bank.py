"""Setting up the demo bank in the database: run it as often as you like, only what is missing is added."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.audit.operations import SYSTEM
from app.demo.staff import BRANCHES, HEAD_OFFICE, LINES, STAFF, TEAMS, Member, superior_of, texts
from app.identity import operations as identity
from app.identity import queries as people
from app.identity.models import Branch, BusinessLine, User
from app.kernel.db import session
from app.products import operations as products

# One for everybody: the demo bank holds nothing real, and who tries it out wants to change roles often.
DEMO_PASSWORD = "Demo-Bank-2026"  # noqa: S105


@dataclass(frozen=True)
class DemoLogin:
    """A login offered to whoever tries the demo: the user and, in three languages, what he can do."""

    username: str
    name: str
    role: dict[str, str]


def _login(username: str, en: str, hans: str, hant: str) -> DemoLogin:
    name = next(member.name for member in STAFF if member.username == username)
    return DemoLogin(username, name, texts(en, hans, hant))


DEMO_LOGINS = (
    _login(
        "zhaomin",
        "Customer manager: enters applications and follows them",
        "客户经理：录入贷款申请并跟踪进度",
        "客戶經理：錄入貸款申請並追蹤進度",
    ),
    _login(
        "zhouyan",
        "Market department: routes applications to a business line",
        "市场部：归口受理并分派到业务条线",
        "市場部：歸口受理並分派到業務條線",
    ),
    _login(
        "wangfang",
        "Leader of retail: assigns officers, votes in the credit committee",
        "个贷组长：分配信贷员，贷审会委员",
        "個貸組長：分配信貸員，貸審會委員",
    ),
    _login(
        "hanmei",
        "Credit officer, retail: investigates and submits for committee",
        "个贷信贷员：调查、评级、提交上会",
        "個貸信貸員：調查、評級、提交上會",
    ),
    _login(
        "xuqing",
        "Pre-committee reviewer: complete, consistent, within policy?",
        "贷前审查员：审查资料是否齐全、一致、合规",
        "貸前審查員：審查資料是否齊全、一致、合規",
    ),
    _login(
        "songyan",
        "Secretary of the committees: sittings, agenda, closing of votes, minutes",
        "评审会秘书：安排会议、议程，结束表决，出具会议纪要",
        "評審會秘書：安排會議、議程，結束表決，出具會議紀要",
    ),
    _login(
        "yanhui",
        "Branch president: gives the final approval",
        "支行行长：终审",
        "支行行長：終審",
    ),
    _login(
        "jiangshan",
        "Supervisor: sees every case, reassigns, suspends, sends back",
        "授信运营主管：查看全部业务，改派、挂起、退回",
        "授信營運主管：檢視全部業務，改派、暫停、退回",
    ),
    _login(
        "hefeng",
        "Deputy supervisor: the second person who confirms a skip, a jump or a rewind past the committee",
        "授信运营副主管：复核过会业务的跳过、跳转和回溯",
        "授信營運副主管：覆核過會業務的跳過、跳轉和回溯",
    ),
    _login(
        "luohao",
        "Branch supervisor: the same for the cases of his branch, and for no others",
        "支行授信运营主管：只对本支行的业务行使同样权限",
        "支行授信營運主管：只對本支行的業務行使同樣權限",
    ),
    _login(
        "qiyue",
        "Analyst: edits diagrams, decision tables and forms",
        "流程分析师：编辑流程图、决策表和表单",
        "流程分析師：編輯流程圖、決策表和表單",
    ),
)


def load_bank(now: datetime) -> int:
    """Branches, lines, products, people with the one password, groups; returns how many people were added."""
    branches, lines = _branches(), _lines()
    known = {user.username: user for user in session.scalars(select(User))}
    missing = [member for member in STAFF if member.username not in known]
    if missing:
        # Hashing is slow on purpose (40 ms); the accounts may share one hash because they share the password anyway.
        shared = identity.HASHER.hash(DEMO_PASSWORD)
        known |= {m.username: _new_user(m, shared, branches, lines, now) for m in missing}
        for member in missing:
            superior = superior_of(member)
            known[member.username].superior_id = known[superior].id if superior else None
    _add_teams(known)
    products.seed_products(actor=SYSTEM, now=now)
    return len(missing)


def is_empty() -> bool:
    """Whether nobody has an account yet."""
    return session.scalar(select(User.id).limit(1)) is None


def _branches() -> dict[str, Branch]:
    """The branches by key; the head office comes first in the data, so that the others find it."""
    found = {branch.key: branch for branch in session.scalars(select(Branch))}
    for place in BRANCHES:
        if place.key not in found:
            above = found.get(HEAD_OFFICE)
            found[place.key] = Branch(key=place.key, name=place.name, parent_id=above.id if above else None)
            session.add(found[place.key])
            session.flush()
    return found


def _lines() -> dict[str, BusinessLine]:
    found = {line.key: line for line in session.scalars(select(BusinessLine))}
    for place in LINES:
        if place.key not in found:
            found[place.key] = BusinessLine(key=place.key, name=place.name)
            session.add(found[place.key])
            session.flush()
    return found


def _new_user(
    member: Member, password_hash: str, branches: dict[str, Branch], lines: dict[str, BusinessLine], now: datetime
) -> User:
    user = identity.create_user(
        username=member.username,
        name=member.name,
        roles=member.roles,
        actor=SYSTEM,
        now=now,
        position=member.position,
        branch_id=branches[member.branch].id,
        business_line_id=lines[member.line].id if member.line else None,
        password_hash=password_hash,
        email=f"{member.username}@bank.example",
    )
    # No mobile number begins with 100: nothing can ever reach a stranger.
    user.phone = f"100{user.id:08d}"
    return user


def _add_teams(users: dict[str, User]) -> None:
    known = {group.key for group in people.groups()}
    for team in TEAMS:
        if team.key not in known:
            members = [users[member.username] for member in STAFF if team.key in member.groups]
            identity.create_group(key=team.key, name=team.name, members=members, head=users[team.head])
