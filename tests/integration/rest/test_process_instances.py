"""Cases over HTTP: lists, values, suspend, cancel, messages."""

import pytest

from tests.integration.rest.kit import open_task, refused, variables

NOBODY = "00000000-0000-0000-0000-000000000000"


def ids(rows):
    return [row["id"] for row in rows]


@pytest.fixture
def case(reviewed):
    """The id of a case that waits for its review."""
    return reviewed()["processInstanceId"]


@pytest.fixture
def waiting(program, voting):
    """A function that takes a case to where it waits for the message."""

    def make():
        task = voting()
        for member in ("wangfang", "zhengwei", "lvbin", "shiyun", "zhangming"):
            if program("jiangshan").read("/task/count", taskId=task["id"])["count"]:
                program(member).do(f"/task/{task['id']}/vote", {"choice": "agree"})
        return program("jiangshan").read(f"/process-instance/{task['processInstanceId']}")

    return make


@pytest.mark.parametrize("username", ["zhaomin", "zhouyan", "wulei", "jiangshan", "xieqian"])
def test_whoever_is_concerned_finds_the_case(program, case, username):
    reader = program(username)
    assert case in ids(reader.read("/process-instance", maxResults=1000))
    assert reader.read(f"/process-instance/{case}")["stations"] == ["review"]
    assert ids(reader.do("/process-instance", {"processInstanceIds": [case]})) == [case]
    assert reader.read(f"/process-instance/{case}/variables/amount")["value"] == "120000.50"


@pytest.mark.parametrize("username", ["sunli", "hanmei", "qiyue", "zouyi"])
def test_a_stranger_finds_nothing_of_it(program, case, username):
    stranger = program(username)
    number = program("zhaomin").read(f"/process-instance/{case}")["businessKey"]
    assert case not in ids(stranger.read("/process-instance", maxResults=1000))
    assert stranger.read("/process-instance", businessKey=number) == []
    assert stranger.read("/process-instance/count", processInstanceIds=case) == {"count": 0}
    assert stranger.read("/history/process-instance", processInstanceId=case) == []
    assert stranger.read("/history/task", processInstanceId=case) == []
    for path in (
        f"/process-instance/{case}",
        f"/process-instance/{case}/variables",
        f"/process-instance/{case}/variables/amount",
    ):
        refused(stranger.get(path), 404)
    refused(stranger.get(f"/history/process-instance/{case}"), 404)
    for what in ("activity-instance", "user-operation"):
        refused(stranger.get(f"/history/{what}", processInstanceId=case), 404)


@pytest.mark.parametrize(
    ("filter", "there"),
    [
        ({"processDefinitionKey": "small_loan"}, True),
        ({"processDefinitionKey": "credit_application"}, False),
        ({"processDefinitionKeyIn": "small_loan,x"}, True),
        ({"activityIdIn": "review"}, True),
        ({"activityIdIn": "payout"}, False),
        ({"active": "true"}, True),
        ({"suspended": "true"}, False),
        ({"withIncident": "true"}, False),
        ({"withIncident": "false"}, True),
    ],
)
def test_each_filter_of_cases_lets_through_what_it_says(program, case, filter, there):
    found = ids(program("jiangshan").read("/process-instance", maxResults=1000, **filter))
    assert (case in found) == there
    assert program("jiangshan").read("/process-instance/count", **filter)["count"] == len(found)


def test_cases_are_sorted_by_number(program, case):
    numbers = [
        row["businessKey"]
        for row in program("jiangshan").read("/process-instance", sortBy="businessKey", sortOrder="asc")
    ]
    assert numbers == sorted(numbers)


def test_a_field_that_every_station_of_a_reader_hides_is_hidden_from_him(program, reviewed):
    task = reviewed()
    path = f"/process-instance/{task['processInstanceId']}/variables"
    for username, told in (("zhouyan", False), ("wulei", False), ("zhaomin", True), ("jiangshan", True)):
        assert ("wanted_on" in program(username).read(path)) == told
    refused(program("zhouyan").get(path + "/wanted_on"), 404)
    refused(program("zhouyan").get(f"/task/{task['id']}/variables/wanted_on"), 404)
    assert "wanted_on" not in program("zhouyan").read(f"/task/{task['id']}/form-variables")


def test_a_suspended_case_stands_still_until_it_is_resumed(program, case):
    chief = program("jiangshan")
    task = open_task(chief, case)
    assert (
        chief.call("PUT", f"/process-instance/{case}/suspended", {"suspended": True, "reason": "等补件"}).status_code
        == 204
    )
    assert chief.call("PUT", f"/process-instance/{case}/suspended", {"suspended": True}).status_code == 204
    assert chief.read(f"/process-instance/{case}")["suspended"] is True
    assert chief.read(f"/task/{task['id']}")["suspended"] is True
    refused(program("zhouyan").post(f"/task/{task['id']}/claim"), 409)
    assert chief.call("PUT", f"/process-instance/{case}/suspended", {"suspended": False}).status_code == 204
    program("zhouyan").do(f"/task/{task['id']}/claim")
    acts = [act["operationType"] for act in chief.read("/history/user-operation", processInstanceId=case)]
    assert acts.count("Suspend") == acts.count("Activate") == 1


def test_a_deleted_case_is_cancelled_and_stays_on_record(program, case):
    chief = program("jiangshan")
    assert chief.call("DELETE", f"/process-instance/{case}", query_string={"reason": "客户放弃"}).status_code == 204
    refused(chief.get(f"/process-instance/{case}"), 404)
    ended = chief.read(f"/history/process-instance/{case}")
    assert (ended["state"], ended["deleteReason"]) == ("EXTERNALLY_TERMINATED", "cancelled")
    assert ended["endTime"] >= ended["startTime"]
    (act,) = chief.read("/history/user-operation", processInstanceId=case, operationType="Delete")
    assert act["annotation"] == "客户放弃"
    refused(chief.call("DELETE", f"/process-instance/{case}"), 409)


@pytest.mark.parametrize("username", ["zhaomin", "zhouyan", "xieqian", "qiyue"])
def test_only_supervisors_suspend_and_cancel(program, case, username):
    refused(program(username).call("DELETE", f"/process-instance/{case}"), 403)
    refused(program(username).call("PUT", f"/process-instance/{case}/suspended", {"suspended": True}), 403)


def test_a_case_that_does_not_exist_is_not_found(program):
    chief = program("jiangshan")
    refused(chief.get(f"/process-instance/{NOBODY}"), 404)
    refused(chief.call("DELETE", f"/process-instance/{NOBODY}"), 404)
    refused(chief.call("PUT", f"/process-instance/{NOBODY}/suspended", {"suspended": True}), 404)


def test_a_message_lets_the_case_go_on(program, waiting):
    case = waiting()
    body = {"messageName": "funds_ready", "businessKey": case["businessKey"], "resultEnabled": True}
    (result,) = program("jiangshan").do("/message", body)
    assert (result["processInstance"]["id"], result["processInstance"]["stations"]) == (case["id"], ["payout"])
    refused(program("jiangshan").post("/message", body), 400)


def test_a_message_brings_what_the_diagram_decides_by(program, waiting):
    case = waiting()
    body = {
        "messageName": "funds_ready",
        "processInstanceId": case["id"],
        "processVariables": variables(funds_source="none"),
    }
    assert program("jiangshan").do("/message", body) is None
    assert program("zhaomin").read(f"/history/process-instance/{case['id']}")["outcome"] == "no_funds"


@pytest.mark.parametrize("name", ["amount", "review_result", "committee_result", "anything"])
def test_a_message_is_no_way_around_the_forms(program, waiting, name):
    case = waiting()
    body = {
        "messageName": "funds_ready",
        "businessKey": case["businessKey"],
        "processVariables": variables(**{name: "x"}),
    }
    assert name in refused(program("jiangshan").post("/message", body), 400)


def test_a_message_that_no_case_waits_for_is_refused(program, case):
    chief = program("jiangshan")
    number = chief.read(f"/process-instance/{case}")["businessKey"]
    refused(chief.post("/message", {"messageName": "funds_ready", "businessKey": number}), 400)
    refused(chief.post("/message", {"messageName": "funds_ready", "businessKey": "SL-1999-000001"}), 400)
    refused(
        chief.post("/message", {"messageName": "funds_ready", "businessKey": "other", "processInstanceId": case}), 400
    )
    refused(chief.post("/message", {"messageName": "funds_ready"}), 400)
    refused(program("zhaomin").post("/message", {"messageName": "funds_ready", "businessKey": number}), 403)
