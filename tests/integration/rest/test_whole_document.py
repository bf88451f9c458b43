"""Every operation of the OpenAPI document against the program with generated requests, good and bad: never a fault, never an
answer that the document does not describe."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from app.audit.operations import SYSTEM
from app.demo import desk
from app.identity import operations as identity
from app.identity import queries as people
from app.identity.models import Membership
from app.kernel import clock
from app.kernel.db import session, transaction
from app.kernel.ids import new_id
from app.workflow.api.openapi import PLACE
from app.workflow.api.operation import OPERATIONS, PREFIX
from tests.integration.rest.kit import Program, token_of
from tests.integration.workflow.committee import Board

RULE = 'electorate="credit_committee" secretary="committee_secretaries" close="secretary" quorum="2/3"'
CASES = 12
EXAMPLES = 20
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
)


@pytest.fixture(scope="module")
def everybody(bank):
    """A program that may do everything, and cases that wait at their first task, three of them before a committee."""
    with transaction():
        user = identity.create_user(
            username="everybody",
            name="全能",
            roles=["customer_manager", "supervisor", "analyst"],
            actor=SYSTEM,
            now=clock.now(),
            position={"en": "All", "zh_Hans": "全", "zh_Hant": "全"},
        )
        groups = people.groups_by_key(["committee_secretaries", "credit_committee"])
        session.add_all(Membership(user_id=user.id, group_id=group.id) for group in groups.values())
    program = Program(bank.app.test_client(), token_of("everybody"), "everybody")
    for _ in range(CASES):
        program.do("/process-definition/key/expense_declaration/start", {})
    with transaction():
        staff = desk.staff()
        boards = [str(Board(staff, RULE).task().id) for _ in range(3)]
    program.do("/sitting", {"committee": "credit_committee", "heldAt": "2026-03-05T14:30:00Z", "taskIds": boards[:2]})
    return program


@pytest.fixture(scope="module")
def known(everybody):
    """Ids that lead somewhere, by the name of the place in the address."""
    tasks = everybody.read("/task", maxResults=200)
    case = tasks[0]["processInstanceId"]
    conditions = [everybody.do(f"/process-instance/{case}/condition", {"text": f"条件{n}"}) for n in range(8)]
    return {
        "task_id": [task["id"] for task in tasks],
        "instance_id": [task["processInstanceId"] for task in tasks],
        "definition_id": [row["id"] for row in everybody.read("/process-definition")],
        "deployment_id": [row["id"] for row in everybody.read("/deployment")],
        "condition_id": [one["id"] for one in conditions],
        "sitting_id": [row["id"] for row in everybody.read("/sitting")],
        "pending_id": [str(new_id())],
        "key": ["expense_declaration", "credit_application", "credit_committee"],
        "variable_name": ["amount", "purpose"],
    }


@pytest.fixture(scope="module")
def document(bank, everybody):
    headers = {"Authorization": f"Bearer {everybody.token}"}
    schema = schemathesis.openapi.from_wsgi("/engine-rest/openapi.json", bank.app, headers=headers)
    schema.config.generation.with_security_parameters = False
    return schema


def lead_somewhere(case, known):
    """Two of three addresses lead to something that exists."""
    for name, text in (case.path_parameters or {}).items():
        choice = sum(str(text).encode())
        if choice % 3:
            case.path_parameters[name] = known[name][choice % len(known[name])]


def ends_cases(described):
    """What ends cases comes last, so that the others find some alive."""
    return described.method == "DELETE"


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("described", sorted(OPERATIONS, key=ends_cases), ids=lambda described: described.view.__name__)
def test_no_request_meets_a_fault_or_an_answer_that_the_document_does_not_describe(
    document, everybody, known, described, mode
):
    path = PREFIX + PLACE.sub(r"{\2}", described.rule)
    operation = document[path][described.method.lower()]
    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.path_parameters):
        pytest.skip("takes nothing that could be wrong")

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
    )
    def every_request_is_answered_as_described(case):
        if mode is GenerationMode.POSITIVE:
            lead_somewhere(case, known)
        answer = case.call(headers={"Authorization": f"Bearer {everybody.token}"})
        case.validate_response(answer, checks=CHECKS)

    every_request_is_answered_as_described()
