"""One's own tokens and logins: made and shown once, listed with their last use, revoked and ended; nobody else's."""

from __future__ import annotations

import re

import pytest

from app.identity import queries
from app.kernel.db import session, transaction
from tests.integration.desk_fixtures import LANGUAGES, no_english, speak
from tests.integration.rest.kit import Program, token_of

SECRET = re.compile(r"<code class=\"mono\">([\w-]{43})</code>")


@pytest.fixture(autouse=True)
def fresh_session(bank):
    yield
    session.remove()


def make(client, name: str = "报表", days: str = "30") -> str:
    page = client.post("/settings/tokens", data={"name": name, "days": days}).get_data(as_text=True)
    (secret,) = SECRET.findall(page)
    return secret


def tokens(username: str):
    return queries.tokens_of(queries.user_by_username(username).id)


def test_a_token_is_shown_once_and_works_with_the_rights_of_its_owner(sign_in, bank):
    client = sign_in("zhouyan")
    secret = make(client)
    assert secret not in client.get("/settings/access").get_data(as_text=True)
    program = Program(bank.app.test_client(), secret, "zhouyan")
    assert program.get("/task").status_code == 200
    assert program.call("GET", "/process-definition/key/credit_application/xml").status_code == 403
    (row,) = tokens("zhouyan")
    assert row.used_at is not None
    assert (row.expires_at - row.created_at).days == 30


def test_a_revoked_token_is_a_strangers(sign_in, bank):
    client = sign_in("wulei")
    secret = make(client)
    (row,) = tokens("wulei")
    assert client.post(f"/settings/tokens/{row.id}/revoke").status_code == 302
    assert Program(bank.app.test_client(), secret, "wulei").get("/task").status_code == 401


def test_nobody_takes_back_the_token_of_another_or_ends_his_login(sign_in):
    make(sign_in("qianjin"))
    (row,) = tokens("qianjin")
    (login,) = queries.logins_of(row.user_id)
    stranger = sign_in("sunli")
    assert stranger.post(f"/settings/tokens/{row.id}/revoke").status_code == 404
    assert stranger.post(f"/settings/logins/{login.digest.hex()[:16]}/end").status_code == 404
    session.remove()
    assert len(tokens("qianjin")) == 1
    assert len(queries.logins_of(row.user_id)) == 1


@pytest.mark.parametrize("wrong", [{"name": " ", "days": "30"}, {"name": "x", "days": "9999"}, {"name": "x"}])
def test_a_token_without_a_name_or_with_a_term_of_ones_own_is_refused(sign_in, wrong):
    assert sign_in("litao").post("/settings/tokens", data=wrong).status_code == 422
    assert tokens("litao") == []


def test_a_program_can_make_no_token(bank):
    program = Program(bank.app.test_client(), token_of("hejing"), "hejing")
    headers = {"Authorization": f"Bearer {program.token}"}
    answer = bank.app.test_client().post("/settings/tokens", data={"name": "x", "days": "30"}, headers=headers)
    assert answer.status_code in (400, 403)
    assert [token.name for token in tokens("hejing")] == ["test"]


def test_a_login_in_another_browser_can_be_ended_from_here(sign_in):
    here, there = sign_in("xuqing"), sign_in("xuqing")
    page = here.get("/settings/access").get_data(as_text=True)
    (other,) = re.findall(r"/settings/logins/([0-9a-f]{16})/end", page)
    assert there.get("/settings").status_code == 200
    assert here.post(f"/settings/logins/{other}/end").status_code == 302
    assert there.get("/settings").status_code == 302
    assert here.get("/settings").status_code == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_in_the_readers_language(sign_in, language):
    speak("yanhui", language)
    client = sign_in("yanhui")
    make(client, "对账")
    page = client.get("/settings/access").get_data(as_text=True)
    assert "对账" in page
    if language != "en":
        no_english(page)


def test_making_and_taking_back_is_on_record(sign_in):
    from app.audit.models import AuditEntry

    client = sign_in("huaping")
    make(client)
    (row,) = tokens("huaping")
    client.post(f"/settings/tokens/{row.id}/revoke")
    session.remove()
    with transaction():
        found = session.query(AuditEntry.verb).filter(AuditEntry.chain == f"user:{row.user_id}").all()
    assert {"create_token", "revoke_token"} <= {verb for (verb,) in found}
