"""The applicant and related parties keep away; their superiors take their place; everybody is told why."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask_babel import force_locale
from sqlalchemy import select

from app.credit_applications import queries as applications
from app.customers import operations as customers
from app.customers import related
from app.customers.models import Customer
from app.identity import queries as people
from app.kernel.db import session
from app.kernel.errors import Forbidden, Refusal
from app.workflow import queries, user_tasks
from app.workflow.assigning import assignment
from app.workflow.committees import ballots, recusals
from app.workflow.committees.votes import Choice
from app.workflow.deploying import explanations
from tests.integration.people.kit import (
    APPROVE,
    INITIATOR,
    MORNING,
    Case,
    acting,
    candidates,
    deploy,
    holder,
    member,
    named,
    person,
    pools,
    substitution,
)
from tests.integration.workflow.route import ballots_of

pytestmark = pytest.mark.usefixtures("desk")
SPOUSE = {"en": "spouse", "zh_Hans": "配偶", "zh_Hant": "配偶"}


def entry(username: str, since: date | None = None, until: date | None = None) -> dict:
    days = {"since": since.isoformat() if since else None, "until": until.isoformat() if until else None}
    return {"user": member(username), "relation": SPOUSE, **days}


def applied(config: str, *related_to: dict, by: str = "zhaomin") -> Case:
    """A case with related parties that has come to `check`."""
    deploy("trial", ("apply", INITIATOR), ("check", config))
    case = Case.start("trial", by)
    case.row.related = list(related_to)
    case.do("apply", by)
    return case


# --- when the task opens


def test_a_related_party_who_was_named_is_replaced_by_his_superior():
    case = applied(candidates("user", "hanmei"), entry("hanmei"))
    task = case.task("check")
    assert holder(task) == "wangfang"
    assert member("hanmei") in task.excluded_ids


def test_the_superior_of_the_superior_where_both_are_related():
    assert holder(applied(candidates("user", "hanmei"), entry("hanmei"), entry("wangfang")).task("check")) == "taoran"


def test_in_a_pool_the_others_suffice():
    task = applied(candidates("group", "risk_managers"), entry("caoying")).task("check")
    assert (holder(task), pools(task), named(task)) == (None, ["risk_managers"], [])


def test_where_a_whole_pool_is_related_their_superior_does_it():
    task = applied(candidates("group", "risk_managers"), entry("caoying"), entry("kongxiang")).task("check")
    assert (holder(task), pools(task)) == ("taoran", [])


def test_an_applicant_never_approves_himself_but_his_superior_does():
    assert holder(applied(candidates("user", "hanmei") + APPROVE, by="hanmei").task("check")) == "wangfang"


def test_where_nothing_is_approved_who_began_it_may_work_on_it():
    assert holder(applied(candidates("user", "hanmei"), by="hanmei").task("check")) == "hanmei"


def test_the_top_of_the_house_has_no_superior_and_the_administrators_decide():
    task = applied(candidates("user", "taoran") + APPROVE, entry("taoran")).task("check")
    assert pools(task) == ["process_administrators"]


def test_electors_are_recused_and_not_counted():
    task = applied('<credit:vote electorate="credit_committee"/>', entry("wangfang")).task("check")
    assert member("wangfang") not in task.elector_ids
    assert len(task.elector_ids) == len(people.members(people.group_by_key("credit_committee").id)) - 1


@pytest.mark.parametrize(
    ("since", "until", "away"),
    [
        (None, None, True),
        (date(2026, 3, 2), None, True),
        (date(2026, 3, 3), None, False),
        (None, date(2026, 3, 2), True),
        (None, date(2026, 3, 1), False),
    ],
)
def test_only_whoever_is_related_on_that_day(since, until, away):
    task = applied(candidates("user", "hanmei"), entry("hanmei", since, until)).task("check")
    assert (holder(task) == "wangfang") is away


def test_a_relation_that_begins_while_the_task_is_open_stops_the_act():
    case = applied(candidates("user", "hanmei"), entry("hanmei", since=date(2026, 3, 5)))
    case.now = MORNING + timedelta(days=5)
    with pytest.raises(Forbidden, match="related party"):
        case.do("check", "hanmei")


# --- what is said


def test_the_reason_stands_on_the_task_and_is_told_to_the_one_kept_away():
    case = applied(candidates("user", "hanmei"), entry("hanmei"))
    task = case.task("check")
    with force_locale("zh_Hans"):
        assert explanations.reason(task, member("hanmei")) == "客户的关联人：配偶"
        (away,) = explanations.kept_away(task)
        assert (away.name, away.reason) == ("韩梅", "客户的关联人：配偶")
        assert explanations.because(task, person("wangfang")) == "韩梅须回避（客户的关联人：配偶），由您作为上级办理"
        assert "韩梅的上级" in explanations.whom(task)[0]
    user_tasks.reassign(
        task_id=task.id, to_username="yangguang", reason="改", person=person("jiangshan"), now=case.later()
    )
    with pytest.raises(Refusal, match="related party"):
        user_tasks.reassign(
            task_id=task.id, to_username="hanmei", reason="改", person=person("jiangshan"), now=case.later()
        )


def test_who_is_kept_away_is_told_so_when_he_tries():
    case = applied(candidates("group", "risk_managers"), entry("caoying"))
    case.row.started_by = member("caoying")  # so that he may see it at all
    with pytest.raises(Forbidden, match="related party"):
        user_tasks.claim(task_id=case.task("check").id, person=person("caoying"), now=case.later())


def test_conflicted_tells_whom_and_why():
    case = applied(candidates("group", "risk_managers"), entry("caoying"))
    ids = [member(name) for name in ("caoying", "kongxiang", "zhaomin")]
    found = assignment.conflicted(case.row, ids, now=case.now)
    assert {i: str(away.code) for i, away in found.items()} == {ids[0]: "related", ids[2]: "applicant"}


# --- substitutes


@pytest.mark.parametrize("deputy", ["hanmei", "yangguang"])
def test_no_substitution_leads_around_it(deputy):
    case = applied(candidates("user", "zhengwei"), entry("hanmei"))
    substitution("zhengwei", "hanmei")
    substitution("hanmei", "yangguang")
    with pytest.raises(Refusal):
        case.do("check", acting(deputy))


# --- it becomes known while the case is under way


def test_a_holder_who_turns_out_to_be_related_loses_the_task_at_once_to_his_superior():
    case = applied(candidates("user", "hanmei"))
    recusals.refresh(
        instance_id=case.row.id, related=[entry("hanmei")], actor=person("jiangshan").actor, now=case.later()
    )
    assert holder(case.task("check")) == "wangfang"
    event = queries.events_of(case.row.id)[-1]
    assert (event.verb, event.detail["recused"]) == ("recuse", [member("hanmei")])


def test_one_who_claimed_out_of_a_pool_loses_it_to_the_pool():
    case = applied(candidates("group", "risk_managers"))
    user_tasks.claim(task_id=case.task("check").id, person=person("caoying"), now=case.later())
    recusals.refresh(
        instance_id=case.row.id, related=[entry("caoying")], actor=person("jiangshan").actor, now=case.later()
    )
    task = case.task("check")
    assert (holder(task), pools(task)) == (None, ["risk_managers"])
    assert member("caoying") in task.excluded_ids


def test_telling_the_same_again_changes_nothing():
    case = applied(candidates("user", "hanmei"), entry("hanmei"))
    before = case.row.events
    assert not recusals.refresh(
        instance_id=case.row.id, related=[entry("hanmei")], actor=person("jiangshan").actor, now=case.later()
    )
    assert case.row.events == before


def test_the_open_ballot_of_a_recused_member_is_void_and_the_vote_goes_on():
    case = applied('<credit:vote electorate="credit_committee" quorum="1/2" pass="1/2"/>')
    task = case.task("check")
    ballots.cast(task_id=task.id, choice=Choice.AGREE, opinion=None, person=person("wangfang"), now=case.later())
    recusals.refresh(
        instance_id=case.row.id, related=[entry("wangfang")], actor=person("jiangshan").actor, now=case.later()
    )
    assert member("wangfang") not in case.task("check").elector_ids
    assert [b.void_at is not None for b in ballots_of(task.id)] == [True]


def test_a_vote_that_waited_only_for_the_recused_closes():
    case = applied('<credit:vote electorate="credit_committee" quorum="1/1" pass="1/2"/>')
    task = case.task("check")
    others = [i for i in task.elector_ids if i != member("wangfang")]
    for user_id in others:
        voter = people.person(user_id)
        ballots.cast(task_id=task.id, choice=Choice.AGREE, opinion=None, person=voter, now=case.later())
    assert case.stations() == ["check"]
    recusals.refresh(
        instance_id=case.row.id, related=[entry("wangfang")], actor=person("jiangshan").actor, now=case.later()
    )
    assert case.stations() == []
    assert case.visit("check").outcome == "approve"


# --- kept with the customer


@pytest.fixture
def customer(desk) -> Customer:
    values = {"kind": "individual", "name": "周大山", "id_number": "11010519491231002X", "phone": "13800138000"}
    return customers.create_customer(values=values, branch_id=None, actor=person("zhaomin").actor, now=MORNING)


def keep(customer: Customer, who: str, relation: str = "spouse", **window) -> None:
    days = {"since": None, "until": None, **window}
    related.add_related_party(
        customer=customer, who=who, name="", relation=relation, actor=person("zhaomin").actor, now=MORNING, **days
    )


def staff(customer: Customer) -> set[tuple[str, str]]:
    session.info.clear()
    found = related.staff_related_to(customer)
    names = people.users(entry["user"] for entry in found)
    return {(names[e["user"]].username, e["relation"]["en"]) for e in found}


def test_a_member_of_staff_is_known_by_his_user_name(customer):
    keep(customer, "hanmei")
    assert staff(customer) == {("hanmei", "spouse")}


def test_or_by_his_identity_number_whichever_is_entered_first(customer):
    keep(customer, "440306199001010014", "sibling")
    assert staff(customer) == set()
    people.user_by_username("hanmei").id_number = "440306199001010014"
    session.flush()
    assert staff(customer) == {("hanmei", "sibling")}


def test_a_member_of_staff_who_is_the_customer_is_found_by_himself(customer):
    people.user_by_username("hanmei").id_number = "11010519491231002X"
    session.flush()
    assert staff(customer) == {("hanmei", "the customer himself")}


def test_already_when_the_customer_is_entered(desk):
    people.user_by_username("hanmei").id_number = "11010519491231002X"
    session.flush()
    values = {"kind": "individual", "name": "韩梅", "id_number": "11010519491231002X"}
    made = customers.create_customer(values=values, branch_id=None, actor=person("zhaomin").actor, now=MORNING)
    assert [e["user"] for e in related.staff_related_to(made)] == [member("hanmei")]


def test_an_enterprise_has_no_number_that_a_member_of_staff_could_share(desk):
    values = {"kind": "enterprise", "name": "东湖商贸有限公司", "credit_code": "91350100M000100Y43"}
    made = customers.create_customer(values=values, branch_id=None, actor=person("zhaomin").actor, now=MORNING)
    assert related.staff_related_to(made) == []


def test_the_number_is_stored_only_encrypted_and_as_a_blind_index(customer):
    keep(customer, "440306199001010014")
    from app.customers.models import RelatedParty

    (row,) = session.scalars(select(RelatedParty).where(RelatedParty.customer_id == customer.id))
    assert b"440306199001010014" not in bytes(row.id_number_cipher)
    assert row.id_number == "440306199001010014"


@pytest.mark.parametrize(
    ("who", "relation", "window"),
    [
        ("nobody", "spouse", {}),
        ("123", "spouse", {}),
        ("hanmei", "friend", {}),
        ("hanmei", "spouse", {"since": date(2026, 3, 2), "until": date(2026, 3, 1)}),
    ],
)
def test_what_can_not_be_kept_is_refused(customer, who, relation, window):
    with pytest.raises(Refusal):
        keep(customer, who, relation, **window)


def test_nobody_ends_his_own_relation(customer):
    keep(customer, "zhaomin")
    (party,) = related.parties_of(customer)
    with pytest.raises(Forbidden):
        related.end_related_party(party_id=party.row.id, last_day=MORNING.date(), person=person("zhaomin"), now=MORNING)
    related.end_related_party(party_id=party.row.id, last_day=date(2026, 3, 1), person=person("qianjin"), now=MORNING)
    assert related.parties_of(customer)[0].row.until == date(2026, 3, 1)


def test_a_relation_found_during_the_credit_route_takes_the_task_away(desk, monkeypatch):
    from app.demo import desk as demo_desk
    from tests.integration.workflow.route import Route

    monkeypatch.setattr(user_tasks.documents, "missing_types", lambda *_: ())
    route = Route(demo_desk.staff()).go_to("retail_document_check")
    assert holder(route.task("retail_document_check")) == "hanmei"
    customer = applications.application_of(route.case.id).customer
    keep(customer, "hanmei")
    assert holder(route.task("retail_document_check")) == "wangfang"
    route.must_be_whole()


def test_related_parties_known_before_are_with_the_case_from_its_first_step(desk, monkeypatch):
    from app.demo import desk as demo_desk
    from tests.integration.workflow.route import RETAIL, Route

    monkeypatch.setattr(user_tasks.documents, "missing_types", lambda *_: ())
    asked = RETAIL.customer
    values = {"kind": asked.kind, "name": asked.name, "id_number": asked.number, "phone": asked.phone}
    known = customers.create_customer(values=values, branch_id=None, actor=person("zhaomin").actor, now=MORNING)
    keep(known, "xuqing")
    session.info.clear()
    route = Route(demo_desk.staff()).go_to("pre_committee_review")
    assert [e["user"] for e in route.case.related] == [member("xuqing")]
    assert member("xuqing") in route.task("pre_committee_review").excluded_ids
