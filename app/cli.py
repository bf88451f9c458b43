"""The commands of run.py. Without one: the whole system (embedded database, web, worker)."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

import config
from app import create_app, embedded, feel
from app.audit import checkpoints, verification
from app.audit.operations import SYSTEM
from app.demo import bank
from app.identity import command as account_command
from app.identity import operations as identity
from app.identity import queries as people
from app.kernel import db
from app.kernel.clock import now
from app.kernel.errors import Refusal
from app.migrating import migrate
from app.preparing import database, prepare, serving
from app.server import serve
from app.supervisor import Family, PortTaken, answers, check_port
from app.workflow.deploying import shelf
from app.workflow.deploying.definitions import NotDeployable
from app.workflow.engine.command import check_files
from app.workflow.importing.command import Wanted, answers_from, import_files
from app.workflow.watching import comparing
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
        sys.exit("\n".join(refused.lines()))
    except PLAIN as fault:
        sys.exit(str(fault))


def up() -> None:
    """Everything on one machine."""
    began = time.monotonic()
    settings = config.load()
    check_port(settings.host, settings.port)
    with serving(settings) as (url, revive):
        prepare(settings, url)
        ours = replace(settings, database_url=url)
        family = Family({"web": lambda: serve(ours), "worker": lambda: _work(ours)}, revive)
        try:
            family.watch(lambda: _announced(settings, began))
        finally:
            family.end()


def _announced(settings: Settings, began: float) -> bool:
    """Say where the site is as soon as it answers; whether that has been said."""
    if not answers(settings.host, settings.port):
        return False
    print(f"Creditflow is at http://{settings.host}:{settings.port} after {time.monotonic() - began:.1f} s.")
    if settings.demo:
        _show_logins()
    print("Ctrl-C stops everything.", flush=True)
    return True


def _show_logins() -> None:
    print(f"Demo bank; everybody's password is {bank.DEMO_PASSWORD}")
    for login in bank.DEMO_LOGINS:
        print(f"  {login.username:12} {login.name}  {login.role['zh_Hans']} / {login.role['en']}")


@cli.command()
def deploy() -> None:
    """Check bpmn/ and forms/ and deploy what has changed, on DATABASE_URL or the embedded database.

    What can't be deployed is named with its findings, and the exit code is 1; the rest is in force all the same.
    """
    settings = config.load()
    with database(settings) as url:
        app = create_app(settings, url)
        with app.app_context(), db.transaction():
            made, refused = shelf.deploy_what_fits(root=ROOT, actor=SYSTEM, now=now(), again=True)
            names = [f"{definition.key} version {definition.version}" for definition in made]
        db.disconnect()
    for line in (*names, *(line for fault in refused.values() for line in fault.lines())):
        click.echo(line)
    click.echo(f"{len(names)} definitions deployed.")
    if refused:
        sys.exit(f"Not in force: {', '.join(f'bpmn/{name}' for name in refused)}")


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path())
def check(files: tuple[str, ...]) -> None:
    """Check diagrams, decision tables and forms: exit 0 without errors, 1 with findings, a line each."""
    lines, code = check_files(files)
    for line in lines:
        click.echo(line)
    sys.exit(code)


@cli.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--answers", default=None, help="Answers as JSON, or @file that holds them.")
@click.option("--defaults", is_flag=True, help="Take what is proposed for every question that is not answered.")
@click.option("--out", default=None, type=click.Path(path_type=Path), help="Write what comes out into this folder.")
def import_diagrams(files: tuple[str, ...], answers: str | None, defaults: bool, out: Path | None) -> None:
    """Bring in diagrams of other tools: what becomes of every element, and what has to be answered."""
    try:
        text = Path(answers[1:]).read_text("utf-8") if answers and answers.startswith("@") else answers or "{}"
        lines, code = import_files(Wanted(files, answers_from(text), defaults, out))
    except (OSError, ValueError) as fault:
        raise click.ClickException(str(fault)) from fault
    for line in lines:
        click.echo(line)
    sys.exit(code)


@cli.command()
@click.argument("old", type=click.Path(exists=True, path_type=Path))
@click.argument("new", type=click.Path(exists=True, path_type=Path))
@click.option("--language", type=click.Choice(["en", "zh_Hans", "zh_Hant"]), default="en", show_default=True)
def diff(old: Path, new: Path, language: str) -> None:
    """Say in sentences what differs between two versions (files or folders): exit 0 where nothing does, else 1."""
    from app.workflow.difference.command import compare_paths

    lines, code = compare_paths(old, new, language)
    for line in lines:
        click.echo(line)
    sys.exit(code)


@cli.command()
@click.argument("table", type=click.Path())
@click.option("--input", "input_json", required=True, help="The inputs as JSON.")
@click.option("--decision", default=None, help="Id of the decision, where the file has several.")
@click.option("--explain", is_flag=True, help="Show the table with the rules that fired.")
def decide(table: str, input_json: str, decision: str | None, explain: bool) -> None:
    """Evaluate a decision and print the result as JSON with the rules that fired."""
    from app.feel import command

    _print_or_fail(lambda: command.decide(table, input_json, decision, explain))


@cli.command("feel")
@click.argument("expression")
@click.option("--input", "input_json", default="{}", help="The names the expression may use, as JSON.")
def evaluate(expression: str, input_json: str) -> None:
    """Evaluate one FEEL expression."""
    from app.feel import command

    _print_or_fail(lambda: command.evaluate(expression, input_json))


@cli.command()
@click.argument("log", type=click.Path(path_type=Path))
@click.option("--at-once", default=1, show_default=True, help="How many processes play cases at the same time.")
@click.option("--limit", default=None, type=int, help="Play only so many cases.")
@click.option("--report", default=None, type=click.Path(path_type=Path), help="Write rejected rows and figures here.")
def replay(log: Path, at_once: int, limit: int | None, report: Path | None) -> None:
    """Feed an event log through the operations of the site; goes on where it was stopped."""
    from app.replay.command import replay as play_log

    settings = config.load()
    with database(settings) as url:
        prepare(settings, url, with_cases=False)
        app = create_app(settings, url)
        with app.app_context():
            code = play_log(log, at_once=at_once, limit=limit, report_to=report)
        db.disconnect()
    sys.exit(code)


@cli.command("scenarios")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=ROOT)
def scenarios(folder: Path) -> None:
    """Run the scenarios kept beside the diagrams of FOLDER; exit 0 where all pass."""
    from app.workflow.trials.command import run_folder

    lines, code = run_folder(folder)
    click.echo("\n".join(lines))
    sys.exit(code)


@cli.command("token")
@click.argument("username")
@click.option("--name", default="command line", help="What the token is for.")
def token(username: str, name: str) -> None:
    """Make a REST token for a user and print it once."""
    settings = config.load()
    with database(settings) as url:
        create_app(settings, url)
        with db.transaction():
            user = people.user_by_username(username)
            if user is None:
                raise click.ClickException(f"There is no user {username}.")
            click.echo(identity.create_token(user_id=user.id, name=name, actor=SYSTEM, now=now()))


@cli.group()
def user() -> None:
    """Accounts from the command line: the first administrator of a bank, and a password where nobody can sign in."""


@user.command("create")
@click.argument("username")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", "roles", multiple=True, required=True, help="What he may do; can be said several times.")
@click.option("--branch", default=None, help="Key of the branch he works at.")
def user_create(username: str, name: str, roles: tuple[str, ...], branch: str | None) -> None:
    """Enter a person and print his first password once; makes the tables where there are none."""
    _on_people(lambda: account_command.create(username, name, roles, branch, now()))


@user.command("password")
@click.argument("username")
def user_password(username: str) -> None:
    """Give USERNAME a new password and print it once."""
    _on_people(lambda: account_command.password(username, now()))


def _on_people(act: Callable[[], str]) -> None:
    settings = config.load()
    with database(settings) as url:
        migrate(url)
        create_app(settings, url)
        with db.transaction():
            _print_or_refuse(act)
        db.disconnect()


@cli.group()
def studio() -> None:
    """Versions of routes to bpmn/ and forms/, where a bank keeps them in git, and back into a draft."""


@studio.command("export")
@click.argument("key")
@click.option("--version", type=int, default=None, help="Which version; without it the one in force.")
@click.option(
    "--to", "root", type=click.Path(file_okay=False, path_type=Path), default=ROOT, help="Where bpmn/ and forms/ lie."
)
def studio_export(key: str, version: int | None, root: Path) -> None:
    """Write the files of a deployed version of the process KEY."""
    from app.studio import command

    with _on_database():
        _print_or_refuse(lambda: "\n".join(command.export(key, version, root)))


@studio.command("import")
@click.argument("folder")
@click.option(
    "--from",
    "root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=ROOT,
    help="Where bpmn/ and forms/ lie.",
)
def studio_import(folder: str, root: Path) -> None:
    """Begin a draft with the files of bpmn/FOLDER and forms/FOLDER; it is published like any other."""
    from app.studio import command

    with _on_database():
        _print_or_refuse(lambda: command.read(folder, root))


@contextmanager
def _on_database() -> Iterator[None]:
    """The application on DATABASE_URL or the embedded database."""
    settings = config.load()
    with database(settings) as url:
        with create_app(settings, url).app_context():
            yield
        db.disconnect()


def _print_or_refuse(act: Callable[[], str]) -> None:
    """Print what a command answers; a refusal is its sentence on standard error."""
    try:
        click.echo(act())
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from refusal


@cli.group()
def audit() -> None:
    """The record of every act."""


@audit.command()
@click.option("--key", type=click.Path(exists=True, path_type=Path), help="The public key as you keep it elsewhere.")
@click.option("--chains-only", is_flag=True, help="Leave out the comparison of the cases with their entries.")
def verify(key: Path | None, chains_only: bool) -> None:
    """Check chains, signed checkpoints, and the cases against both: exit 0 when whole, 1 with the places that are not."""
    settings = config.load()
    with database(settings) as url:
        create_app(settings, url)
        with db.reading():
            report = verification.verify(settings.checkpoints_folder, key.read_bytes() if key else None)
            compared, differ = (0, []) if chains_only else comparing.compare()
    for place in (*report.broken, *differ):
        click.echo(f"{place.chain} entry {place.seq}: {place.what}" if place.seq else f"{place.chain}: {place.what}")
    faults = len(report.broken) + len(differ)
    click.echo(
        f"{report.entries} entries and {report.checkpoints} checkpoints read, {compared} acts, decisions and ballots compared, "
        f"{faults} faults; {report.uncovered} entries are younger than the last checkpoint."
    )
    sys.exit(1 if faults else 0)


@audit.command()
def checkpoint() -> None:
    """Sign the ends of all chains that have grown; the worker does so every hour."""
    settings = config.load()
    with database(settings) as url:
        create_app(settings, url)
        with db.transaction():
            made = checkpoints.make(checkpoints.Place(settings.checkpoints_folder, settings.keys_folder), now())
    click.echo(
        f"Checkpoint {made.number}: {made.chains} chains." if made else "Nothing has grown since the last checkpoint."
    )


def _print_or_fail(evaluate_it: Callable[[], str]) -> None:
    """Print what a command of the FEEL library answers; its errors are one line on standard error."""
    try:
        click.echo(evaluate_it())
    except (feel.FeelError, ValueError, OSError) as fault:
        raise click.ClickException(str(fault)) from fault


@cli.command()
def web() -> None:
    """The web server alone, on DATABASE_URL."""
    serve(config.load())


@cli.command()
def worker() -> None:
    """The worker alone, on DATABASE_URL."""
    _work(config.load())


def _work(settings: Settings) -> None:
    # Nobody else needs the scheduler; only the worker's process loads it.
    from app.worker import work

    work(settings)
