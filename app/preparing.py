"""What every command needs before it begins: a database that answers, with tables, definitions and, where wanted, the demo bank."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from app import create_app, embedded
from app.audit.operations import SYSTEM
from app.demo import bank
from app.demo import command as applications
from app.kernel import db
from app.kernel.clock import now
from app.migrating import migrate
from app.products import operations as products
from app.workflow.deploying import shelf
from app.workflow.deploying.definitions import NotDeployable
from config import ROOT, Settings


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The database's address; the embedded server runs as long as the block where no DATABASE_URL is set."""
    with serving(settings) as (url, _):
        yield url


@contextmanager
def serving(settings: Settings) -> Iterator[tuple[str, Callable[[], bool]]]:
    """The same with the means to bring the embedded server back when it has died; somebody else's looks after itself."""
    if settings.database_url:
        yield settings.database_url, lambda: False
        return
    server = embedded.start(settings.postgres_folder)
    try:
        yield embedded.url(server), lambda: embedded.revive(server)
    finally:
        embedded.stop(server)


def prepare(settings: Settings, url: str, *, with_cases: bool = True) -> None:
    """Tables, demo bank with its products and cases, definitions: whatever is missing."""
    migrate(url)
    app = create_app(settings, url)
    with app.app_context():
        with db.transaction():
            if settings.demo:
                bank.load_bank(now())
                products.seed_products(actor=SYSTEM, now=now())
                shelf.deploy_all(root=ROOT, actor=SYSTEM, now=now())
            else:
                _say_what_waits(shelf.deploy_what_fits(root=ROOT, actor=SYSTEM, now=now())[1])
        if settings.demo and with_cases:
            applications.load_applications(now())
    db.disconnect()


def _say_what_waits(refused: Mapping[str, NotDeployable]) -> None:
    for name, fault in refused.items():
        print(f"bpmn/{name} is not in force: {len(fault.findings)} findings, such as groups that nobody has made yet.")
    if refused:
        hint = "An administrator mends it under People, What the routes need; the findings: python run.py deploy"
        print(hint, flush=True)
