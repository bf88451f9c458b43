"""A client that somebody else wrote for Camunda 7, against a live server: a case from start to end."""

import asyncio
import threading
import uuid

import httpx
import pytest
from camunda_client import CamundaEngineClient, VariableValueSchema
from camunda_client.clients.dto import AuthData
from camunda_client.clients.engine.dto import GetTaskVariableDTO
from camunda_client.clients.engine.schemas import (
    GetHistoryTasksFilterSchema,
    GetTasksFilterSchema,
    ProcessInstanceQuerySchema,
    SendCorrelationMessageSchema,
)
from camunda_client.clients.engine.schemas.body import HistoricProcessInstanceFilterSchema
from camunda_client.clients.schemas import PaginationParams
from camunda_client.exceptions import CamundaClientError
from werkzeug.serving import make_server

from tests.integration.rest.kit import PREFIX, token_of

MEMBERS = ("wangfang", "zhengwei", "lvbin", "shiyun", "zhangming")


@pytest.fixture
def address(bank):
    """A server of its own in a thread."""
    server = make_server("127.0.0.1", 0, bank.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
    server.shutdown()
    thread.join()


def client(address, username):
    auth = AuthData(username=username, password=token_of(username))
    return CamundaEngineClient(
        base_url=address, auth_data=auth, transport=httpx.AsyncHTTPTransport(), timeout=httpx.Timeout(30)
    )


def only(process_id):
    return GetTasksFilterSchema(process_instance_id=process_id)


async def travel(manager, reviewer, chief):
    """Start, complete, claim, complete; what the client's own models made of every answer."""
    case = await manager.start_process(
        "small_loan", variables={"purpose": VariableValueSchema(value="装修", type="String")}
    )
    (apply,) = await manager.get_tasks(only(case.id), PaginationParams(maxResults=10, firstResult=0))
    amount = VariableValueSchema(value="120000.50", type="String")
    await manager.submit_task_form(apply.id, {"amount": amount})
    assert await manager.get_task(apply.id) is None
    (review,) = await reviewer.get_tasks(
        GetTasksFilterSchema(candidate_group="market_department", process_instance_id=case.id)
    )
    await reviewer.claim_task(review.id, "zhouyan")
    await reviewer.unclaim_task(review.id)
    await chief.set_assignee_task(review.id, "zhouyan")
    assert (await reviewer.get_task(review.id)).assignee == "zhouyan"
    variable = await reviewer.get_task_variable(GetTaskVariableDTO(task_id=review.id, variable_name="amount"))
    assert variable.value == "120000.50"
    await reviewer.submit_task_form(review.id, {"outcome": VariableValueSchema(value="approve", type="String")})
    return case


def test_a_case_travels_by_a_client_that_somebody_else_wrote(address, program, small_route):
    manager, reviewer, chief = (client(address, name) for name in ("zhaomin", "zhouyan", "jiangshan"))

    async def story():
        case = await travel(manager, reviewer, chief)
        assert (await chief.get_tasks_count(only(case.id))).count == 1
        (vote,) = await chief.get_tasks(only(case.id))
        for member in MEMBERS:
            if (await chief.get_tasks_count(only(case.id))).count:
                program(member).do(f"/task/{vote.id}/vote", {"choice": "agree"})
        message = SendCorrelationMessageSchema(message_name="funds_ready", process_instance_id=case.id)
        assert await chief.send_correlation_message(message) is None
        (payout,) = await manager.get_tasks(only(case.id))
        await manager.submit_task_form(payout.id)
        found = await manager.get_history_process_instances(
            HistoricProcessInstanceFilterSchema(process_instance_id=str(case.id))
        )
        assert [one.state.value for one in found] == ["COMPLETED"]
        assert (await manager.get_history_process_instance(case.id)).end_time is not None
        visits = await manager.get_history_tasks(GetHistoryTasksFilterSchema(process_instance_id=case.id))
        assert [visit.task_definition_key for visit in visits] == ["payout", "committee", "review", "apply"]

    asyncio.run(story())


def test_the_client_cancels_a_case_and_reads_refusals(address, small_route):
    manager, chief = client(address, "zhaomin"), client(address, "jiangshan")

    async def story():
        case = await manager.start_process("small_loan")
        with pytest.raises(CamundaClientError) as refusal:
            await manager.delete_process(str(case.id))
        assert refusal.value.status_code == 403
        await chief.delete_process(str(case.id))
        assert await manager.get_process_instances(ProcessInstanceQuerySchema(business_key=case.business_key)) == []
        assert await manager.get_task(uuid.uuid4()) is None
        with pytest.raises(CamundaClientError):
            await manager.start_process("nothing")

    asyncio.run(story())
