"""Who gets in: tokens, Basic, the cookie of the pages with its CSRF token; idempotency keys; the form of errors."""

import base64

import pytest

from tests.integration.rest.kit import PREFIX, Program, refused

START = "/process-definition/key/small_loan/start"


def basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


@pytest.fixture
def stranger(bank):
    return bank.app.test_client()


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Bearer "}, basic("zhaomin", "x")]
)
def test_who_is_not_signed_in_gets_nothing(stranger, headers):
    for path in ("/task", "/openapi.json", "/process-definition"):
        answer = stranger.get(PREFIX + path, headers=headers)
        refused(answer, 401, "AuthenticationException")
        assert "Bearer" in answer.headers["WWW-Authenticate"]


def test_a_client_of_http_basic_gives_the_token_as_password(stranger, program):
    token = program("zhouyan").token
    assert stranger.get(PREFIX + "/task", headers=basic("zhouyan", token)).status_code == 200
    refused(stranger.get(PREFIX + "/task", headers=basic("wulei", token)), 401)


def test_the_password_of_the_pages_is_no_token(stranger):
    refused(stranger.get(PREFIX + "/task", headers=basic("zhouyan", "Demo-Bank-2026")), 401)


def test_a_wrong_token_is_not_made_good_by_a_cookie(sign_in):
    client = sign_in("zhouyan")
    assert client.get(PREFIX + "/task").status_code == 200
    refused(client.get(PREFIX + "/task", headers={"Authorization": "Bearer wrong"}), 401)


def test_a_cookie_alone_can_read_and_needs_the_pages_token_to_act(sign_in, program, small_route):
    client = sign_in("zhaomin")
    refused(client.http.post(PREFIX + START, json={}), 403, "AuthorizationException")
    assert client.http.post(PREFIX + START, json={}, headers={"X-CSRFToken": client.token()}).status_code == 200
    assert program("zhaomin").post(START).status_code == 200


def test_the_same_key_with_the_same_request_acts_once(program, small_route):
    manager = program("zhaomin")
    before = manager.read("/process-instance/count")["count"]
    answers = [manager.do(START, {}, headers={"Idempotency-Key": "once-1"}) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert manager.read("/process-instance/count")["count"] == before + 1


def test_a_completion_with_a_key_is_answered_again_after_it_is_done(program, applied):
    task = applied()
    path, body = f"/task/{task['id']}/complete", {"variables": {"amount": {"value": "5"}}}
    for _ in range(2):
        assert program("zhaomin").post(path, body, headers={"Idempotency-Key": f"c-{task['id']}"}).status_code == 204
    refused(program("zhaomin").post(path, body), 409)


def test_a_key_belongs_to_one_user_one_route_and_one_body(program, small_route):
    key = {"Idempotency-Key": "bound-1"}
    first = program("zhaomin").do(START, {}, headers=key)
    refused(program("zhaomin").post(START, {"variables": None}, headers=key), 422)
    refused(program("zhaomin").post("/process-definition/key/expense_declaration/start", {}, headers=key), 422)
    assert program("sunli").do(START, {}, headers=key)["id"] != first["id"]


def test_a_refused_request_leaves_its_key_free(program, small_route):
    key = {"Idempotency-Key": "free-1"}
    refused(program("zhaomin").post(START, {"variables": {"nothing": {"value": 1}}}, headers=key), 400)
    assert program("zhaomin").do(START, {}, headers=key)


@pytest.mark.parametrize("key", ["x" * 65, "", "with blank", "é"])
def test_a_key_that_is_too_long_or_not_plain_is_refused(program, small_route, key):
    refused(program("zhaomin").post(START, headers={"Idempotency-Key": key}), 422)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b'{"a": NaN}',
        b'{"a": "\\ud800"}',
        b"[" * 5000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b"\xff",
    ],
)
def test_a_body_that_is_no_json_object_is_refused(program, small_route, body):
    answer = program("zhaomin").call("POST", START, data=body, content_type="application/json")
    refused(answer, 400, "InvalidRequestException")


def test_a_body_of_another_kind_is_refused(program, small_route):
    refused(program("zhaomin").call("POST", START, data=b"<x/>", content_type="application/xml"), 415)


def test_unknown_members_are_refused_by_name(program, small_route):
    assert "colour" in refused(program("zhaomin").post(START, {"colour": "red"}), 400)


def test_unknown_addresses_and_methods_answer_in_the_same_shape(program):
    refused(program("zhaomin").get("/nothing/here"), 404)
    refused(program("zhaomin").get("/task/not-an-id"), 404)
    answer = program("zhaomin").call("DELETE", "/task")
    refused(answer, 405)
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_sentences_are_in_the_language_of_the_caller(bank, program, small_route):
    message = refused(program("zhaomin").get("/process-definition/key/nothing"), 404)
    assert "没有" in message


def test_the_document_describes_every_route_there_is(bank, program):
    paths = program("zhaomin").read("/openapi.json")["paths"]
    rules = [rule for rule in bank.app.url_map.iter_rules() if rule.rule.startswith(PREFIX)]
    described = {(path, method.upper()) for path, methods in paths.items() for method in methods}
    served = {(_as_documented(rule.rule), method) for rule in rules for method in rule.methods - {"HEAD", "OPTIONS"}}
    assert described == served


def _as_documented(rule: str) -> str:
    return rule.replace("<uuid:", "{").replace("<key:", "{").replace(">", "}")


def test_every_operation_has_a_sentence_and_its_permission(program):
    for methods in program("zhaomin").read("/openapi.json")["paths"].values():
        for described in methods.values():
            assert described["summary"].endswith(".")
            assert described["description"].startswith(("Permission:", "For everybody"))


def test_a_program_is_known_to_the_record_by_its_token(program, applied):
    assert isinstance(program("zhaomin"), Program)
    task = applied()
    acts = program("zhaomin").read("/history/user-operation", processInstanceId=task["processInstanceId"])
    assert {act["userId"] for act in acts} == {"zhaomin"}
