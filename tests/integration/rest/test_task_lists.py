"""Lists of tasks over HTTP: what each filter lets through, who sees what, pages and order."""

from datetime import datetime, timedelta

import pytest

from tests.integration.rest.kit import refused


def ids(rows):
    return [row["id"] for row in rows]


@pytest.fixture
def pooled(reviewed):
    """A task that lies in the pool of the market department."""
    return reviewed()


def test_a_task_says_where_it_stands(program, pooled):
    task = program("zhouyan").read(f"/task/{pooled['id']}")
    assert task["taskDefinitionKey"] == "review"
    assert task["assignee"] is None
    assert task["formKey"] == "small_loan/review"
    assert task["businessKey"].startswith("SL-")
    assert task["executionId"] == task["processInstanceId"]
    created, due = (datetime.fromisoformat(task[name]) for name in ("created", "due"))
    assert timedelta(days=1) < due - created < timedelta(days=15)


def test_a_member_of_the_pool_finds_the_task_and_others_do_not(program, pooled):
    assert pooled["id"] in ids(program("zhouyan").read("/task", maxResults=1000))
    assert pooled["id"] in ids(program("wulei").read("/task", maxResults=1000))
    assert pooled["id"] not in ids(program("hanmei").read("/task", maxResults=1000))


def test_a_supervisor_finds_every_task(program, pooled, applied):
    begun = applied()
    found = ids(program("jiangshan").read("/task", maxResults=1000))
    assert {pooled["id"], begun["id"]} <= set(found)


def test_who_began_a_case_finds_its_task_when_he_names_the_case(program, pooled):
    manager = program("zhaomin")
    assert pooled["id"] not in ids(manager.read("/task", maxResults=1000))
    assert ids(manager.read("/task", processInstanceId=pooled["processInstanceId"])) == [pooled["id"]]
    assert ids(manager.read("/task", processInstanceBusinessKey=pooled["businessKey"])) == [pooled["id"]]


def test_a_stranger_finds_nothing_even_when_he_names_the_case(program, pooled):
    stranger = program("hanmei")
    assert stranger.read("/task", processInstanceId=pooled["processInstanceId"]) == []
    assert stranger.read("/task/count", processInstanceBusinessKey=pooled["businessKey"]) == {"count": 0}
    for path in (
        "",
        "/variables",
        "/form-variables",
        "/form-schema",
        "/identity-links",
        "/send-back-targets",
        "/variables/amount",
    ):
        refused(stranger.get(f"/task/{pooled['id']}{path}"), 404)


@pytest.mark.parametrize(
    ("filter", "there"),
    [
        ({"taskDefinitionKey": "review"}, True),
        ({"taskDefinitionKey": "apply"}, False),
        ({"taskDefinitionKeyIn": "apply,review"}, True),
        ({"processDefinitionKey": "small_loan"}, True),
        ({"processDefinitionKey": "expense_declaration"}, False),
        ({"processDefinitionKeyIn": "small_loan,other"}, True),
        ({"unassigned": "true"}, True),
        ({"assigned": "true"}, False),
        ({"assignee": "zhouyan"}, False),
        ({"assignee": "nobody_has_this_name"}, False),
        ({"candidateGroup": "market_department"}, True),
        ({"candidateGroup": "credit_committee"}, False),
        ({"candidateGroup": "no_such_group"}, False),
        ({"candidateGroups": "credit_committee,market_department"}, True),
        ({"candidateUser": "wulei"}, True),
        ({"candidateUser": "hanmei"}, False),
        ({"candidateUser": "nobody_has_this_name"}, False),
        ({"dueAfter": "2020-01-01T00:00:00.000+0800"}, True),
        ({"dueBefore": "2020-01-01T00:00:00.000+0800"}, False),
        ({"createdAfter": "2020-01-01T00:00:00Z"}, True),
        ({"createdBefore": "2020-01-01T00:00:00Z"}, False),
        ({"withoutDueDate": "true"}, False),
        ({"active": "true"}, True),
        ({"suspended": "true"}, False),
    ],
)
def test_each_filter_lets_through_what_it_says(program, pooled, filter, there):
    reader = program("zhouyan")
    assert (pooled["id"] in ids(reader.read("/task", maxResults=1000, **filter))) == there
    both = {**filter, "taskId": pooled["id"]}
    assert reader.read("/task/count", **both) == {"count": int(there)}


def test_held_tasks_are_found_by_holder_and_left_out_of_pools(program, pooled):
    reader = program("zhouyan")
    reader.do(f"/task/{pooled['id']}/claim")
    assert pooled["id"] in ids(reader.read("/task", assignee="zhouyan", maxResults=1000))
    assert pooled["id"] not in ids(reader.read("/task", candidateGroup="market_department", maxResults=1000))
    with_held = reader.read("/task", candidateGroup="market_department", includeAssignedTasks="true", maxResults=1000)
    assert pooled["id"] in ids(with_held)
    assert pooled["id"] not in ids(program("wulei").read("/task", maxResults=1000))


def test_the_filter_may_stand_in_the_body_with_nulls_for_what_is_not_said(program, pooled):
    body = {
        "taskDefinitionKey": "review",
        "candidateGroup": None,
        "tenantIdIn": None,
        "processInstanceIdIn": [pooled["processInstanceId"]],
    }
    assert ids(program("zhouyan").do("/task", body)) == [pooled["id"]]
    assert program("zhouyan").do("/task/count", body) == {"count": 1}
    sorted_body = {**body, "sorting": [{"sortBy": "created", "sortOrder": "desc"}]}
    assert ids(program("zhouyan").do("/task", sorted_body)) == [pooled["id"]]


def test_pages_follow_each_other_without_gap_or_overlap(program, reviewed):
    for _ in range(3):
        reviewed()
    reader = program("zhouyan")
    order = {"sortBy": "created", "sortOrder": "asc"}
    whole = ids(reader.read("/task", **order, maxResults=1000))
    pages = [ids(reader.read("/task", **order, firstResult=n, maxResults=2)) for n in range(0, len(whole), 2)]
    assert [one for page in pages for one in page] == whole
    assert ids(reader.read("/task", sortBy="created", sortOrder="desc", maxResults=1000)) == whole[::-1]
    assert reader.read("/task/count")["count"] == len(whole) == len(set(whole))
    assert reader.read("/task", maxResults=0) == []


def test_tasks_are_sorted_by_due_date(program, reviewed):
    reviewed()
    reader = program("zhouyan")
    dues = [row["due"] or "9" for row in reader.read("/task", sortBy="dueDate", sortOrder="asc", maxResults=1000)]
    assert dues == sorted(dues)


@pytest.mark.parametrize(
    "query",
    [
        {"nonsense": "1"},
        {"sortBy": "created"},
        {"sortOrder": "asc"},
        {"sortBy": "priority", "sortOrder": "asc"},
        {"maxResults": "1001"},
        {"maxResults": "-1"},
        {"firstResult": "x"},
        {"assigned": "yes"},
        {"taskId": "not-an-id"},
        {"dueBefore": "tomorrow"},
        {"dueBefore": "2020-01-01"},
        {"assignee": "a\0b"},
    ],
)
def test_what_the_list_does_not_understand_is_refused_with_a_sentence(program, query):
    sentence = refused(program("zhouyan").get("/task", **query), 400, "InvalidRequestException")
    assert any(name in sentence for name in (*query, "sortBy"))


def test_the_list_is_no_place_for_those_who_do_no_tasks(program):
    refused(program("zouyi").get("/task"), 403, "AuthorizationException")


def test_two_values_for_one_parameter_are_refused(program):
    refused(program("zhouyan").call("GET", "/task?assignee=a&assignee=b"), 400)
