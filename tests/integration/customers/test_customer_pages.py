"""The pages of customers through HTTP: who gets in, what is shown, what is refused and how."""

import re

import pytest

from app.customers.models import Customer
from app.customers.operations import create_customer, update_customer
from app.kernel.db import transaction
from app.kernel.ids import new_id
from tests.identity_numbers import resident_id
from tests.integration.records import ACME, LI, NOW, Site, a_branch, a_person

FORM = {**LI, "phone": "13800138000"}


class Cast:
    """The people of these tests and the customer they know."""

    def __init__(self):
        self.east, self.west = a_branch("east"), a_branch("west")
        self.manager = a_person("manager", branch=self.east)
        self.colleague = a_person("colleague", branch=self.east, roles=("staff",))
        self.stranger = a_person("stranger", branch=self.west)
        self.boss = a_person("boss", branch=self.west, roles=("supervisor",))
        self.analyst = a_person("analyst", branch=self.east, roles=("analyst",))
        values = {**LI, "address": "", "phone": "+8613812345678"}
        self.li = create_customer(values=values, branch_id=self.east.id, actor=self.manager.actor, now=NOW).id


@pytest.fixture(scope="module")
def site(databases, settings):
    opened = Site(databases, settings)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def cast(site):
    with transaction():
        return Cast()


def stored(customer_id):
    with transaction() as session:
        return session.get(Customer, customer_id)


def text_of(answer):
    return answer.get_data(as_text=True)


def test_whoever_is_not_signed_in_is_led_to_the_sign_in_page(site, cast):
    answer = site.app.test_client().get(f"/customers/{cast.li}")
    assert answer.status_code == 302
    assert "/login" in answer.location


@pytest.mark.parametrize(
    ("who", "expected"), [("manager", 200), ("colleague", 200), ("boss", 200), ("stranger", 404), ("analyst", 403)]
)
def test_only_people_concerned_see_a_customer(site, cast, who, expected):
    assert site.browser(getattr(cast, who)).get(f"/customers/{cast.li}").status_code == expected


@pytest.mark.parametrize("way", ["/customers/{id}/edit", "/customers/{id}"])
def test_a_stranger_can_not_edit_and_can_not_tell_whether_the_customer_exists(site, cast, way):
    browser = site.browser(cast.stranger)
    answers = [
        browser.open(way.format(id=i), method="GET" if "edit" in way else "POST", data=FORM)
        for i in (cast.li, new_id())
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert stored(cast.li).phone == "+8613812345678"


def test_who_may_not_edit_gets_no_form_and_no_button(site, cast):
    browser = site.browser(cast.colleague)
    assert browser.get(f"/customers/{cast.li}/edit").status_code == 403
    assert browser.post(f"/customers/{cast.li}", data=FORM).status_code == 403
    assert "/edit" not in text_of(browser.get(f"/customers/{cast.li}"))


def test_the_list_masks_numbers_and_the_record_shows_them(site, cast):
    browser = site.browser(cast.colleague)
    listed, shown = text_of(browser.get("/customers")), text_of(browser.get(f"/customers/{cast.li}"))
    assert "110101********" in listed
    assert "138****5678" in listed
    assert LI["id_number"] not in listed
    assert LI["id_number"] in shown
    assert "138 1234 5678" in shown


def test_the_list_leaves_out_those_a_person_may_not_see(site, cast):
    assert "李明" in text_of(site.browser(cast.colleague).get("/customers"))
    assert "李明" not in text_of(site.browser(cast.stranger).get("/customers"))


def test_the_record_says_what_is_missing(site, cast):
    shown = text_of(site.browser(cast.colleague).get(f"/customers/{cast.li}"))
    assert "This record is not complete" in shown
    assert re.search(r"Still missing:\s*Address", shown)


@pytest.mark.parametrize(("by", "typed"), [("number", LI["id_number"]), ("phone", "138-1234-5678"), ("name", "李 明")])
def test_exact_search_finds_and_keeps_the_number_out_of_the_address(site, cast, by, typed):
    answer = site.browser(cast.manager).post("/customers/search", data={"by": by, "q": typed})
    assert answer.status_code == 200
    assert str(cast.li) in text_of(answer)
    assert typed not in answer.request.path


def test_search_by_get_is_not_offered(site, cast):
    assert site.browser(cast.manager).get(f"/customers/search?q={LI['id_number']}").status_code in (404, 405)


def test_search_says_that_it_is_exact_and_what_to_do_when_nothing_is_found(site, cast):
    page = text_of(site.browser(cast.manager).post("/customers/search", data={"by": "name", "q": "李"}))
    assert "Search is exact" in page
    assert "Nobody found" in page


@pytest.mark.parametrize("data", [{}, {"q": "x"}, {"by": "name", "q": " "}, {"by": "shoe_size", "q": "42"}])
def test_an_empty_or_odd_search_leads_back_to_the_list(site, cast, data):
    assert site.browser(cast.manager).post("/customers/search", data=data).status_code == 302


def test_a_customer_is_entered_by_hand(site, cast):
    answer = site.browser(cast.manager).post("/customers", data=ACME)
    assert answer.status_code == 302
    entered = stored(answer.location.rpartition("/")[2])
    assert (entered.name, entered.branch_id, entered.phone) == (ACME["name"], cast.east.id, "+862161234567")


def test_a_wrong_number_comes_back_with_the_form_its_reason_and_what_was_typed(site, cast):
    wrong = {**FORM, "id_number": LI["id_number"][:-1] + "0", "address": "<b>新地址</b>"}
    answer = site.browser(cast.manager).post("/customers", data=wrong)
    assert answer.status_code == 422
    assert "The check digit does not fit" in text_of(answer)
    assert "&lt;b&gt;新地址" in text_of(answer)
    assert "<b>新地址" not in text_of(answer)


def test_a_known_number_is_a_conflict_told_at_its_field(site, cast):
    answer = site.browser(cast.manager).post("/customers", data=FORM)
    assert answer.status_code == 409
    assert 'href="#field-id_number"' in text_of(answer)


def test_a_change_is_saved_and_shown(site, cast):
    with transaction():
        values = {**LI, "id_number": resident_id(50)}
        other = create_customer(values=values, branch_id=cast.east.id, actor=cast.manager.actor, now=NOW).id
    browser = site.browser(cast.manager)
    assert 'value="1"' in text_of(browser.get(f"/customers/{other}/edit"))
    answer = browser.post(f"/customers/{other}", data={**values, "address": "上海市", "version": "1"})
    assert answer.status_code == 302
    assert stored(other).address == "上海市"
    assert "Saved." in text_of(browser.get(answer.location))


def test_the_second_of_two_people_reads_why_and_overwrites_nothing(site, cast):
    with transaction() as session:
        values = {**LI, "id_number": resident_id(51)}
        other = create_customer(values=values, branch_id=cast.east.id, actor=cast.manager.actor, now=NOW).id
        session.flush()
    with transaction() as session:
        update_customer(
            customer=session.get(Customer, other), changes={"address": "先来"}, actor=cast.boss.actor, now=NOW
        )
    answer = site.browser(cast.manager).post(f"/customers/{other}", data={**values, "address": "后到", "version": "1"})
    assert answer.status_code == 409
    assert "Somebody else has changed this customer" in text_of(answer)
    assert stored(other).address == "先来"


def test_fields_that_are_not_of_the_form_are_ignored(site, cast):
    answer = site.browser(cast.manager).post(
        f"/customers/{cast.li}", data={**FORM, "rating": "A", "branch_id": "1", "created_by": "1", "id": str(new_id())}
    )
    assert answer.status_code == 302
    assert (stored(cast.li).rating, stored(cast.li).branch_id) == (None, cast.east.id)


@pytest.mark.parametrize("before", ["nonsense", "00000000-0000-0000-0000-000000000000", "' OR 1=1", ""])
def test_an_odd_cursor_is_no_fault(site, cast, before):
    assert site.browser(cast.manager).get("/customers", query_string={"before": before}).status_code == 200


def test_naughty_strings_in_every_field_are_stored_escaped_or_refused(site, cast, shared):
    import json

    browser, strings = (
        site.browser(cast.manager),
        json.loads((shared / "inputs" / "big-list-of-naughty-strings.json").read_text()),
    )
    for number, string in enumerate(strings[::7]):
        for field in ("name", "address", "phone", "industry", "id_number"):
            answer = browser.post("/customers", data={**FORM, "id_number": resident_id(100 + number), field: string})
            assert answer.status_code in (302, 409, 422), (field, string)
        assert browser.post("/customers/search", data={"by": "name", "q": string}).status_code in (200, 302), string
    page = text_of(browser.get("/customers"))
    assert "<script>alert" not in page


@pytest.mark.parametrize(("language", "word"), [("zh_Hans", "客户"), ("zh_Hant", "客戶"), ("en", "Customers")])
def test_the_pages_speak_the_readers_language(site, cast, language, word):
    from app.identity.models import User

    browser = site.browser(cast.colleague)
    with transaction() as session:
        session.get(User, cast.colleague.id).language = language
    page = text_of(browser.get("/customers"))
    assert word in re.search(r"<h1>(.*?)</h1>", page)[1]
