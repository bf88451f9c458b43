"""The history over HTTP."""

import pytest

from tests.integration.rest.kit import refused


def ids(rows):
    return [row["id"] for row in rows]


@pytest.fixture
def refused_case(program, reviewed):
    """The id of a case whose review refused it."""
    task = reviewed()
    program("zhouyan").do(f"/task/{task['id']}/claim")
    program("zhouyan").do(f"/task/{task['id']}/complete", {"outcome": "refuse", "opinion": "用途不明"})
    return task["processInstanceId"]


def test_an_ended_case_says_how_it_went(program, refused_case):
    case = program("zhaomin").read(f"/history/process-instance/{refused_case}")
    assert (case["state"], case["outcome"], case["startUserId"]) == ("COMPLETED", "refused", "zhaomin")
    assert case["durationInMillis"] >= 0
    assert case["processDefinitionVersion"] >= 1


@pytest.mark.parametrize(
    ("filter", "there"),
    [
        ({"finished": "true"}, True),
        ({"finished": "false"}, False),
        ({"unfinished": "true"}, False),
        ({"completed": "true"}, True),
        ({"active": "true"}, False),
        ({"suspended": "true"}, False),
        ({"externallyTerminated": "true"}, False),
        ({"withIncidents": "true"}, False),
        ({"startedBy": "zhaomin"}, True),
        ({"startedBy": "nobody_has_this_name"}, False),
        ({"processDefinitionKey": "small_loan"}, True),
        ({"processDefinitionKeyIn": "x,y"}, False),
        ({"startedAfter": "2020-01-01T00:00:00.000+0800"}, True),
        ({"startedBefore": "2020-01-01T00:00:00.000+0800"}, False),
        ({"finishedAfter": "2020-01-01T00:00:00.000+0800"}, True),
        ({"finishedBefore": "2020-01-01T00:00:00.000+0800"}, False),
    ],
)
def test_each_filter_of_ended_cases_lets_through_what_it_says(program, refused_case, filter, there):
    found = ids(program("xieqian").read("/history/process-instance", maxResults=1000, **filter))
    assert (refused_case in found) == there
    assert program("xieqian").read("/history/process-instance/count", **filter)["count"] == len(found)


@pytest.mark.parametrize(
    ("filter", "stations"),
    [
        ({}, ["review", "apply"]),
        ({"sortBy": "startTime", "sortOrder": "asc"}, ["apply", "review"]),
        ({"taskDefinitionKey": "apply"}, ["apply"]),
        ({"taskDefinitionKeyIn": "apply,review"}, ["review", "apply"]),
        ({"taskAssignee": "zhouyan"}, ["review"]),
        ({"taskAssignee": "nobody_has_this_name"}, []),
        ({"finished": "true"}, ["review", "apply"]),
        ({"unfinished": "true"}, []),
        ({"finishedBefore": "2020-01-01T00:00:00.000+0800"}, []),
        ({"startedAfter": "2020-01-01T00:00:00.000+0800"}, ["review", "apply"]),
        ({"firstResult": 1, "maxResults": 1}, ["apply"]),
    ],
)
def test_the_visits_of_a_case_are_filtered_and_ordered(program, refused_case, filter, stations):
    rows = program("zhaomin").read("/history/task", processInstanceId=refused_case, **filter)
    assert [row["taskDefinitionKey"] for row in rows] == stations


def test_a_visit_says_who_did_what(program, refused_case):
    newest = program("zhaomin").read("/history/task", processInstanceId=refused_case)[0]
    assert (newest["assignee"], newest["outcome"], newest["deleteReason"]) == ("zhouyan", "refuse", "completed")
    assert newest["duration"] is not None


def test_without_a_case_the_caller_gets_his_own_visits(program, refused_case):
    mine = program("zhouyan").read("/history/task", maxResults=1000)
    assert refused_case in [row["processInstanceId"] for row in mine]
    assert {row["assignee"] for row in mine} == {"zhouyan"}
    assert program("zhouyan").read("/history/task/count")["count"] == len(mine)
    assert len(program("jiangshan").read("/history/task", maxResults=1000)) > len(mine)


def test_filters_in_the_body_may_carry_every_member_clients_know(program, refused_case):
    body = {"processInstanceId": refused_case, "tenantIdIn": None, "orQueries": None, "sorting": None}
    assert len(program("zhaomin").do("/history/task", body)) == 2
    instance_body = {"processInstanceIds": [refused_case], "variables": None}
    assert ids(program("zhaomin").do("/history/process-instance", instance_body)) == [refused_case]
    refused(program("zhaomin").post("/history/task", {"orQueries": []}), 400)


def test_every_element_a_case_passed_is_told_in_order(program, refused_case):
    rows = program("zhaomin").read("/history/activity-instance", processInstanceId=refused_case)
    kinds = [(row["activityId"], row["activityType"]) for row in rows]
    assert kinds[0] == ("asked", "startEvent")
    assert ("review", "userTask") in kinds
    assert ("reviewed", "exclusiveGateway") in kinds
    assert kinds[-1] == ("refused", "endEvent")
    assert len({row["id"] for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ({"activityId": "review"}, {"review"}),
        ({"activityType": "userTask"}, {"apply", "review"}),
        ({"unfinished": "true"}, set()),
        ({"canceled": "true"}, set()),
        ({"finished": "true", "activityType": "endEvent"}, {"refused"}),
        ({"maxResults": 1, "sortBy": "startTime", "sortOrder": "desc"}, {"refused"}),
    ],
)
def test_elements_are_filtered(program, refused_case, filter, found):
    rows = program("zhaomin").read("/history/activity-instance", processInstanceId=refused_case, **filter)
    assert {row["activityId"] for row in rows} == found


def test_every_act_is_told_with_person_and_reason(program, refused_case):
    acts = program("zhaomin").read("/history/user-operation", processInstanceId=refused_case)
    assert [(act["operationType"], act["userId"]) for act in acts] == [
        ("Create", "zhaomin"),
        ("Complete", "zhaomin"),
        ("Claim", "zhouyan"),
        ("Complete", "zhouyan"),
    ]
    assert (acts[-1]["annotation"], acts[-1]["newValue"]) == ("用途不明", "refuse")
    counted = program("zhaomin").read("/history/user-operation/count", processInstanceId=refused_case, userId="zhouyan")
    assert counted == {"count": 2}


def test_the_history_of_one_case_must_say_which(program):
    refused(program("jiangshan").get("/history/activity-instance"), 400)
    refused(program("jiangshan").get("/history/user-operation/count"), 400)
