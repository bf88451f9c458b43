"""A customer is entered once, found exactly, changed by one person at a time, and never stored in the clear."""

import re
from datetime import timedelta
from threading import Event, Thread

import pytest
from sqlalchemy import event, func, select, text

from app.audit import queries as audits
from app.audit.operations import SYSTEM
from app.customers import operations, queries, rules
from app.customers.models import Customer
from app.customers.operations import (
    CustomerChanged,
    CustomerExists,
    InvalidCustomer,
    NameDiffers,
    create_customer,
    find_or_create_customer,
    update_customer,
)
from app.customers.queries import SearchBy
from app.identity.models import Branch
from app.kernel import db
from app.kernel.crypto import KeyFault
from app.migrating import migrate
from tests.identity_numbers import credit_code, resident_id
from tests.integration.records import ACME, LI, NOW, WANG, a_branch, a_person

LATER = NOW + timedelta(days=1)


@pytest.fixture
def manager(session):
    return a_person("manager", branch=a_branch("east"))


def entered(manager, values=LI):
    return create_customer(values=values, branch_id=manager.branch_id, actor=manager.actor, now=NOW)


def change(customer, changes, manager, **more):
    return update_customer(customer=customer, changes=changes, actor=manager.actor, now=LATER, **more)


def count(session):
    return session.scalar(select(func.count()).select_from(Customer))


def test_a_customer_reads_back_as_he_was_entered(session, manager):
    customer_id = entered(manager).id
    session.flush()
    session.expire_all()
    customer = session.get(Customer, customer_id)
    assert {field: getattr(customer, field) for field in LI} == LI
    assert (customer.created_by, customer.branch_id, customer.version) == (manager.id, manager.branch_id, 1)


def test_nothing_that_tells_who_he_is_lies_in_the_table_in_the_clear(session, manager):
    entered(manager)
    row = session.execute(text("SELECT * FROM customer")).mappings().one()
    stored = b"".join(bytes(v) for v in row.values() if isinstance(v, bytes | memoryview))
    stored += str({k: v for k, v in row.items() if not isinstance(v, bytes | memoryview)}).encode()
    for field in ("name", "id_number", "phone", "address"):
        assert LI[field].encode() not in stored, field


def test_a_ciphertext_copied_to_another_customer_can_not_be_read(session, manager):
    one, other = entered(manager), entered(manager, WANG)
    other.name_cipher = one.name_cipher
    with pytest.raises(KeyFault):
        _ = other.name


def test_the_same_number_is_the_same_customer(session, manager):
    first, is_new = find_or_create_customer(values=LI, branch_id=None, actor=manager.actor, now=NOW)
    typed = LI | {"id_number": f" {LI['id_number'].lower()} "}
    again, is_new_again = find_or_create_customer(values=typed, branch_id=None, actor=manager.actor, now=LATER)
    assert (is_new, is_new_again) == (True, False)
    assert again.id == first.id
    assert count(session) == 1


def test_finding_a_customer_again_writes_nothing_where_nothing_is_new(session, manager):
    customer = entered(manager)
    session.flush()
    find_or_create_customer(values=LI, branch_id=None, actor=manager.actor, now=LATER)
    assert not session.is_modified(customer)
    assert customer.changed_at == NOW


def test_finding_a_customer_again_brings_phone_and_address_up_to_date_and_keeps_what_is_not_said(session, manager):
    entered(manager)
    values = {key: LI[key] for key in ("kind", "name", "id_number")} | {"phone": "13700137000", "address": ""}
    customer, _ = find_or_create_customer(values=values, branch_id=None, actor=manager.actor, now=LATER)
    assert (customer.phone, customer.address) == ("+8613700137000", LI["address"])


def test_a_number_with_another_name_is_refused_and_the_record_stays(session, manager):
    customer = entered(manager)
    with pytest.raises(NameDiffers, match="Name"):
        find_or_create_customer(values=LI | {"name": "张三"}, branch_id=None, actor=manager.actor, now=LATER)
    assert customer.name == "李明"


def test_a_customer_that_somebody_enters_at_the_same_moment_is_taken_not_doubled(databases, database):
    """The second transaction asks before the first has committed, waits at the unique index, and takes the first one's row."""
    url = databases.create("race")
    migrate(url)
    db.connect(url)
    asked, found = Event(), {}

    def second():
        with db.transaction():
            assert queries.customer_by_identity(rules.identity_of(LI)) is None
            asked.set()
            customer, is_new = find_or_create_customer(values=LI, branch_id=None, actor=SYSTEM, now=NOW)
            found.update(id=customer.id, is_new=is_new)

    thread = Thread(target=second)
    with db.transaction():
        first = create_customer(values=LI, branch_id=None, actor=SYSTEM, now=NOW)
        thread.start()
        assert asked.wait(10)
    thread.join(10)
    db.disconnect()
    assert found == {"id": first.id, "is_new": False}


def test_two_kinds_may_carry_the_same_text_as_number(session, manager):
    """A sole trader's credit code beside his own identity number is no clash with the enterprise of that code."""
    entered(manager, ACME)
    entered(manager, LI | {"credit_code": ACME["credit_code"]})
    assert count(session) == 2


def test_creating_a_known_customer_is_a_conflict(session, manager):
    entered(manager)
    with pytest.raises(CustomerExists):
        entered(manager)


def test_an_incomplete_record_is_refused_with_every_reason(session, manager):
    with pytest.raises(InvalidCustomer) as refused:
        entered(manager, {"kind": "individual", "phone": "1"})
    assert [fault.field for fault in refused.value.faults] == ["name", "id_number", "phone"]
    assert count(session) == 0


def test_a_change_counts_the_version_and_remembers_the_moment(session, manager):
    customer = entered(manager)
    assert change(customer, {"phone": "13700137000"}, manager)
    assert (customer.version, customer.changed_at) == (2, LATER)


def test_saving_the_same_values_changes_nothing(session, manager):
    customer = entered(manager)
    cipher = customer.phone_cipher
    assert not change(customer, LI, manager)
    assert customer.phone_cipher == cipher


def test_the_second_of_two_people_is_told_and_writes_nothing(session, manager):
    customer = entered(manager)
    change(customer, {"phone": "13700137000"}, manager, version=1)
    with pytest.raises(CustomerChanged, match="Somebody else"):
        change(customer, {"phone": "13600136000"}, manager, version=1)
    assert customer.phone == "+8613700137000"


def test_the_number_of_another_customer_is_refused(session, manager):
    entered(manager)
    wang = entered(manager, WANG)
    with pytest.raises(CustomerExists):
        change(wang, {"id_number": LI["id_number"]}, manager)
    assert wang.id_number == WANG["id_number"]


def test_a_change_that_would_break_the_record_is_refused(session, manager):
    customer = entered(manager)
    with pytest.raises(InvalidCustomer, match="enterprise"):
        change(customer, {"kind": "enterprise"}, manager)


def test_a_changed_name_is_found_by_the_new_name_only(session, manager):
    customer = entered(manager)
    change(customer, {"name": "李小明"}, manager)
    assert [c.id for c in queries.search(manager, SearchBy.NAME, "李小明")] == [customer.id]
    assert not queries.search(manager, SearchBy.NAME, "李明")


def test_the_record_of_a_change_holds_digests_and_no_personal_value(session, manager):
    customer = entered(manager)
    change(customer, {"phone": "13700137000", "industry": "mining"}, manager)
    session.flush()
    entries = audits.entries(f"customer:{customer.id}")
    assert [entry.verb for entry in entries] == ["create_customer", "update_customer"]
    told = "".join(entry.payload for entry in entries)
    assert '"industry":["wholesale_retail","mining"]' in told
    for secret in ("13700137000", "13800138000", "李明", LI["id_number"]):
        assert secret not in told


def test_the_rating_of_the_last_decision_is_kept_and_on_record(session, manager):
    customer = entered(manager)
    operations.rate_customer(customer=customer, rating="B", actor=manager.actor, now=LATER)
    operations.rate_customer(customer=customer, rating="B", actor=manager.actor, now=LATER)
    session.flush()
    assert customer.rating == "B"
    assert [entry.verb for entry in audits.entries(f"customer:{customer.id}")].count("rate_customer") == 1


@pytest.mark.parametrize(
    ("by", "typed"),
    [
        (SearchBy.NUMBER, resident_id(1)),
        (SearchBy.NUMBER, f"{resident_id(1)[:6]} {resident_id(1)[6:]}".lower()),
        (SearchBy.PHONE, "13800138000"),
        (SearchBy.PHONE, "+86 138-0013-8000"),
        (SearchBy.PHONE, "１３８００１３８０００"),
        (SearchBy.NAME, "李明"),
        (SearchBy.NAME, " 李 明 "),
    ],
)
def test_search_finds_whatever_way_it_is_typed(session, manager, by, typed):
    customer = entered(manager)
    entered(manager, WANG)
    assert [c.id for c in queries.search(manager, by, typed)] == [customer.id]


def test_search_finds_enterprises_by_their_credit_code(session, manager):
    customer = entered(manager, ACME)
    assert [c.id for c in queries.search(manager, SearchBy.NUMBER, ACME["credit_code"].lower())] == [customer.id]


@pytest.mark.parametrize("typed", ["李", "138001", resident_id(1)[:17], "%", "' OR 1=1 --", "\u0000", "x" * 500])
def test_search_finds_nothing_by_a_part_or_by_tricks(session, manager, typed):
    entered(manager)
    assert not any(queries.search(manager, by, typed) for by in SearchBy)


def test_a_search_is_on_record_with_a_digest_of_what_was_looked_for(session, manager):
    entered(manager)
    operations.search_customers(person=manager, by=SearchBy.NUMBER, text=LI["id_number"], now=LATER)
    session.flush()
    entry = audits.entries(f"user:{manager.id}")[-1]
    assert entry.verb == "search_customers"
    assert '"found":1' in entry.payload
    assert LI["id_number"] not in entry.payload


def test_lists_and_search_show_only_those_a_person_may_see(session, manager):
    mine = entered(manager)
    colleague = a_person("colleague", branch=session.get(Branch, manager.branch_id))
    stranger, supervisor = a_person("stranger", branch=a_branch("south")), a_person("boss", roles=("supervisor",))
    for person, expected in ((manager, [mine.id]), (colleague, [mine.id]), (stranger, []), (supervisor, [mine.id])):
        assert [c.id for c in queries.customers(person)] == expected, person.username
        assert [c.id for c in queries.search(person, SearchBy.NAME, "李明")] == expected, person.username
        assert (queries.customer_for(person, mine.id) is not None) == bool(expected), person.username


def test_pages_of_the_list_follow_each_other_newest_first(session, manager):
    ids = [entered(manager, LI | {"id_number": resident_id(n)}).id for n in range(10, 17)]
    first = queries.customers(manager, limit=3)
    second = queries.customers(manager, before=first[-1].id, limit=3)
    third = queries.customers(manager, before=second[-1].id, limit=3)
    assert [c.id for c in (*first, *second, *third)] == sorted(ids, reverse=True)


def test_enterprises_of_different_codes_are_different_customers(session, manager):
    for serial in (11111111, 22222222):
        entered(manager, ACME | {"credit_code": credit_code(serial)})
    assert count(session) == 2


@pytest.mark.parametrize("question", ["identity", "number", "phone", "name", "list"])
def test_no_question_reads_the_whole_table(session, manager, question):
    """Also with a generic plan, which a prepared statement falls back to; a small table is forbidden to be read in sequence."""
    session.execute(text("SET LOCAL enable_seqscan = off"))
    session.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
    asked = {
        "identity": lambda: queries.customer_by_identity(rules.identity_of(LI)),
        "number": lambda: queries.search(manager, SearchBy.NUMBER, LI["id_number"]),
        "phone": lambda: queries.search(manager, SearchBy.PHONE, LI["phone"]),
        "name": lambda: queries.search(manager, SearchBy.NAME, LI["name"]),
        "list": lambda: queries.customers(manager),
    }
    plan = plan_of(session, asked[question])
    assert "Seq Scan on customer" not in plan
    assert "Index" in plan


def plan_of(session, ask):
    """What PostgreSQL would do for the statement that `ask` sends, with its parameters unknown."""
    sent = []

    def note(_connection, _cursor, statement, parameters, *_more):
        sent.append((statement, parameters))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    ((statement, parameters),) = sent
    names = list(parameters)
    for number, name in enumerate(names, 1):
        statement = re.sub(rf"%\({name}\)s", f"${number}", statement)
    return "\n".join(row[0] for row in session.connection().exec_driver_sql(f"EXPLAIN (GENERIC_PLAN) {statement}"))
