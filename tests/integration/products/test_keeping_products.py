"""Keeping the catalogue on its pages: who may, four eyes, versions, and what becomes of applications under way."""

import re
import threading
from dataclasses import replace
from decimal import Decimal

import pytest

from app.audit import queries as audits
from app.demo.staff import STAFF
from app.identity import queries as people
from app.kernel import clock
from app.kernel.db import session, transaction
from app.kernel.errors import Conflict
from app.products import operations, queries, route_notes, usage
from app.products.models import ProductChange
from app.products.terms import Terms, terms_from
from app.web.access import Permission

PROPOSER, SECOND = "tangwei", "zhangming"
CAR = {
    "key": "car_loan",
    "name_zh_Hans": "购车贷款",
    "name_en": "Car loan",
    "business_line": "retail",
    "customer_kind": "individual",
    "min_amount": "10,000",
    "max_amount": "50万",
    "min_term_months": "6",
    "max_term_months": "60",
    "repayment_methods": ["equal_instalment", "equal_principal"],
    "guarantee_kinds": ["credit", "mortgage"],
    "required_documents": ["id_card"],
}


def changes(key):
    with transaction():
        return [
            (c.act, c.state, c.version)
            for c in sorted(session.query(ProductChange).filter_by(key=key), key=lambda c: c.proposed_at)
        ]


def terms_of(key) -> Terms:
    with transaction():
        return terms_from(queries.product_by_key(key))


def proposal(answer) -> str:
    """The address of a proposal that was just made."""
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return answer.location


def told(answer) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def a_new_product(sign_in, key, **more) -> str:
    """The address of the proposal of a product of this key."""
    return proposal(sign_in(PROPOSER).post("/new-product", {**CAR, "key": key, **more}))


def test_a_product_is_on_sale_once_a_second_person_agrees(bank, sign_in):
    proposed = a_new_product(sign_in, "car_loan")
    assert "car_loan" not in told(sign_in("zhaomin").get("/products?sale="))
    assert sign_in(SECOND).post(f"{proposed}/agree").status_code == 302
    assert "购车贷款" in told(sign_in("zhaomin").get("/products"))
    said = terms_of("car_loan")
    assert (said.min_amount, said.max_amount) == (Decimal("10000.00"), Decimal("500000.00"))
    assert said.active
    assert changes("car_loan") == [("create", "agreed", 1)]


def test_nobody_agrees_to_his_own_proposal(bank, sign_in):
    proposed = a_new_product(sign_in, "own_eyes")
    answer = sign_in(PROPOSER).post(f"{proposed}/agree")
    assert answer.status_code == 403
    assert changes("own_eyes") == [("create", "open", None)]


def test_until_it_is_agreed_to_the_old_terms_hold_and_both_are_shown_side_by_side(bank, sign_in):
    keeper = sign_in(PROPOSER)
    sign_in(SECOND).post(f"{a_new_product(sign_in, 'side_by_side')}/agree")
    given = {**CAR, "max_amount": "300000.50", "reason": "政策收紧"}
    proposed = proposal(keeper.post("/products/side_by_side/change", given))
    assert terms_of("side_by_side").max_amount == Decimal(500_000)
    page = told(sign_in(SECOND).get(proposed))
    assert "<del>500,000 元</del>" in page
    assert "<ins>300,000.50 元</ins>" in page
    assert "政策收紧" in page
    assert "没有在途申请使用该产品" in page
    sign_in(SECOND).post(f"{proposed}/agree")
    assert terms_of("side_by_side").max_amount == Decimal("300000.50")
    history = told(sign_in("zhaomin").get("/products/side_by_side"))
    assert "<del>500,000 元</del> → <ins>300,000.50 元</ins>" in history
    assert history.count("<ins>") == 1
    assert "唐伟" in history
    assert "张明" in history


def test_a_refusal_needs_a_reason_and_leaves_everything_as_it_was(bank, sign_in):
    proposed = a_new_product(sign_in, "unwanted")
    second = sign_in(SECOND)
    empty = second.post(f"{proposed}/refuse", {"answer": "  "})
    assert empty.status_code == 422
    assert 'id="error-answer"' in told(empty)
    assert second.post(f"{proposed}/refuse", {"answer": "与现有产品重复"}).status_code == 302
    assert changes("unwanted") == [("create", "refused", None)]
    assert "与现有产品重复" in told(sign_in(PROPOSER).get(proposed))
    assert sign_in("zhaomin").get("/products/unwanted").status_code == 404
    assert sign_in("zhaomin").get(proposed).status_code == 404


def test_the_proposer_takes_his_proposal_back_and_nobody_else_does(bank, sign_in):
    proposed = a_new_product(sign_in, "second_thoughts")
    assert sign_in(SECOND).post(f"{proposed}/take-back").status_code == 403
    assert sign_in(PROPOSER).post(f"{proposed}/refuse", {"answer": "x"}).status_code == 403
    assert sign_in(PROPOSER).post(f"{proposed}/take-back").status_code == 302
    assert changes("second_thoughts") == [("create", "taken_back", None)]
    assert sign_in(SECOND).post(f"{proposed}/agree").status_code == 409


def test_a_key_is_taken_by_a_product_and_by_a_proposal(bank, sign_in):
    keeper = sign_in(PROPOSER)
    a_new_product(sign_in, "wanted_key")
    for key in ("wanted_key", "consumer", "Car Loan", "x", ""):
        answer = keeper.post("/new-product", {**CAR, "key": key})
        assert answer.status_code == 422, key
        assert 'id="error-key"' in told(answer), key


def test_every_mistake_is_said_at_its_field_and_what_was_typed_stays(bank, sign_in):
    given = {
        **CAR,
        "key": "mistakes",
        "min_amount": "viel",
        "max_term_months": "",
        "guarantee_kinds": [],
        "name_en": "",
    }
    answer = sign_in(PROPOSER).post("/new-product", {**given, "name_zh_Hans": ""})
    assert answer.status_code == 422
    page = told(answer)
    for field in ("name_zh_Hans", "min_amount", "max_term_months", "guarantee_kinds"):
        assert f'id="error-{field}"' in page, field
    assert 'value="viel"' in page
    assert 'value="50万"' in page
    assert changes("mistakes") == []


def test_a_change_of_nothing_is_no_proposal(bank, sign_in):
    sign_in(SECOND).post(f"{a_new_product(sign_in, 'the_same')}/agree")
    answer = sign_in(PROPOSER).post("/products/the_same/change", {**CAR, "reason": "x"})
    assert answer.status_code == 422
    assert "没有差别" in told(answer)


def test_a_product_has_one_proposal_at_a_time(bank, sign_in):
    sign_in(SECOND).post(f"{a_new_product(sign_in, 'one_at_a_time')}/agree")
    changed = {**CAR, "max_amount": "400000", "reason": "x"}
    proposal(sign_in(PROPOSER).post("/products/one_at_a_time/change", changed))
    assert sign_in(SECOND).post("/products/one_at_a_time/sale", {"reason": "y"}).status_code == 409


def test_withdrawn_it_is_not_for_sale_and_can_come_back(bank, sign_in):
    keeper, second = sign_in(PROPOSER), sign_in(SECOND)
    second.post(f"{a_new_product(sign_in, 'comes_back')}/agree")
    without = keeper.post("/products/comes_back/sale", {"reason": ""})
    assert (without.status_code, 'id="error-reason"' in told(without)) == (422, True)
    second.post(f"{proposal(keeper.post('/products/comes_back/sale', {'reason': '停售'}))}/agree")
    assert not terms_of("comes_back").active
    assert "comes_back" not in told(sign_in("zhaomin").get("/products"))
    assert "comes_back" in told(sign_in("zhaomin").get("/products?sale=off"))
    assert "comes_back" not in told(sign_in("zhaomin").get("/start"))
    second.post(f"{proposal(keeper.post('/products/comes_back/sale', {'on': '1', 'reason': '恢复'}))}/agree")
    assert terms_of("comes_back").active
    assert [version for *_, version in changes("comes_back")] == [1, 2, 3]


def test_a_copy_begins_with_the_terms_of_another_product(bank, sign_in):
    page = told(sign_in(PROPOSER).get("/new-product?copy=housing"))
    assert 'value="10,000,000.00"' in page
    assert 'name="key" type="text" value=""' in page


@pytest.mark.parametrize("username", ["zhaomin", "zouyi", "qiyue"])
def test_only_business_administrators_keep_the_catalogue(bank, sign_in, username):
    other = sign_in(username)
    assert other.get("/new-product").status_code == 403
    assert other.post("/products/consumer/sale", {"reason": "x"}).status_code == 403
    page = told(other.get("/products/consumer"))
    assert "/products/consumer/change" not in page


def test_the_others_who_keep_the_catalogue_are_told(bank, sign_in):
    proposed = a_new_product(sign_in, "told_of")
    assert "产品目录" in told(sign_in(SECOND).get("/notices")) or "信贷产品" in told(sign_in(SECOND).get("/notices"))
    sign_in(SECOND).post(f"{proposed}/agree")
    assert "即时生效" in told(sign_in(PROPOSER).get("/notices"))


def test_everything_is_on_record_and_the_chain_holds(bank, sign_in):
    proposed = a_new_product(sign_in, "on_record")
    sign_in(SECOND).post(f"{proposed}/agree")
    with transaction():
        verbs = [entry.verb for entry in audits.entries("products") if entry.object_id == "on_record"]
        assert verbs == ["propose_product", "agree_product"]
        assert audits.verify("products")[1] == []


def test_whoever_lost_the_right_since_has_proposed_nothing(bank, sign_in):
    proposed = a_new_product(sign_in, "lost_right")
    with transaction():
        user = people.user_by_username(PROPOSER)
        before, user.roles = user.roles, ["staff"]
    assert sign_in(SECOND).post(f"{proposed}/agree").status_code == 409
    with transaction():
        people.user_by_username(PROPOSER).roles = before
    assert sign_in(SECOND).post(f"{proposed}/agree").status_code == 302


def test_two_who_agree_at_the_same_moment_put_it_in_force_once(bank, sign_in):
    proposed = a_new_product(sign_in, "race")
    change_id = proposed.rpartition("/")[2]
    with transaction():
        seconds = [people.person_by_username(SECOND), replace(people.person_by_username("zhaomin"))]
        change = queries.open_change_of("race")
        assert str(change.id) == change_id
        found = change.id
    gate, outcomes = threading.Barrier(2), []

    def press(person):
        gate.wait()
        try:
            with transaction():
                operations.agree(change_id=found, person=person, now=clock.now())
            outcomes.append("agreed")
        except Conflict:
            outcomes.append("late")

    threads = [threading.Thread(target=press, args=(person,)) for person in seconds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["agreed", "late"]
    assert changes("race") == [("create", "agreed", 1)]


def test_the_list_is_searched_and_filtered(bank, sign_in):
    reader = sign_in("zhaomin")
    assert "个人住房按揭贷款" in told(reader.get("/products?q=按揭"))
    assert "个人消费贷款" not in told(reader.get("/products?q=按揭"))
    assert "个人消费贷款" in told(reader.get("/products?q=CONSUMER"))
    assert "个人消费贷款" not in told(reader.get("/products?line=corporate"))
    assert "没有符合条件的产品" in told(reader.get("/products?q=nothing_like_it"))


def test_the_catalogue_is_a_file_with_exact_amounts(bank, sign_in):
    lines = sign_in("zhaomin").get("/products.csv?q=housing").get_data(as_text=True).splitlines()
    assert lines[0].startswith("\ufeff代码,")
    assert lines[1].startswith("housing,")
    assert ",50000.00,10000000.00,12,360," in lines[1]
    assert sign_in("zhaomin").get("/products.xlsx").status_code == 200


def test_the_tables_that_do_not_know_a_key_are_named(bank, sign_in):
    with transaction():
        assert route_notes.strange_to("consumer") == []
        assert set(route_notes.strange_to("supply_chain")) == {"建议业务条线", "确定审批权限"}
    page = told(sign_in(SECOND).get(a_new_product(sign_in, "unknown_to_tables")))
    assert "确定审批权限" in page


def test_a_form_that_takes_less_than_the_product_allows_is_named(bank, sign_in):
    page = told(sign_in(SECOND).get(a_new_product(sign_in, "too_large", max_amount="6亿")))
    assert "500,000,000" in page


def test_everybody_who_may_keep_the_catalogue_is_two_people_in_the_demo_bank(bank):
    keepers = {m.username for m in STAFF if "business_administrator" in m.roles}
    assert keepers == {PROPOSER, SECOND}
    with transaction():
        assert len(people.overseers(Permission.PRODUCT_MANAGE, None)) == 2
        assert usage.under_way("consumer") == {}
