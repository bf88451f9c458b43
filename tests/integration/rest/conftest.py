"""The demo bank with programs of its people."""

from collections.abc import Callable

import pytest

from tests.integration.rest import small_loan
from tests.integration.rest.kit import Program, open_task, token_of


@pytest.fixture
def program(bank) -> Callable[[str], Program]:
    """A function: user name → a program with his token."""
    made: dict[str, Program] = {}

    def make(username: str) -> Program:
        if username not in made:
            made[username] = Program(bank.app.test_client(), token_of(username), username)
        return made[username]

    return make


@pytest.fixture
def small_route(program) -> str:
    """The small loan, deployed; the same files deploy once. Returns its key."""
    parts = small_loan.multipart(small_loan.files(), deployment_name="small loan")
    assert program("qiyue").call("POST", "/deployment/create", data=parts).status_code == 200
    return small_loan.KEY


@pytest.fixture
def applied(program, small_route) -> Callable[[], dict]:
    """A function that begins a case: its first open task, held by zhaomin."""

    def make() -> dict:
        case = program("zhaomin").do(f"/process-definition/key/{small_route}/start")
        return open_task(program("zhaomin"), case["id"])

    return make


@pytest.fixture
def reviewed(program, applied) -> Callable[[], dict]:
    """A function that takes a case to its review: the open task, in the pool of the market department."""

    def make() -> dict:
        task = applied()
        program("zhaomin").do(f"/task/{task['id']}/complete", {"variables": small_loan.APPLICATION})
        return open_task(program("zhaomin"), task["processInstanceId"])

    return make


@pytest.fixture
def voting(program, reviewed) -> Callable[[], dict]:
    """A function that takes a case to its vote: the open task."""

    def make() -> dict:
        task = reviewed()
        program("zhouyan").do(f"/task/{task['id']}/claim", {"userId": "zhouyan"})
        program("zhouyan").do(f"/task/{task['id']}/complete", {"outcome": "approve"})
        return open_task(program("zhaomin"), task["processInstanceId"])

    return make
