"""Models of requests: what they take, what they refuse, and how conditions are made of them."""

import uuid
from datetime import UTC, datetime

import pytest
from sqlalchemy import column

from app.workflow.api import moves
from app.workflow.api.filters import among, between, both, equal
from app.workflow.api.openapi import document
from app.workflow.api.operation import BadRequest, read
from app.workflow.api.schema import IN_QUERY, Model, Words
from app.workflow.api.tasks import Task, TaskBody, TaskQuery
from app.workflow.rules import MOVES


def test_a_query_string_is_read_by_camel_case_names():
    found = read(TaskQuery, {"processDefinitionKeyIn": "a,b", "unassigned": "true", "maxResults": "5"}, IN_QUERY)
    assert (found.process_definition_key_in, found.unassigned, found.max_results) == (["a", "b"], True, 5)


@pytest.mark.parametrize("name", ["process_definition_key", "Assignee", "x"])
def test_other_names_are_refused(name):
    with pytest.raises(BadRequest):
        read(TaskQuery, {name: "a"})


@pytest.mark.parametrize(
    "data",
    [
        {"taskId": "0" * 32},
        {"taskId": "{00000000-0000-0000-0000-000000000000}"},
        {"unassigned": "1"},
        {"unassigned": "True"},
        {"maxResults": "1e2"},
        {"maxResults": "+5"},
        {"createdAfter": "2020-01-01T00:00:00"},
        {"createdAfter": "0001-01-01T00:00:00Z"},
        {"createdAfter": "2020-13-01T00:00:00Z"},
        {"assignee": "x" * 201},
        {"taskDefinitionKeyIn": ",".join("x" * 101)},
    ],
)
def test_values_of_another_shape_are_refused(data):
    with pytest.raises(BadRequest):
        read(TaskQuery, data)


@pytest.mark.parametrize("text", ["2020-01-01T08:00:00.000+0800", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00+00:00"])
def test_a_moment_is_read_as_camunda_and_as_rfc_3339_write_it(text):
    assert read(TaskQuery, {"createdAfter": text}).created_after == datetime(2020, 1, 1, tzinfo=UTC)


def test_null_means_not_said_for_known_and_unknown_members():
    assert read(TaskBody, {"assignee": None, "tenantIdIn": None}) == read(TaskBody, {})


def test_sorting_is_one_criterion_alone_or_in_a_list():
    one = {"sortBy": "created", "sortOrder": "asc"}
    assert read(TaskBody, {"sorting": one}) == read(TaskBody, {"sorting": [one]})
    with pytest.raises(BadRequest):
        read(TaskBody, {"sorting": [one, one]})


@pytest.mark.parametrize(
    ("one", "several", "kept"),
    [(None, None, None), (1, None, [1]), (None, [1, 2], [1, 2]), (1, [1, 2], [1]), (3, [1, 2], []), (None, [], [])],
)
def test_one_and_several_let_through_what_both_do(one, several, kept):
    assert both(one, several) == kept


def test_what_is_not_said_is_no_condition():
    x = column("x")
    assert equal({x: None}) == among({x: None}) == between(x, None, None) == []
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    made = [*equal({x: False}), *among({x: []}), *between(x, moment, moment)]
    assert [str(condition).split(" ")[1] for condition in made] == ["=", "IN", ">", "<"]


def test_moments_are_written_in_utc_with_milliseconds():
    some = uuid.uuid4()
    task = Task(
        id=some,
        name="x",
        assignee=None,
        created=datetime.fromisoformat("2026-03-02T12:00:00.123456+08:00"),
        due=None,
        last_updated=None,
        execution_id=some,
        process_definition_id=some,
        process_instance_id=some,
        task_definition_key="x",
        suspended=False,
        form_key=None,
        business_key="x",
        vote=False,
        waiting_since=None,
        escalated_since=None,
        working_seconds_left=None,
        because="",
        found_by=[],
    )
    assert task.model_dump(mode="json", by_alias=True)["created"] == "2026-03-02T04:00:00.123+0000"


def test_every_reference_of_the_document_leads_somewhere():
    text = str(document())
    schemas = document()["components"]["schemas"]
    named = {part.split("'")[0] for part in text.split("#/components/schemas/")[1:]}
    assert named <= set(schemas)
    assert document()["openapi"] == "3.1.0"


def test_the_document_tells_which_operations_take_an_idempotency_key():
    taking = {
        described["operationId"]
        for methods in document()["paths"].values()
        for described in methods.values()
        if any(parameter["name"] == "Idempotency-Key" for parameter in described["parameters"])
    }
    made = {f"{verb}_{move.about}" for verb, move in MOVES.items() if verb not in moves.BY_HAND}
    by_hand = {"start", "start_by_key", "complete", "submit_form", "vote", "send_back", "correlate_message"}
    sittings = {"plan_sitting", "add_to_agenda", "move_on_agenda", "close_sitting", "recuse"}
    conditions = {f"{verb}_condition" for verb in ("add", "plan", "meet", "waive", "reopen")}
    assert taking == by_hand | made | sittings | conditions | {"confirm", "decline"}


def test_a_list_is_written_with_commas_in_an_address_and_as_a_list_in_a_body():
    class Wanted(Model):
        ids: Words | None = None

    assert read(Wanted, {"ids": "a,b"}, IN_QUERY).ids == ["a", "b"]
    assert read(Wanted, {"ids": ["a", "b"]}).ids == ["a", "b"]
    with pytest.raises(BadRequest):
        read(Wanted, {"ids": "a,b"})
