"""The record behind the forms: entered once, judged by the product, decided once, in few statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event, func, select, text

from app.audit import queries as audits
from app.audit.models import case_chain
from app.credit_applications import delegates, operations, queries
from app.credit_applications.bindings import CreditApplicationBinding, officer_options, rating_options
from app.credit_applications.models import CreditApplication
from app.credit_applications.operations import AlreadyDecided, InvalidApplication, UnknownDecision
from app.credit_applications.rules import ApplicationState as State
from app.customers.models import Customer
from app.customers.operations import InvalidCustomer, NameDiffers, create_customer
from app.kernel.errors import NotFound, Refusal
from app.notifications.models import Notice
from app.products.models import Product
from app.workflow.models import ProcessInstance
from app.workflow.registry import CaseContext, CaseHead, binding_of, delegate_named, options
from tests.identity_numbers import resident_id
from tests.integration.records import (
    ACME,
    LI,
    NOW,
    WANG,
    a_branch,
    a_case,
    a_person,
    context,
    officers_of,
    the_products,
)

LATER = NOW + timedelta(days=2)
LOAN = {
    "product": "consumer",
    "amount": Decimal("80000.00"),
    "term_months": Decimal(24),
    "purpose": "装修住房",
    "repayment_method": "equal_instalment",
    "guarantee": "credit",
}
binding = CreditApplicationBinding()


def bound(application: dict | None = None, customer: dict | None = None) -> dict:
    """Values keyed as forms bind them."""
    values = {f"application.{key}": value for key, value in (application or {}).items()}
    return values | {f"customer.{key}": value for key, value in (customer or {}).items()}


@contextmanager
def statements(session) -> Iterator[list[str]]:
    """The SQL sent meanwhile."""
    sent: list[str] = []
    engine = session.get_bind()

    def note(_connection, _cursor, statement, *_more):
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def manager(session):
    the_products()
    return a_person("manager", branch=a_branch("east"))


@pytest.fixture
def case(manager) -> CaseContext:
    return a_case("CR-1", manager)


@pytest.fixture
def entered(session, case, manager) -> CaseContext:
    """A case whose application has been entered, met again in a later transaction by somebody else."""
    binding.save(case, bound(LOAN, LI))
    return later(session, case)


def later(session, case: CaseContext, person=None) -> CaseContext:
    session.flush()
    session.expunge_all()
    session.info.clear()
    person = person or a_person(f"officer{session.scalar(text('SELECT count(*) FROM app_user'))}")
    instance = session.get(ProcessInstance, case.instance_id)
    return context(instance, person, LATER)


def the_application(session, case) -> CreditApplication:
    session.flush()
    session.expire_all()
    return session.scalars(select(CreditApplication).where(CreditApplication.instance_id == case.instance_id)).one()


def test_the_binding_serves_the_credit_route():
    assert isinstance(binding_of("credit_application"), CreditApplicationBinding)


def test_before_anything_is_entered_there_is_nothing_to_load(case):
    assert binding.load(case) == {}


def test_what_was_saved_loads_back_as_the_forms_want_it(entered):
    loaded = binding.load(entered)
    assert {key: loaded[key] for key in bound(LOAN, LI)} == bound(LOAN, LI)
    assert isinstance(loaded["application.term_months"], Decimal)
    assert set(loaded) == binding.fields


def test_the_head_of_the_case_is_customer_product_and_amount(case):
    head = binding.save(case, bound(LOAN, LI))
    assert head == CaseHead("李明 · 个人消费贷款", "李明", Decimal("80000.00"), related=[])


def test_the_record_takes_number_branch_and_initiator_of_the_case(session, entered, manager):
    application = the_application(session, entered)
    assert (application.number, application.branch_id, application.created_by) == (
        "CR-1",
        manager.branch_id,
        manager.id,
    )
    assert application.created_at == NOW


def test_an_application_is_in_review_once_amount_and_term_are_said(session, case):
    binding.save(case, bound({"product": "consumer"}, LI))
    assert the_application(session, case).state == State.DRAFT
    binding.save(later(session, case), bound({"amount": Decimal(5000), "term_months": Decimal(12)}))
    assert the_application(session, case).state == State.IN_REVIEW


def test_purpose_and_conditions_do_not_lie_in_the_table_in_the_clear(session, entered):
    binding.save(entered, bound({"conditions": [{"condition": "落实抵押登记"}]}))
    session.flush()
    row = session.execute(text("SELECT * FROM credit_application")).mappings().one()
    stored = b"".join(bytes(v) for v in row.values() if isinstance(v, bytes | memoryview))
    assert "装修".encode() not in stored
    assert "抵押".encode() not in stored


def test_the_audit_of_the_case_holds_amounts_and_no_personal_text(session, entered):
    session.flush()
    (entry,) = audits.entries(case_chain(entered.instance_id))
    assert entry.verb == "write_application"
    assert '"amount":[null,"80000.00"]' in entry.payload
    assert "装修" not in entry.payload
    assert LI["id_number"] not in entry.payload


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": Decimal("500000.01")}, "amount"),
        ({"amount": Decimal("999.99")}, "amount"),
        ({"term_months": Decimal(85)}, "term_months"),
        ({"term_months": Decimal("12.5")}, "term_months"),
        ({"repayment_method": "bullet"}, "repayment_method"),
        ({"guarantee": "a handshake"}, "guarantee"),
        ({"product": "moon_travel"}, "product"),
        ({"product": None}, "product"),
        ({"product": "working_capital"}, "product"),
    ],
)
def test_a_wish_that_the_product_does_not_cover_is_refused_with_its_field(session, case, change, field):
    with pytest.raises(InvalidApplication) as refused:
        binding.save(case, bound(LOAN | change, LI))
    assert refused.value.field == field
    assert "{" not in str(refused.value)


def test_the_refusal_is_one_of_those_that_the_shell_shows_as_a_sentence(case):
    with pytest.raises(Refusal, match=r"^Amount: this product is given from 1,000\.00 to 500,000\.00 yuan\.$"):
        binding.save(case, bound(LOAN | {"amount": Decimal(10**9)}, LI))


def test_a_change_is_judged_together_with_what_was_there(entered):
    with pytest.raises(InvalidApplication, match="Guarantee"):
        binding.save(entered, bound({"product": "housing"}))


def test_a_case_under_way_survives_a_change_of_the_catalogue(session, entered):
    session.execute(text("UPDATE product SET max_amount = 2000, active = false WHERE key = 'consumer'"))
    head = binding.save(entered, bound({"rating": "B", "purpose": "购车"}))
    assert head.amount == Decimal("80000.00")


def test_a_product_no_longer_offered_can_not_be_chosen(session, case):
    session.execute(text("UPDATE product SET active = false WHERE key = 'consumer'"))
    with pytest.raises(InvalidApplication, match="Product"):
        binding.save(case, bound(LOAN, LI))


def test_an_application_needs_a_whole_customer(case):
    with pytest.raises(InvalidCustomer):
        binding.save(case, bound(LOAN, {"kind": "individual", "name": "李明"}))


def test_two_applications_of_one_person_share_the_customer(session, entered, manager):
    second = a_case("CR-2", manager)
    binding.save(second, bound(LOAN | {"amount": Decimal(20000)}, LI))
    session.flush()
    assert session.scalar(select(func.count()).select_from(Customer).where(Customer.created_by == manager.id)) == 1
    customer_id = the_application(session, second).customer_id
    assert [a.number for a, _ in queries.applications_of_customer(customer_id)] == ["CR-2", "CR-1"]


def test_somebody_elses_number_under_a_wrong_name_is_refused(entered, manager):
    with pytest.raises(NameDiffers):
        binding.save(a_case("CR-2", manager), bound(LOAN, LI | {"name": "张三"}))


def test_a_slip_in_the_number_is_mended_in_the_record_of_this_case(session, entered):
    before = the_application(session, entered).customer_id
    binding.save(entered, bound({}, {"id_number": resident_id(9)}))
    application = the_application(session, entered)
    assert application.customer_id == before
    assert session.get(Customer, before).id_number == resident_id(9)


def test_the_number_of_a_known_customer_moves_the_application_to_him(session, entered, manager):
    wang = create_customer(values=WANG, branch_id=None, actor=manager.actor, now=NOW)
    head = binding.save(entered, bound({}, {"name": WANG["name"], "id_number": WANG["id_number"]}))
    assert head.party == "王芳"
    assert the_application(session, entered).customer_id == wang.id


def test_another_number_never_renames_a_customer_who_has_other_applications(session, entered, manager):
    li = the_application(session, entered).customer_id
    second = a_case("CR-2", manager)
    binding.save(second, bound(LOAN, LI))
    binding.save(later(session, second), bound({}, {"name": "王芳", "id_number": resident_id(2)}))
    assert session.get(Customer, li).name == "李明"
    assert the_application(session, second).customer_id != li
    assert the_application(session, entered).customer_id == li


def test_an_individual_turned_enterprise_does_not_take_his_identity_number_along(session, case, manager):
    binding.save(case, bound(LOAN | {"product": "micro_business"}, LI))
    binding.save(a_case("CR-2", manager), bound(LOAN, LI))
    binding.save(later(session, case), bound({}, ACME))
    customer = session.get(Customer, the_application(session, case).customer_id)
    assert (customer.kind, customer.id_number, customer.credit_code) == ("enterprise", None, ACME["credit_code"])


def test_a_slip_in_the_kind_is_mended_without_keeping_the_other_kinds_number(session, case):
    binding.save(case, bound(LOAN | {"product": "micro_business"}, LI))
    binding.save(later(session, case), bound({}, ACME))
    customer = the_application(session, case).customer
    assert (customer.kind, customer.id_number, customer.credit_code) == ("enterprise", None, ACME["credit_code"])
    assert session.scalar(select(func.count()).select_from(Customer).where(Customer.created_at == NOW)) == 1


def test_a_product_for_individuals_does_not_follow_to_an_enterprise(session, entered):
    with pytest.raises(InvalidApplication, match="individuals only"):
        binding.save(entered, bound({}, ACME))


def test_kind_and_product_may_change_together(session, entered):
    corporate = {
        "product": "supply_chain",
        "amount": Decimal(200000),
        "term_months": Decimal(6),
        "repayment_method": "bullet",
    }
    head = binding.save(entered, bound(corporate, ACME))
    assert head.title == "安杰精密有限公司 · 供应链融资"


def test_terms_of_approval_are_bounded_by_the_wish(entered):
    with pytest.raises(InvalidApplication, match="Approved amount"):
        binding.save(entered, bound({"approved_amount": Decimal("80000.01")}))


def test_conditions_load_back_as_they_were_entered(session, entered):
    row = {"condition": "落实抵押登记", "stage": "before_payout", "due": date(2026, 4, 1), "evidence": None}
    binding.save(entered, bound({"conditions": [row]}))
    assert binding.load(later(session, entered))["application.conditions"] == [row | {"due": "2026-04-01"}]


def test_saving_equal_conditions_again_writes_nothing(session, entered):
    row = {"condition": "x", "due": date(2026, 4, 1), "share": Decimal("0.50")}
    binding.save(entered, bound({"conditions": [row]}))
    again = later(session, entered)
    binding.save(again, bound({"conditions": [row]}))
    assert not session.dirty


def test_an_approval_takes_over_what_was_not_said_otherwise(session, entered):
    binding.save(entered, bound({"rating": "B", "approved_rate": Decimal("4.35")}))
    operations.record_decision(case=entered, decision="approved")
    application = the_application(session, entered)
    assert application.state == State.APPROVED
    assert (application.approved_amount, application.approved_term_months) == (Decimal("80000.00"), 24)
    assert application.approved_rate == Decimal("4.3500")
    assert (application.decided_at, application.decided_by) == (LATER, entered.actor.user_id)


def test_an_approval_of_less_stays_less(session, entered):
    binding.save(entered, bound({"approved_amount": Decimal(50000), "approved_term_months": Decimal(12)}))
    operations.record_decision(case=entered, decision="conditional")
    application = the_application(session, entered)
    assert application.state == State.APPROVED_WITH_CONDITIONS
    assert (application.approved_amount, application.approved_term_months) == (Decimal("50000.00"), 12)


def test_an_approval_of_zero_is_refused(session, entered):
    binding.save(entered, bound({"approved_amount": Decimal(0)}))
    with pytest.raises(InvalidApplication, match="above zero"):
        operations.record_decision(case=entered, decision="approved")


def test_a_refusal_leaves_no_approved_terms_behind(session, entered):
    binding.save(entered, bound({"approved_amount": Decimal(50000), "approved_rate": Decimal(4)}))
    operations.record_decision(case=entered, decision="refused")
    application = the_application(session, entered)
    assert application.state == State.REFUSED
    assert (application.approved_amount, application.approved_term_months, application.approved_rate) == (
        None,
        None,
        None,
    )


def test_the_customer_takes_over_the_rating_of_the_decision(session, entered):
    binding.save(entered, bound({"rating": "C"}))
    customer_id = the_application(session, entered).customer_id
    assert session.get(Customer, customer_id).rating is None
    operations.record_decision(case=entered, decision="approved")
    session.flush()
    assert session.get(Customer, customer_id).rating == "C"


def test_a_decision_stands(session, entered):
    operations.record_decision(case=entered, decision="refused")
    with pytest.raises(AlreadyDecided):
        operations.record_decision(case=entered, decision="approved")
    with pytest.raises(AlreadyDecided):
        binding.save(entered, bound({"amount": Decimal(5000)}))
    with pytest.raises(AlreadyDecided):
        binding.save(entered, bound({}, {"phone": "13700137000"}))


def test_saving_unchanged_values_after_the_decision_is_no_fault(entered):
    operations.record_decision(case=entered, decision="refused")
    assert binding.save(entered, bound({"amount": LOAN["amount"]})).party == "李明"


def test_the_decision_is_on_record_in_the_chain_of_the_case(session, entered):
    operations.record_decision(case=entered, decision="approved")
    session.flush()
    entry = audits.entries(case_chain(entered.instance_id))[-1]
    assert entry.verb == "close_application"
    assert '"state":["in_review","approved"]' in entry.payload


@pytest.mark.parametrize("decision", ["None", "", "maybe"])
def test_a_decision_nobody_knows_is_refused(entered, decision):
    with pytest.raises(UnknownDecision):
        operations.record_decision(case=entered, decision=decision)


def test_without_an_application_nothing_can_be_decided(case):
    with pytest.raises(NotFound, match="CR-1"):
        operations.record_decision(case=case, decision="approved")


def test_a_withdrawn_case_withdraws_its_application(session, entered):
    operations.end_application(case=entered)
    assert the_application(session, entered).state == State.WITHDRAWN


def test_withdrawing_is_silent_where_nothing_was_entered_or_all_is_decided(session, case, entered):
    operations.record_decision(case=entered, decision="approved")
    operations.end_application(case=entered)
    assert the_application(session, entered).state == State.APPROVED
    assert operations.end_application(case=a_case("CR-9", a_person("other"))) is None


def test_the_diagram_records_and_announces_through_its_delegates(session, entered, manager):
    said = {"decision": "conditional"}
    brought = delegate_named("credit_applications.record_decision")(entered, said)
    assert brought == {"conditions_open": False}
    assert delegate_named("credit_applications.announce_decision")(entered, {**said, **brought}) == {}
    session.flush()
    assert the_application(session, entered).state == State.APPROVED_WITH_CONDITIONS
    notice = session.scalars(select(Notice).where(Notice.user_id == manager.id)).one()
    assert (notice.event, notice.case_id) == ("case_decided", entered.instance_id)
    assert notice.params == {"number": "CR-1", "decision": "conditional"}


def test_a_case_that_the_system_began_tells_nobody(session, entered):
    nobody = CaseContext(entered.instance_id, "CR-1", "credit_application", None, entered.actor, LATER)
    delegates.announce_decision(nobody, {"decision": "approved"})
    session.flush()
    assert session.scalar(select(func.count()).select_from(Notice).where(Notice.case_id == entered.instance_id)) == 0


def test_loading_is_one_statement(session, entered):
    with statements(session) as sent:
        binding.load(entered)
    assert len(sent) == 1


def test_saving_what_has_not_changed_after_loading_sends_nothing(session, entered):
    binding.load(entered)
    with statements(session) as sent:
        binding.save(entered, bound(LOAN, LI))
        session.flush()
    assert sent == []


def test_saving_without_loading_asks_once(session, entered):
    with statements(session) as sent:
        binding.save(entered, bound(LOAN, LI))
    assert len(sent) == 1


def test_a_change_is_one_update_and_one_audit_entry(session, entered):
    binding.load(entered)
    with statements(session) as sent:
        binding.save(entered, bound({"rating": "A", "approved_amount": Decimal(70000)}))
        session.flush()
    assert sorted(statement.split()[0] for statement in sent) == ["INSERT", "UPDATE"]


def test_entering_an_application_of_a_new_customer_stays_within_its_budget(session, case):
    binding.load(case)
    with statements(session) as sent:
        binding.save(case, bound(LOAN, LI))
        session.flush()
    assert len(sent) <= 7, sent


def test_the_case_itself_is_not_flushed_by_the_questions_of_a_save(session, entered):
    binding.load(entered)
    instance = session.get(ProcessInstance, entered.instance_id)
    instance.stations = ["investigation"]
    with statements(session) as sent:
        binding.save(entered, bound({"rating": "B"}))
    assert not [statement for statement in sent if "process_instance" in statement]
    assert instance in session.dirty


def test_a_record_rolled_back_with_its_savepoint_is_not_taken_for_a_real_one(session, case):
    savepoint = session.begin_nested()
    binding.save(case, bound(LOAN, LI))
    session.flush()
    savepoint.rollback()
    assert queries.application_of(case.instance_id) is None
    binding.save(case, bound(LOAN, LI))
    assert the_application(session, case).number == "CR-1"


def test_officers_are_offered_with_name_branch_and_lines_in_the_readers_language(session):
    east = a_branch("east")
    chen, zhao, idle = a_person("chen", branch=east, roles=("staff",)), a_person("zhao"), a_person("idle")
    session.execute(text("UPDATE app_user SET active = false WHERE id = :id"), {"id": idle.id})
    officers_of("retail", {"en": "Retail", "zh_Hans": "个贷", "zh_Hant": "個貸"}, chen, idle)
    officers_of("micro", {"en": "Micro", "zh_Hans": "小微", "zh_Hant": "小微"}, chen, zhao)
    offered = {option.value: option.label for option in officer_options()}
    assert set(offered) == {"chen", "zhao"}
    assert offered["chen"]["en"] == "chen某 · east branch · Retail · Micro"
    assert offered["chen"]["zh_Hant"] == "chen某 · east分行 · 個貸 · 小微"
    assert offered["zhao"]["zh_Hans"] == "zhao某 · 小微"


def test_officers_are_served_under_both_names_of_the_forms(session):
    assert options("credit_officers") == options("second_officers") == []


def test_ratings_are_offered_best_first():
    assert [option.value for option in rating_options()] == list("ABCDE")


def test_the_products_of_the_decision_tables_are_in_the_catalogue(session, manager):
    keys = set(session.scalars(select(Product.key)))
    assert {"working_capital", "fixed_assets", "micro_business", "consumer", "housing", "agriculture"} <= keys
