"""The commands of run.py. Without one: the whole system (embedded database, web, worker)."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

import config
from app import create_app, embedded
from app.audit.operations import SYSTEM
from app.demo import bank
from app.kernel import db
from app.kernel.clock import now
from app.migrating import migrate
from app.supervisor import Family, PortTaken, check_port, wait_until_answers
from app.workflow import shelf
from app.workflow.definitions import NotDeployable
from config import ROOT, Settings, SettingsError

PLAIN = (SettingsError, embedded.EmbeddedFault, PortTaken)


@click.group(invoke_without_command=True)
@click.pass_context
def cli(context: click.Context) -> None:
    """Creditflow: a bank's credit route, drawn in BPMN, worked in the browser."""
    if context.invoked_subcommand is None:
        up()


def main() -> None:
    """Run a command; a foreseeable fault is one sentence and exit code 1."""
    try:
        cli()
    except NotDeployable as refused:
        sys.exit("\n".join(f"{f.file}: {f.element or f.component}: {f.message['en']}" for f in refused.findings))
    except PLAIN as fault:
        sys.exit(str(fault))


def up() -> None:
    """Everything on one machine."""
    began = time.monotonic()
    settings = config.load()
    check_port(settings.host, settings.port)
    with database(settings) as url:
        prepare(settings, url)
        family = Family(url)
        try:
            _announce(settings, family, began)
        finally:
            family.end()


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The database's address; the embedded server runs as long as the block where no DATABASE_URL is set."""
    if settings.database_url:
        yield settings.database_url
        return
    server = embedded.start(settings.postgres_folder)
    try:
        yield embedded.url(server)
    finally:
        embedded.stop(server)


def prepare(settings: Settings, url: str) -> None:
    """Tables, demo bank, definitions: whatever is missing."""
    migrate(url)
    app = create_app(settings, url)
    with app.app_context(), db.transaction():
        if settings.demo:
            bank.load_bank(now())
        shelf.deploy_all(root=ROOT, actor=SYSTEM, now=now())
    db.disconnect()


def _announce(settings: Settings, family: Family, began: float) -> None:
    import threading

    def say() -> None:
        if wait_until_answers(settings.host, settings.port):
            print(
                f"Creditflow is at http://{settings.host}:{settings.port} after {time.monotonic() - began:.1f} s.",
                flush=True,
            )
            print("Ctrl-C stops everything.", flush=True)

    threading.Thread(target=say, daemon=True).start()
    family.watch(["web", "worker"])


@cli.command()
def web() -> None:
    """The web server alone, on DATABASE_URL."""
    from app.server import serve

    serve(config.load())


@cli.command()
def worker() -> None:
    """The worker alone, on DATABASE_URL."""
    from app.worker import work

    work(config.load())
