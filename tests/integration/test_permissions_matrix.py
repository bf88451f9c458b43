"""Every route × role × ownership, generated from the URL map: the declared permission decides who may use a route, and being
concerned with a case decides who may know of it. A route or a place in an address that this file does not know fails the run."""

import io

import pytest
from PIL import Image

from app.audit.operations import SYSTEM
from app.demo.staff import STAFF, WEST
from app.documents import operations as documents
from app.identity import operations as identity
from app.identity import queries as people
from app.identity.rules import ROLES, permissions_of
from app.kernel import clock
from app.kernel.db import transaction
from app.kernel.ids import new_id, parse_id
from app.web.access import PUBLIC, SIGNED_IN, Permission, declared
from tests.integration.rest import small_loan
from tests.integration.rest.kit import Program, open_task, token_of

# What stands in the address where nothing of a case is meant.
PLAIN = {
    "tab": "todo",
    "name": "task_assigned",
    "locale": "en",
    "verb": "suspend",
    "decision": "confirm",
    "key": "small_loan",
    "process_id": "small_loan",
    "number": "1",
    "filename": "nothing.css",
    "variable_name": "amount",
    "substitution_id": "999999",
    "login_id": "0123456789abcdef",
    "token_id": "999999",
    "seq": "1",
    "list": "cases",
    "username": "nobody_here",
    "group_key": "no_group",
    "branch_key": "no_branch",
    "line_key": "no_line",
    "product_key": "no_product",
    "kind": "csv",
}
NEW = (
    "act_id",
    "change_id",
    "condition_id",
    "customer_id",
    "definition_id",
    "deployment_id",
    "draft_id",
    "examination_id",
    "hand_over_id",
    "migration_id",
    "import_id",
    "party_id",
    "pending_id",
    "publication_id",
    "resolution_id",
    "sitting_id",
)
OF_CASES = ("case_id", "instance_id", "task_id", "document_id")
SAFE = ("GET", "HEAD", "OPTIONS")
OWN, SAME_BRANCH, OTHER_BRANCH = "zhaomin", "qianjin", "sunli"
# A supervisor of the other branch: to him the case does not exist.
ABROAD = "westboss"
# What a reader meets: a page, the way to one, or the price of a return to a station that is none.
READS = {200, 302, 422}


def routes(app):
    """Every rule with each of its methods that does something."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield rule, method


def address(rule, **places):
    """The address of a rule; fails for a place nobody has thought about."""
    fresh = {name: str(new_id()) for name in (*NEW, *OF_CASES)}
    known = {**PLAIN, **fresh, **places}
    strange = rule.arguments - set(known)
    assert not strange, f"{rule.rule}: say here what {strange} stands for and who may see it"
    path = rule.rule
    for converter in ("uuid:", "key:", "int:", "path:", ""):
        for name in rule.arguments:
            path = path.replace(f"<{converter}{name}>", known[name])
    return path


@pytest.fixture(scope="module")
def app(bank):
    """The program without CSRF tokens; requests come with a bearer token."""
    bank.app.config["WTF_CSRF_ENABLED"] = False
    return bank.app


@pytest.fixture(scope="module")
def callers(app):
    """Anybody by user name, with a token; one for each role has the role's name."""
    with transaction():
        for role in ROLES:
            identity.create_user(
                username=f"a_{role}", name=role, roles=[role], actor=SYSTEM, now=clock.now(), position={}
            )
        west = next(branch.id for branch in people.branches() if branch.key == WEST)
        identity.create_user(
            username=ABROAD,
            name="西主管",
            roles=["branch_supervisor"],
            actor=SYSTEM,
            now=clock.now(),
            position={},
            branch_id=west,
        )
    names = [ABROAD, *(f"a_{role}" for role in ROLES), *(member.username for member in STAFF)]
    return {name: Program(app.test_client(), token_of(name), name) for name in names}


@pytest.fixture(scope="module")
def case(app, callers):
    """A case of zhaomin's that waits in the pool of the market department, with a document: ids by the place in an address."""
    parts = small_loan.multipart(small_loan.files(), deployment_name="small loan")
    assert callers["qiyue"].call("POST", "/deployment/create", data=parts).status_code == 200
    begun = callers[OWN].do("/process-definition/key/small_loan/start")
    applied = open_task(callers[OWN], begun["id"])
    callers[OWN].do(f"/task/{applied['id']}/complete", {"variables": small_loan.APPLICATION})
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    picture.seek(0)
    with transaction():
        kept = documents.add_document(
            owner_type="case",
            owner_id=parse_id(begun["id"]),
            type_key="other",
            file_name="scan.png",
            stream=picture,
            element_id="apply",
            actor=SYSTEM,
            now=clock.now(),
        )
        document = str(kept.id)
    task = open_task(callers[OWN], begun["id"])["id"]
    names = {"case_id": begun["id"], "instance_id": begun["id"], "task_id": task, "document_id": document}
    return {**names, "number": begun["businessKey"], "closed": applied["id"]}


def concerned():
    """Who may know of the case, said without the program: who began it, the pool it lies in, who oversees."""
    pool = {member.username for member in STAFF if "market_department" in member.groups}
    here = next(member.branch for member in STAFF if member.username == OWN)
    overseers = {
        m.username
        for m in STAFF
        if Permission.CASE_SEE_ALL in permissions_of(m.roles)
        and (m.branch == here or "branch_supervisor" not in m.roles)
    }
    return {OWN} | pool | overseers


def roles_of(username):
    """The roles of a caller."""
    if username == ABROAD:
        return ("branch_supervisor",)
    return next(member.roles for member in STAFF if member.username == username)


def allowed(roles, permission):
    """What the table of roles says of a route that declares `permission`."""
    return permission in (PUBLIC, SIGNED_IN) or permission in permissions_of(roles)


def ask(app, token, method, path):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    json = {} if path.startswith("/engine-rest") and method not in SAFE else None
    return app.test_client().open(path, method=method, headers=headers, json=json)


def turned_away(answer):
    """Whether the request ended at the door: not signed in."""
    return answer.status_code == 401 or (answer.status_code == 302 and answer.headers["Location"].startswith("/login"))


def test_every_route_declares_who_may_use_it(app):
    known = {PUBLIC, SIGNED_IN, *Permission}
    assert [endpoint for endpoint, permission in declared(app) if permission not in known] == []


def test_what_is_open_to_everybody_is_listed_here(app):
    public = {endpoint for endpoint, permission in declared(app) if permission == PUBLIC}
    assert public == {"home", "healthz", "static", "language", "identity.login", "identity.sign_in"}


def test_who_is_not_signed_in_is_sent_to_the_door_from_every_other_route(app):
    permissions = dict(declared(app))
    open_to_nobody = [
        f"{method} {rule.rule}: {answer.status_code}"
        for rule, method in routes(app)
        if permissions[rule.endpoint] != PUBLIC and not turned_away(answer := ask(app, None, method, address(rule)))
    ]
    assert open_to_nobody == []


# A token can't make, take back or end what lets somebody in: that is done in a browser, with a login.
NOT_BY_TOKEN = {
    "identity.create_token",
    "identity.revoke_token",
    "identity.end_login",
    "identity.change_password",
    "people.create_person",
    "people.reset_password",
    "people.reactivate_person",
}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_uses_exactly_the_routes_whose_permission_it_has(app, callers, role):
    permissions, wrong = dict(declared(app)), []
    for rule, method in routes(app):
        may = allowed([role], permissions[rule.endpoint]) and rule.endpoint not in NOT_BY_TOKEN
        answer = ask(app, callers[f"a_{role}"].token, method, address(rule))
        stopped = answer.status_code == 403 or (
            turned_away(answer) and rule.endpoint not in ("home", "identity.logout")
        )
        if stopped == may or answer.status_code >= 500:
            wrong.append(f"{method} {rule.rule}: {answer.status_code}, declared {permissions[rule.endpoint]}")
    assert wrong == []


def of_the_case(app, case):
    """The routes whose address names something of the case, filled in."""
    ids = {name: case[name] for name in OF_CASES}
    return [(rule, method, address(rule, **ids)) for rule, method in routes(app) if rule.arguments & set(OF_CASES)]


@pytest.mark.parametrize("username", [ABROAD, *(member.username for member in STAFF)])
def test_only_those_concerned_read_a_case_or_anything_of_it(app, callers, case, username):
    permissions, wrong = dict(declared(app)), []
    roles = roles_of(username)
    for rule, method, path in of_the_case(app, case):
        if method not in SAFE or not allowed(roles, permissions[rule.endpoint]):
            continue
        answer = ask(app, callers[username].token, method, path)
        if (answer.status_code in READS) != (username in concerned()) or answer.status_code >= 500:
            wrong.append(f"{method} {rule.rule}: {answer.status_code}")
    assert wrong == []


@pytest.mark.parametrize("username", [SAME_BRANCH, OTHER_BRANCH, ABROAD, "hanmei", "yanhui"])
def test_a_stranger_can_do_nothing_with_a_case_and_does_not_learn_that_it_exists(app, callers, case, username):
    permissions, wrong = dict(declared(app)), []
    roles = roles_of(username)
    for rule, method, path in of_the_case(app, case):
        if method in SAFE or not allowed(roles, permissions[rule.endpoint]):
            continue
        unknown = ask(app, callers[username].token, method, address(rule))
        answer = ask(app, callers[username].token, method, path)
        if answer.status_code != unknown.status_code or answer.status_code < 400:
            wrong.append(f"{method} {rule.rule}: {answer.status_code}, of nothing {unknown.status_code}")
    assert wrong == []


@pytest.mark.parametrize("username", [SAME_BRANCH, OTHER_BRANCH, ABROAD, "hanmei", "yanhui"])
def test_a_closed_task_is_as_unknown_to_a_stranger_as_an_open_one(app, callers, case, username):
    permissions, wrong = dict(declared(app)), []
    roles = roles_of(username)
    for rule, method in routes(app):
        if "task_id" in rule.arguments and allowed(roles, permissions[rule.endpoint]):
            answer = ask(app, callers[username].token, method, address(rule, task_id=case["closed"]))
            unknown = ask(app, callers[username].token, method, address(rule))
            if answer.status_code != unknown.status_code:
                wrong.append(f"{method} {rule.rule}: {answer.status_code}, of nothing {unknown.status_code}")
    assert wrong == []


@pytest.mark.parametrize(
    "username", [ABROAD, *(member.username for member in STAFF if "case.work" in permissions_of(member.roles))]
)
def test_lists_and_searches_show_a_case_only_to_those_concerned(app, callers, case, username):
    def page(path):
        return ask(app, callers[username].token, "GET", path).get_data(as_text=True)

    found = page(f"/search?q={case['number']}")
    links = (f"/cases/{case['case_id']}", f"/tasks/{case['task_id']}")
    lists = [page(f"/inbox/{tab}?all=1") for tab in ("todo", "pool", "done", "started", "copied")]
    assert any(link in found for link in links) == (username in concerned())
    if username not in concerned():
        assert not any(link in text for link in links for text in lists)
