"""What is done with tasks over HTTP: claim, unclaim, assign, complete, vote, send back."""

import pytest

from tests.integration.rest import small_loan
from tests.integration.rest.kit import open_task, refused, variables


def test_a_task_is_claimed_once(program, reviewed):
    task = reviewed()
    program("zhouyan").do(f"/task/{task['id']}/claim", {"userId": "zhouyan"})
    program("zhouyan").do(f"/task/{task['id']}/claim", {"userId": "zhouyan"})
    message = refused(
        program("wulei").post(f"/task/{task['id']}/claim", {"userId": "wulei"}), 409, "TaskAlreadyClaimedException"
    )
    assert "周燕" in message
    assert program("zhouyan").read(f"/task/{task['id']}")["assignee"] == "zhouyan"


def test_nobody_claims_for_somebody_else(program, reviewed):
    task = reviewed()
    refused(program("zhouyan").post(f"/task/{task['id']}/claim", {"userId": "wulei"}), 403, "AuthorizationException")
    assert program("zhouyan").read(f"/task/{task['id']}")["assignee"] is None


def test_an_unclaimed_task_is_back_in_its_pool(program, reviewed):
    task = reviewed()
    program("zhouyan").do(f"/task/{task['id']}/claim")
    program("zhouyan").do(f"/task/{task['id']}/unclaim")
    program("wulei").do(f"/task/{task['id']}/claim")
    refused(program("zhouyan").post(f"/task/{task['id']}/unclaim"), 409)


def test_a_task_with_a_name_on_it_has_no_pool_to_go_back_to(program, applied):
    refused(program("zhaomin").post(f"/task/{applied()['id']}/unclaim"), 403)


def test_a_supervisor_assigns_and_takes_away(program, reviewed):
    task = reviewed()
    chief = program("jiangshan")
    chief.do(f"/task/{task['id']}/assignee", {"userId": "wulei", "reason": "周燕休假"})
    assert chief.read(f"/task/{task['id']}")["assignee"] == "wulei"
    chief.do(f"/task/{task['id']}/assignee", {"userId": None})
    assert chief.read(f"/task/{task['id']}")["assignee"] is None
    acts = chief.read("/history/user-operation", processInstanceId=task["processInstanceId"], operationType="Assign")
    assert [(act["userId"], act["annotation"]) for act in acts] == [("jiangshan", "周燕休假")]


def test_four_eyes_hold_against_a_supervisor_too(program, reviewed):
    task = reviewed()
    sentence = refused(program("jiangshan").post(f"/task/{task['id']}/assignee", {"userId": "zhaomin"}), 422)
    assert "赵敏" in sentence
    refused(program("jiangshan").post(f"/task/{task['id']}/assignee", {"userId": "nobody"}), 404)
    refused(program("zhouyan").post(f"/task/{task['id']}/assignee", {"userId": "wulei"}), 403)


def test_completing_takes_the_values_of_the_form_and_the_case_goes_on(program, applied):
    task = applied()
    manager = program("zhaomin")
    assert manager.do(f"/task/{task['id']}/complete", {"variables": small_loan.APPLICATION}) is None
    next_task = open_task(manager, task["processInstanceId"])
    assert next_task["taskDefinitionKey"] == "review"
    shown = manager.read(f"/process-instance/{task['processInstanceId']}/variables")
    assert shown["amount"] == {"value": "120000.50", "type": "String", "valueInfo": {"format": "decimal"}}
    assert shown["wanted_on"] == {"value": "2026-05-01", "type": "String", "valueInfo": {"format": "date"}}
    assert shown["urgent"] == {"value": True, "type": "Boolean", "valueInfo": None}
    assert shown["parts"] == {"value": '[{"item":"木地板","cost":"20000.05"}]', "type": "Json", "valueInfo": None}
    assert shown["apply_result"]["value"] == "completed"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"value": "0.07", "type": "String"}, None),
        ({"value": "999999999999999.99", "type": "String"}, "999999999999999.99"),
        ({"value": 120000.10, "type": "Double"}, "120000.10"),
        ({"value": 250000, "type": "Integer"}, "250000.00"),
        ({"value": 250000, "type": "Long"}, "250000.00"),
        ({"value": 250000}, "250000.00"),
    ],
)
def test_amounts_are_taken_exactly(program, applied, given, kept):
    task = applied()
    answer = program("zhaomin").post(
        f"/task/{task['id']}/complete", {"variables": {"amount": given}, "withVariablesInReturn": True}
    )
    if kept is None:
        refused(answer, 400, "FormFieldValidationException")
    else:
        assert answer.get_json()["amount"]["value"] == kept


def test_a_json_number_keeps_every_digit_it_was_written_with(program, applied):
    task = applied()
    body = '{"variables": {"amount": {"value": 123456789012345.67}}, "withVariablesInReturn": true}'
    answer = program("zhaomin").call("POST", f"/task/{task['id']}/complete", data=body, content_type="application/json")
    assert answer.get_json()["amount"]["value"] == "123456789012345.67"


def test_errors_of_the_form_are_told_by_field_and_nothing_is_written(program, applied):
    task = applied()
    manager = program("zhaomin")
    answer = manager.post(f"/task/{task['id']}/complete", {"variables": variables(purpose="长" * 21, amount="0.001")})
    refused(answer, 400, "FormFieldValidationException")
    assert set(answer.get_json()["details"]) == {"purpose", "amount"}
    refused(manager.post(f"/task/{task['id']}/complete"), 400, "FormFieldValidationException")
    assert open_task(manager, task["processInstanceId"])["id"] == task["id"]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("nothing", {"value": 1}),
        ("margin", {"value": "1"}),
        ("review_result", {"value": "approve"}),
        ("amount", {"value": True}),
        ("amount", {"value": {"a": 1}}),
        ("amount", {"value": 1e300}),
        ("urgent", {"value": "true"}),
        ("purpose", {"value": ["a"]}),
        ("parts", {"value": "no json", "type": "Json"}),
        ("parts", {"value": [{"strange": 1}]}),
        ("parts", {"value": ["row"]}),
        ("parts", {"value": [{"item": {"deep": 1}}]}),
    ],
)
def test_a_value_that_is_none_of_the_forms_is_refused_by_name(program, applied, name, given):
    task = applied()
    body = {"variables": {**small_loan.APPLICATION, name: given}}
    assert name in refused(program("zhaomin").post(f"/task/{task['id']}/complete", body), 400)


def test_fields_that_are_only_shown_may_come_back_as_they_were_and_not_otherwise(program, reviewed):
    task = reviewed()
    reviewer = program("zhouyan")
    reviewer.do(f"/task/{task['id']}/claim")
    shown = reviewer.read(f"/task/{task['id']}/form-variables")
    forged = {**shown, "amount": {"value": "1.00", "type": "String"}}
    sentence = refused(reviewer.post(f"/task/{task['id']}/complete", {"variables": forged, "outcome": "approve"}), 400)
    assert "amount" in sentence
    reviewer.do(
        f"/task/{task['id']}/submit-form", {"variables": {**shown, "margin": {"value": "2%"}}, "outcome": "approve"}
    )
    values = program("jiangshan").read(f"/process-instance/{task['processInstanceId']}/variables")
    assert (values["amount"]["value"], values["margin"]["value"]) == ("120000.50", "2%")


def test_outcome_and_opinion_may_come_as_variables(program, reviewed):
    task = reviewed()
    reviewer = program("wulei")
    reviewer.do(f"/task/{task['id']}/claim")
    refused(reviewer.post(f"/task/{task['id']}/complete"), 422)
    refused(reviewer.post(f"/task/{task['id']}/complete", {"variables": variables(outcome="sideways")}), 422)
    refused(reviewer.post(f"/task/{task['id']}/complete", {"variables": variables(outcome="refuse")}), 422)
    reviewer.do(f"/task/{task['id']}/complete", {"variables": variables(outcome="refuse", opinion="用途不明")})
    ended = reviewer.read(f"/history/process-instance/{task['processInstanceId']}")
    assert (ended["state"], ended["outcome"]) == ("COMPLETED", "refused")


def test_only_the_holder_completes(program, reviewed):
    task = reviewed()
    approve = {"outcome": "approve"}
    refused(program("zhouyan").post(f"/task/{task['id']}/complete", approve), 409)
    program("zhouyan").do(f"/task/{task['id']}/claim")
    assert "周燕" in refused(program("wulei").post(f"/task/{task['id']}/complete", approve), 409)
    refused(program("hanmei").post(f"/task/{task['id']}/complete", approve), 404)
    refused(program("zhaomin").post(f"/task/{task['id']}/complete", approve), 403)


def test_a_task_that_is_gone_is_a_conflict_for_those_concerned_and_unknown_to_others(program, reviewed):
    task = reviewed()
    program("zhouyan").do(f"/task/{task['id']}/claim")
    program("zhouyan").do(f"/task/{task['id']}/complete", {"outcome": "approve"})
    for path in ("complete", "claim", "unclaim"):
        assert "周燕" in refused(
            program("zhouyan").post(f"/task/{task['id']}/{path}"), 409, "OptimisticLockingException"
        )
        refused(program("hanmei").post(f"/task/{task['id']}/{path}"), 404)
    refused(program("zhouyan").get(f"/task/{task['id']}"), 404)


def test_a_vote_closes_when_it_is_decided(program, voting):
    task = voting()
    assert task["vote"] is True
    refused(program("wangfang").post(f"/task/{task['id']}/vote", {"choice": "maybe"}), 422)
    refused(program("wangfang").post(f"/task/{task['id']}/vote", {"choice": "disagree"}), 422)
    refused(program("hanmei").post(f"/task/{task['id']}/vote", {"choice": "agree"}), 404)
    answers = [
        program(member).do(f"/task/{task['id']}/vote", {"choice": "agree"})
        for member in ("wangfang", "zhengwei", "lvbin", "shiyun", "zhangming")
        if program("jiangshan").read("/task/count", taskId=task["id"])["count"]
    ]
    assert answers[0] == {"decided": False, "outcome": None}
    assert answers[-1] == {"decided": True, "outcome": "approve"}


def test_a_case_is_sent_back_to_a_station_it_has_done(program, reviewed):
    task = reviewed()
    reviewer = program("zhouyan")
    reviewer.do(f"/task/{task['id']}/claim")
    choices = reviewer.read(f"/task/{task['id']}/send-back-targets")
    assert [(t["activityId"], t["doneBy"]) for t in choices["targets"]] == [("apply", "赵敏")]
    assert choices["modes"] == ["straight", "step"]
    body = {"target": "apply", "reasonCode": "incomplete", "reason": "请补充用途"}
    refused(reviewer.post(f"/task/{task['id']}/send-back", {**body, "target": "payout"}), 422)
    refused(reviewer.post(f"/task/{task['id']}/send-back", {**body, "reasonCode": "mood"}), 422)
    refused(reviewer.post(f"/task/{task['id']}/send-back", {**body, "reason": " "}), 422)
    assert reviewer.do(f"/task/{task['id']}/send-back", body)["stations"] == ["apply"]
    assert open_task(program("zhaomin"), task["processInstanceId"])["assignee"] == "zhaomin"


def test_a_stranger_can_not_send_a_case_back(program, reviewed):
    body = {"target": "apply", "reasonCode": "other", "reason": "x"}
    refused(program("hanmei").post(f"/task/{reviewed()['id']}/send-back", body), 404)


def test_the_schema_of_the_form_says_what_may_be_entered(program, applied):
    schema = program("zhaomin").read(f"/task/{applied()['id']}/form-schema")
    assert schema["required"] == ["amount"]
    assert "margin" not in schema["properties"]


def test_identity_links_name_holder_and_pools(program, reviewed):
    task = reviewed()
    program("zhouyan").do(f"/task/{task['id']}/claim")
    links = {
        (link["type"], link["userId"], link["groupId"])
        for link in program("zhouyan").read(f"/task/{task['id']}/identity-links")
    }
    assert links == {("candidate", None, "market_department"), ("assignee", "zhouyan", None)}


def test_one_variable_is_read_by_its_name(program, reviewed):
    task = reviewed()
    manager = program("zhaomin")
    assert manager.read(f"/task/{task['id']}/variables/amount")["value"] == "120000.50"
    assert manager.read(f"/task/{task['id']}/form-variables", variableNames="amount,urgent").keys() == {
        "amount",
        "urgent",
    }
    refused(manager.get(f"/task/{task['id']}/variables/nothing"), 404)


def test_a_task_waits_for_the_customer_and_goes_on(program, reviewed):
    task, reviewer = reviewed(), program("zhouyan")
    reviewer.do(f"/task/{task['id']}/claim")
    refused(reviewer.post(f"/task/{task['id']}/wait", {"reason": " "}), 422)
    reviewer.do(f"/task/{task['id']}/wait", {"reason": "请客户补充流水"})
    waiting = open_task(reviewer, task["processInstanceId"])
    assert (waiting["due"], waiting["waitingSince"] is not None) == (None, True)
    refused(reviewer.post(f"/task/{task['id']}/wait", {"reason": "再等"}), 409)
    reviewer.do(f"/task/{task['id']}/continue", {"reason": "已收到"})
    again = open_task(reviewer, task["processInstanceId"])
    assert (again["waitingSince"], again["escalatedSince"]) == (None, None)
    assert again["workingSecondsLeft"] == waiting["workingSecondsLeft"]


def test_a_stranger_can_not_let_a_task_wait(program, reviewed):
    refused(program("hanmei").post(f"/task/{reviewed()['id']}/wait", {"reason": "x"}), 404)


def test_a_draft_is_kept_unchecked_and_shown_again(program, applied):
    task = applied()
    body = {"variables": {"amount": {"value": "-5"}, "purpose": {"value": "半"}}, "opinion": "未完"}
    program("zhaomin").do(f"/task/{task['id']}/save-draft", body)
    shown = program("zhaomin").read(f"/task/{task['id']}/form-variables")
    assert (shown["amount"]["value"], shown["purpose"]["value"]) == ("-5", "半")
    refused(program("wulei").post(f"/task/{task['id']}/save-draft", body), 404)
    refused(program("zhaomin").post(f"/task/{task['id']}/save-draft", {"variables": {"nonsense": {"value": 1}}}), 400)
