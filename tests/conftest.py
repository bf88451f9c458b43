"""One embedded PostgreSQL for the whole run, one database per test process, copies of it where a test commits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher

import config
from app import create_app, embedded
from app.identity import operations as identity
from app.kernel import crypto, db
from app.kernel.keys import open_keys
from app.migrating import migrate
from config import ROOT, Settings

SHARED = ROOT.parent / "shared" / "data"
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)

# Nearly every test signs somebody in; a password hashed as for a real bank takes 40 ms of CPU each time.
identity.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
identity.DUMMY = identity.HASHER.hash("nobody")

# Files are dealt to the workers in this order; a long one that begins last would leave the others idle.
LONGEST_FIRST = ("tests/browser/test_route.py", "tests/load", "tests/property", "tests/browser", "tests/integration")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders whose files take longest come first; within a folder the order stays."""
    items.sort(key=lambda item: _turn(item.path.relative_to(ROOT).as_posix()))


def _turn(path: str) -> int:
    return next((turn for turn, start in enumerate(LONGEST_FIRST) if path.startswith(start)), len(LONGEST_FIRST))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real data that nobody here wrote; tests that read it are skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared/data with real input is not beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the test run; keys and documents in a temporary folder."""
    home = tmp_path_factory.mktemp("home")
    return replace(config.load({}), home=home, demo=True)


# Worth nothing after a power cut, as its databases are made anew by every run: making and dropping one waits for no disk then.
# What must survive a crash is tested on systems of their own (tests/load), which run as the program starts them.
CARELESS = ("fsync", "full_page_writes", "synchronous_commit")


@pytest.fixture(scope="session")
def server() -> str:
    """The address of the embedded PostgreSQL, kept between runs for speed."""
    url = embedded.url(embedded.start(ROOT / "var" / "test-postgres"))
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        for name in CARELESS:
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")
    return url


@dataclass
class Databases:
    """Fresh databases by name on the test server."""

    server: str
    made: list[str] = field(default_factory=list)

    def _admin(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.server.replace("+psycopg", ""), autocommit=True)

    def create(self, name: str, template: str = "template1") -> str:
        """A new database, a copy of `template`; returns its address."""
        full = f"{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
        with self._admin() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{full}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{full}" TEMPLATE "{template}" STRATEGY file_copy')
        self.made.append(full)
        return self.server.replace("/postgres?", f"/{full}?")

    def drop_all(self) -> None:
        """Remove every database made here."""
        with self._admin() as connection:
            for name in self.made:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def databases(server: str) -> Iterator[Databases]:
    """Makes databases; all are dropped at the end."""
    made = Databases(server)
    yield made
    db.disconnect()
    made.drop_all()


@pytest.fixture(scope="session")
def database(databases: Databases, settings: Settings) -> str:
    """An empty migrated database with keys; tests on it roll back."""
    url = databases.create("creditflow")
    migrate(url)
    db.connect(url)
    with db.transaction() as opening:
        crypto.use(open_keys(opening, settings.keys_folder))
    db.disconnect()
    return url


@pytest.fixture
def session(database: str) -> Iterator[Any]:
    """The session of the program, rolled back after the test."""
    db.connect(database)
    yield db.session
    db.session.remove()
    db.disconnect()


@pytest.fixture
def keys() -> None:
    """Keys in memory, for tests without a database."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    crypto.use(crypto.Keyring(data={1: AESGCM(b"k" * 32)}, newest=1, index=b"i" * 32))


@pytest.fixture
def app(database: str, settings: Settings) -> Iterator[Any]:
    """The application on the empty database (nothing is committed by GETs)."""
    yield create_app(settings, database)
    db.session.remove()
    db.disconnect()


@pytest.fixture(scope="session")
def bank_template(databases: Databases, settings: Settings) -> str:
    """A database with the demo bank, its products and the shelf deployed; copied by `bank`. Returns its name."""
    url = databases.create("bank_template")
    prepare_empty_bank(settings, url)
    return databases.made[-1]


def prepare_empty_bank(settings: Settings, url: str) -> None:
    """Tables, keys, people, products, definitions; no cases."""
    from app.preparing import prepare

    prepare(settings, url, with_cases=False)
    db.disconnect()


@dataclass
class Bank:
    """A bank of its own for one test module: the address of its database and its application."""

    url: str
    app: Any


@pytest.fixture(scope="module")
def bank(
    databases: Databases, bank_template: str, settings: Settings, request: pytest.FixtureRequest
) -> Iterator[Bank]:
    """A copy of the demo bank that the tests of a module share and may change."""
    from app.bank_calendar import queries as bank_calendar
    from app.workflow.assigning import assignment
    from app.workflow.deploying import definitions

    db.disconnect()
    name = request.module.__name__.rpartition(".")[2][:30]
    url = databases.create(name, template=bank_template)
    definitions.load.cache_clear()
    assignment.forget()
    bank_calendar.forget()
    yield Bank(url, create_app(settings, url))
    db.disconnect()


@dataclass
class Client:
    """A signed-in test client that finds the CSRF token by itself."""

    http: Any

    def get(self, path: str, **more: Any) -> Any:
        """GET."""
        return self.http.get(path, **more)

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        """POST a form with its token."""
        return self.http.post(path, data={**(data or {}), "csrf_token": self.token()}, **more)

    def token(self) -> str:
        """The page's CSRF token."""
        page = self.http.get("/login" if not self.signed_in() else "/settings").get_data(as_text=True)
        return page.partition('name="csrf_token" value="')[2].partition('"')[0]

    def signed_in(self) -> bool:
        """Whether the client holds a login."""
        return self.http.get_cookie("creditflow_login") is not None


@pytest.fixture
def sign_in(bank: Bank) -> Any:
    """A function: user name → signed-in client."""
    from app.demo.bank import DEMO_PASSWORD

    def make(username: str) -> Client:
        client = Client(bank.app.test_client())
        answer = client.post("/login", {"username": username, "password": DEMO_PASSWORD})
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return client

    return make
