"""Rows that the tests of customers, products and applications stand on: a branch, people, a case."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from flask.testing import FlaskClient

from app import create_app
from app.audit.operations import SYSTEM, Actor
from app.identity.models import Branch, BusinessLine, Group, Login, Membership, User
from app.identity.rules import Person, digest, permissions_of
from app.identity.views import COOKIE
from app.kernel import clock
from app.kernel.db import disconnect, session, transaction
from app.kernel.ids import new_id
from app.migrating import migrate
from app.products.operations import seed_products
from app.workflow.deploying.deployment_models import Deployment, ProcessDefinition
from app.workflow.models import ProcessInstance
from app.workflow.registry import CaseContext
from tests.engine.drawing import defined, end, path, process, start, user
from tests.identity_numbers import credit_code, resident_id

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@cache
def compiled() -> bytes:
    """The smallest process there is, as a definition keeps it."""
    return defined(process("test", start("begin"), user("work"), end("done"), path("begin", "work", "done"))).to_bytes()


LI = {
    "kind": "individual",
    "name": "李明",
    "id_number": resident_id(1),
    "phone": "+8613800138000",
    "address": "北京市东城区一号",
    "industry": "wholesale_retail",
}
WANG = LI | {"name": "王芳", "id_number": resident_id(2), "phone": "+8613900139000"}
ACME = {"kind": "enterprise", "name": "安杰精密有限公司", "credit_code": credit_code(12345678), "phone": "021-61234567"}


def a_branch(key: str) -> Branch:
    """A branch named by its key."""
    branch = Branch(key=key, name={"en": f"{key} branch", "zh_Hans": f"{key}支行", "zh_Hant": f"{key}分行"})
    session.add(branch)
    session.flush()
    return branch


def a_person(username: str, *, branch: Branch | None = None, roles: tuple[str, ...] = ("customer_manager",)) -> Person:
    """A member of staff, as he goes through a request."""
    user = User(username=username, name=f"{username}某", roles=list(roles), branch_id=branch.id if branch else None)
    session.add(user)
    session.flush()
    return Person(
        id=user.id,
        username=username,
        name=user.name,
        branch_id=user.branch_id,
        roles=roles,
        permissions=permissions_of(roles),
        group_ids=(),
        language="en",
    )


def officers_of(line: str, names: dict[str, str], *persons: Person) -> None:
    """The business line and its group of credit officers."""
    session.add(BusinessLine(key=line, name=names))
    group = Group(key=f"{line}_officers", name=names)
    session.add(group)
    session.flush()
    session.add_all(Membership(user_id=person.id, group_id=group.id) for person in persons)
    session.flush()


def the_products() -> None:
    """The demo bank's catalogue."""
    seed_products(actor=SYSTEM, now=NOW)


def a_case(number: str, person: Person, now: datetime = NOW) -> CaseContext:
    """A case of the credit route as a binding is handed it; its definition is empty."""
    deployment = Deployment(id=new_id(), name="test", digest=number.encode(), deployed_at=now)
    session.add(deployment)
    session.flush()
    definition = ProcessDefinition(
        id=new_id(),
        deployment_id=deployment.id,
        key=f"test_{number}",
        version=1,
        name={"en": "test"},
        file="test.bpmn",
        compiled=compiled(),
        active=False,
        created_at=now,
    )
    session.add(definition)
    session.flush()
    instance = ProcessInstance(
        id=new_id(),
        number=number,
        definition_id=definition.id,
        process_key="credit_application",
        blob=b"",
        variables={},
        started_at=now,
        started_by=person.id,
        branch_id=person.branch_id,
        changed_at=now,
    )
    session.add(instance)
    session.flush()
    return context(instance, person, now)


def context(instance: ProcessInstance, person: Person | None, now: datetime = NOW) -> CaseContext:
    """The case, acted on by somebody."""
    actor = person.actor if person else Actor(user_id=None)
    return CaseContext(instance.id, instance.number, instance.process_key, instance.started_by, actor, now)


class Site:
    """The application on a database of its own, and a browser for each person. What a test commits stays there."""

    def __init__(self, databases: Any, settings: Any) -> None:
        url = databases.create("site")
        migrate(url)
        self.app = create_app(settings, url)
        self.app.config["WTF_CSRF_ENABLED"] = False

    def browser(self, person: Person) -> FlaskClient:
        """A client in which the person has signed in; the language is English."""
        client = self.app.test_client()
        client.set_cookie(COOKIE, self._login(person))
        return client

    def close(self) -> None:
        """Let go of the database."""
        session.remove()
        disconnect()

    def _login(self, person: Person) -> str:
        secret = f"secret-of-{person.username}"
        with transaction():
            if session.get(Login, digest(secret)) is None:
                at = clock.now()
                session.add(Login(digest=digest(secret), user_id=person.id, created_at=at, seen_at=at))
                session.get_one(User, person.id).language = "en"
        return secret
