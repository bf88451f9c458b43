"""The demo bank with programs of its people."""

from collections.abc import Callable

import pytest

from tests.integration.rest.kit import Program, token_of


@pytest.fixture
def program(bank) -> Callable[[str], Program]:
    """A function: user name → a program with his token."""
    made: dict[str, Program] = {}

    def make(username: str) -> Program:
        if username not in made:
            made[username] = Program(bank.app.test_client(), token_of(username), username)
        return made[username]

    return make
