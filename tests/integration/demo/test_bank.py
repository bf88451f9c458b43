"""The demo bank in the database."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select

from app.demo.bank import DEMO_PASSWORD, is_empty, load_bank
from app.demo.staff import STAFF, TEAMS
from app.identity import operations, queries
from app.identity.models import Branch, BusinessLine, Group, Membership, User
from app.products import queries as products

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def counts(session) -> list[int]:
    return [
        session.scalar(select(func.count()).select_from(t)) for t in (User, Group, Membership, Branch, BusinessLine)
    ]


def test_an_empty_bank_becomes_a_full_one(session) -> None:
    assert is_empty()
    assert load_bank(NOW) == len(STAFF)
    assert not is_empty()
    assert counts(session) == [len(STAFF), len(TEAMS), sum(len(m.groups) for m in STAFF), 3, 4]


def test_loading_again_adds_nothing(session) -> None:
    load_bank(NOW)
    before = counts(session)
    assert load_bank(NOW) == 0
    assert counts(session) == before


def test_whoever_is_missing_is_added(session) -> None:
    load_bank(NOW)
    gone = queries.user_by_username("xieqian")
    session.delete(gone)
    session.flush()
    assert load_bank(NOW) == 1
    assert queries.user_by_username("xieqian").roles == ["auditor"]


def test_everybody_signs_in_with_the_one_password(session) -> None:
    load_bank(NOW)
    for username in ("zhaomin", "taoran"):
        assert operations.sign_in(username=username, password=DEMO_PASSWORD, address=None, agent=None, now=NOW)


def test_people_are_placed_under_their_superiors(session) -> None:
    load_bank(NOW)
    officer, leader = queries.user_by_username("hanmei"), queries.user_by_username("wangfang")
    assert officer.superior_id == leader.id
    assert queries.group_by_key("retail_leaders").head_id == leader.id


def test_branches_stand_below_the_head_office(session) -> None:
    load_bank(NOW)
    top = session.scalars(select(Branch).where(Branch.parent_id.is_(None))).one()
    assert top.key == "head_office"


def test_the_bank_has_products_to_offer(session) -> None:
    load_bank(NOW)
    assert {product.key for product in products.products()} >= {"consumer", "housing", "working_capital"}
