"""Logins: what ends them, what locks them, what they tell a stranger. Through the pages, on a bank of its own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.audit import queries as audits
from app.audit.operations import SYSTEM
from app.demo.bank import DEMO_PASSWORD
from app.identity import operations, queries, rules, views
from app.identity.models import AddressFailures, Login, User
from app.identity.operations import WrongLogin
from app.kernel import clock
from app.kernel.db import session, transaction
from app.kernel.errors import Refusal

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
WRONG = "Wrong-Password-1"


@pytest.fixture
def quiet(bank):
    """Everything is rolled back; failed logins, which stay in a transaction of their own, are forgotten."""
    yield
    session.rollback()
    session.remove()
    forget_failures()


def forget_failures() -> None:
    with transaction():
        session.execute(update(User).values(failed_logins=0, locked_until=None))
        for row in session.scalars(select(AddressFailures)):
            session.delete(row)


def sign_in(username: str, password: str = DEMO_PASSWORD, *, address: str | None = None, now: datetime = NOW) -> str:
    return operations.sign_in(username=username, password=password, address=address, agent="test", now=now)


def sentence(username: str, password: str, now: datetime = NOW) -> str:
    with pytest.raises(WrongLogin) as caught:
        sign_in(username, password, now=now)
    session.rollback()
    return str(caught.value)


def test_the_table_keeps_a_digest_and_never_the_secret(quiet):
    secret = sign_in("zhaomin")
    session.flush()
    (login,) = session.scalars(select(Login).where(Login.digest == rules.digest(secret))).all()
    assert secret.encode() not in login.digest
    person, _ = queries.person_of_login(secret, None)
    assert person.username == "zhaomin"


@pytest.mark.parametrize("secret", ["", "x", "x" * 500, "\0"])
def test_an_invented_cookie_is_nobodys(quiet, secret):
    assert queries.person_of_login(secret, None) is None


def test_an_account_is_locked_at_the_sixth_try_and_opens_again(quiet):
    for _ in range(rules.LOCK_AFTER):
        sentence("zhaomin", WRONG)
    sentence("zhaomin", DEMO_PASSWORD)
    sentence("zhaomin", DEMO_PASSWORD, now=NOW + rules.LOCK_FOR - timedelta(seconds=1))
    assert sign_in("zhaomin", now=NOW + rules.LOCK_FOR)


def test_four_failures_lock_nothing_and_a_success_forgets_them(quiet):
    for _ in range(2):
        for _ in range(rules.LOCK_AFTER - 1):
            sentence("zhaomin", WRONG)
        with transaction():
            assert sign_in("zhaomin")


def test_failures_are_counted_though_the_request_is_rolled_back(quiet):
    sentence("zhaomin", WRONG)
    session.rollback()
    assert session.scalars(select(User).where(User.username == "zhaomin")).one().failed_logins == 1


def test_unknown_wrong_locked_and_left_read_the_same_sentence(quiet):
    with transaction():
        session.execute(update(User).where(User.username == "litao").values(active=False))
    for _ in range(rules.LOCK_AFTER):
        sentence("zhaomin", WRONG)
    said = {
        sentence("nobody", WRONG),
        sentence("sunli", WRONG),
        sentence("zhaomin", WRONG),
        sentence("zhaomin", DEMO_PASSWORD),
        sentence("litao", DEMO_PASSWORD),
    }
    with transaction():
        session.execute(update(User).where(User.username == "litao").values(active=True))
    assert said == {operations.WRONG}


def test_a_password_is_verified_for_unknown_and_locked_accounts_too_so_that_time_tells_nothing(quiet, monkeypatch):
    verified: list[str] = []

    class Hasher:
        def verify(self, known: str, password: str) -> None:
            verified.append(known)
            raise operations.VerifyMismatchError

    for _ in range(rules.LOCK_AFTER):
        sentence("zhaomin", WRONG)
    monkeypatch.setattr(operations, "HASHER", Hasher())
    for name in ("nobody", "zhaomin", "sunli"):
        sentence(name, WRONG)
    assert len(verified) == 3


def test_guessing_over_many_accounts_bars_the_address_for_a_while(quiet):
    with transaction():
        session.add(AddressFailures(address="10.0.0.9", failures=rules.ADDRESS_LIMIT - 1, since=NOW))
    with pytest.raises(WrongLogin):
        sign_in("nobody", WRONG, address="10.0.0.9")
    session.rollback()
    with pytest.raises(WrongLogin, match="this address"):
        sign_in("sunli", address="10.0.0.9")
    assert sign_in("sunli", address="10.0.0.8")
    assert sign_in("sunli", address="10.0.0.9", now=NOW + rules.ADDRESS_WINDOW)


def test_the_record_names_who_signed_in_and_who_failed(quiet):
    sentence("sunli", WRONG)
    with transaction():
        sign_in("sunli", address="10.0.0.1")
    person = queries.person_by_username("sunli")
    verbs = [entry.verb for entry in audits.entries(f"user:{person.id}")]
    assert verbs[-2:] == ["failed_login", "sign_in"]
    assert audits.verify(f"user:{person.id}")[1] == []


# --- what ends a login


@pytest.fixture
def at(monkeypatch):
    """A function that sets the clock of the pages."""
    return lambda moment: monkeypatch.setattr(views, "now", lambda: moment)


def test_a_login_that_rests_too_long_is_over(bank, sign_in, at):
    client = sign_in("zhaomin")
    idle = bank.app.config["IDLE"]
    assert client.get("/settings").status_code == 200
    at(clock.now() + idle + timedelta(seconds=1))
    assert client.get("/settings").status_code == 302


def test_a_login_in_use_does_not_rest(bank, sign_in, at):
    client, begun = sign_in("zhaomin"), clock.now()
    idle = bank.app.config["IDLE"]
    for part in (0.9, 1.8, 2.7):
        at(begun + idle * part)
        assert client.get("/settings").status_code == 200


def test_even_a_busy_login_ends_after_the_longest_time(bank, sign_in, at):
    client, begun = sign_in("zhaomin"), clock.now()
    longest, step = bank.app.config["LONGEST_LOGIN"], bank.app.config["IDLE"] * 0.9
    passed = step
    while passed < longest:
        at(begun + passed)
        assert client.get("/settings").status_code == 200
        passed += step
    at(begun + longest + timedelta(seconds=1))
    assert client.get("/settings").status_code == 302


def stolen(bank, client):
    """A browser with a copy of the cookie."""
    thief = bank.app.test_client()
    thief.set_cookie(views.COOKIE, client.http.get_cookie(views.COOKIE).value)
    assert thief.get("/settings").status_code == 200
    return thief


def test_logging_out_ends_a_cookie_wherever_it_was_copied_to(bank, sign_in):
    client = sign_in("zhaomin")
    thief = stolen(bank, client)
    assert client.post("/logout").status_code == 302
    assert thief.get("/settings").status_code == 302


def test_logging_out_ends_this_login_only(sign_in):
    office, home = sign_in("zhaomin"), sign_in("zhaomin")
    office.post("/logout")
    assert home.get("/settings").status_code == 200


def test_a_new_password_ends_every_login(bank, sign_in):
    client = sign_in("caoying")
    thief = stolen(bank, client)
    with transaction():
        user = queries.user_by_username("caoying")
        operations.set_password(user=user, password="Another-Secret-7", actor=SYSTEM, now=NOW)
    assert [browser.get("/settings").status_code for browser in (client, thief)] == [302, 302]


def test_who_has_left_is_out_at_once(bank, sign_in):
    client = sign_in("weina")
    with transaction():
        session.execute(update(User).where(User.username == "weina").values(active=False))
    assert client.get("/settings").status_code == 302
    with transaction():
        session.execute(update(User).where(User.username == "weina").values(active=True))


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(bank):
    client = bank.app.test_client()
    page = client.get("/login").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    answer = client.post("/login", data={"username": "zhaomin", "password": DEMO_PASSWORD, "csrf_token": token})
    (cookie,) = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith(views.COOKIE)]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_signing_in_without_the_pages_token_is_refused(bank):
    answer = bank.app.test_client().post("/login", data={"username": "zhaomin", "password": DEMO_PASSWORD})
    assert answer.status_code >= 400


@pytest.mark.parametrize("following", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
def test_signing_in_never_leads_elsewhere(bank, following):
    client = bank.app.test_client()
    page = client.get("/login").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    form = {"username": "zhaomin", "password": DEMO_PASSWORD, "csrf_token": token, "next": following}
    assert client.post("/login", data=form).headers["Location"] == "/"


@pytest.mark.parametrize("name", ["zhao\0min", "x" * 5000, "' OR 1=1 --", "赵敏", ""])
def test_strange_names_are_wrong_names_and_no_faults(bank, name):
    client = bank.app.test_client()
    page = client.get("/login").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    answer = client.post("/login", data={"username": name, "password": WRONG, "csrf_token": token})
    assert 400 <= answer.status_code < 500
    forget_failures()


# --- tokens and passwords


def test_a_token_works_until_it_expires_and_only_its_digest_is_kept(quiet):
    user = queries.user_by_username("zhaomin")
    secret = operations.create_token(
        user_id=user.id, name="robot", actor=SYSTEM, now=NOW, expires_at=NOW + timedelta(days=1)
    )
    session.flush()
    person, row = queries.person_of_token(secret, NOW, None)
    assert (person.username, row.used_at) == ("zhaomin", None)
    assert queries.person_of_token(secret, NOW + timedelta(days=1), None) is None
    assert queries.person_of_token(secret + "x", NOW, None) is None
    user.active = False
    session.flush()
    assert queries.person_of_token(secret, NOW, None) is None


@pytest.mark.parametrize(
    "password", ["short-1A", "alllowercaseletters", "ALLUPPER12345", "Zhaomin-Secret-1", "123456789012"]
)
def test_weak_passwords_are_refused(quiet, password):
    user = queries.user_by_username("zhaomin")
    with pytest.raises(Refusal):
        operations.set_password(user=user, password=password, actor=SYSTEM, now=NOW)


def test_old_logins_are_swept(quiet):
    secret = sign_in("zhaomin")
    session.flush()
    assert operations.sweep_logins(now=NOW + timedelta(days=8), longest=timedelta(days=7)) >= 1
    assert queries.person_of_login(secret, None) is None
