"""The committee's work over HTTP: sittings and their agenda, ballots and what may be seen of them, closing, recusal; and what a
vote leaves behind: resolutions and conditions with evidence."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable

import pytest
from PIL import Image

from app.demo import desk
from app.kernel import db
from tests.integration.rest.kit import Program, refused
from tests.integration.workflow.committee import FIVE, INITIATOR, Board

COMMITTEE, SECRETARY, CHIEF, STRANGER = "credit_committee", "songyan", "jiangshan", "hanmei"
RULE = f'electorate="{COMMITTEE}" secretary="committee_secretaries" close="secretary" quorum="2/3"'
HELD = "2026-03-05T14:30:00.000+0800"


@pytest.fixture(scope="module")
def people(bank) -> desk.Staff:
    """The people of the demo bank."""
    with db.reading():
        return desk.staff()


@pytest.fixture
def before_the_board(people) -> Callable[..., dict[str, str]]:
    """A function: a rule → a case before the committee, committed: task, case, number."""

    def make(rule: str = RULE) -> dict[str, str]:
        with db.transaction():
            made = Board(people, rule)
            return {"task": str(made.task().id), "case": str(made.case.id), "number": made.case.number}

    return make


@pytest.fixture
def approved(program, before_the_board) -> dict[str, str]:
    """A case approved with one condition, which its initiator has to see to; `condition` is its id."""
    case = before_the_board()
    for name in FIVE[:4]:
        said = {"choice": "conditional" if name == FIVE[0] else "agree", "opinion": "办妥抵押登记"}
        program(name).do(f"/task/{case['task']}/vote", said)
    program(SECRETARY).do(f"/task/{case['task']}/close-vote")
    (condition,) = program(INITIATOR).read(f"/process-instance/{case['case']}/condition")
    return {**case, "condition": condition["id"]}


def plan(secretary: Program, *tasks: str) -> dict:
    return secretary.do("/sitting", {"committee": COMMITTEE, "heldAt": HELD, "place": "三楼", "taskIds": list(tasks)})


def add_paper(who: Program, case: str, kind: str = "contract", name: str = "data"):
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    picture.seek(0)
    return who.call("POST", f"/process-instance/{case}/document", data={"type": kind, name: (picture, "deed.png")})


def test_a_sitting_is_planned_held_and_closed_by_a_program(program, before_the_board):
    one, two = before_the_board(), before_the_board()
    secretary = program(SECRETARY)
    assert COMMITTEE in [found["key"] for found in secretary.read("/committee")]
    waiting = [found["taskId"] for found in secretary.read(f"/committee/{COMMITTEE}/waiting")]
    assert {one["task"], two["task"]} <= set(waiting)
    sitting = plan(secretary, one["task"])
    address = f"/sitting/{sitting['id']}"
    assert (sitting["state"], sitting["heldAt"], sitting["secretary"]) == (
        "planned",
        "2026-03-05T06:30:00.000+0000",
        True,
    )
    assert [
        item["businessKey"] for item in secretary.do(f"{address}/agenda", {"taskIds": [two["task"]]})["agenda"]
    ] == [
        one["number"],
        two["number"],
    ]
    moved = secretary.do(f"{address}/agenda/{two['task']}/move", {"by": "up"})
    assert [item["taskId"] for item in moved["agenda"]] == [two["task"], one["task"]]
    left = secretary.call("DELETE", f"{address}/agenda/{two['task']}").get_json()
    assert [item["taskId"] for item in left["agenda"]] == [one["task"]]
    there = secretary.call("PUT", f"{address}/present", {"userIds": list(FIVE)}).get_json()
    assert (there["state"], sorted(there["present"])) == ("open", sorted(FIVE))
    assert sitting["id"] in [found["id"] for found in program(FIVE[0]).read("/sitting")]
    done = secretary.do(f"{address}/close", {"remarks": "无"})
    assert (done["state"], done["remarks"]) == ("closed", "无")
    refused(secretary.post(f"{address}/close", {}), 409, "OptimisticLockingException")


def test_only_its_secretary_changes_a_sitting_and_a_stranger_does_not_learn_of_it(program, before_the_board):
    case = before_the_board()
    address = f"/sitting/{plan(program(SECRETARY), case['task'])['id']}"
    body = {"committee": COMMITTEE, "heldAt": HELD}
    refused(program(FIVE[0]).post("/sitting", body), 404)
    refused(program(FIVE[0]).get(f"/committee/{COMMITTEE}/waiting"), 404)
    for name in (FIVE[0], CHIEF):
        refused(program(name).post(f"{address}/close", {}), 403)
        refused(program(name).call("PUT", f"{address}/present", {"userIds": [FIVE[0]]}), 403)
    refused(program(STRANGER).get(address), 404)
    refused(program(STRANGER).post(f"{address}/close", {}), 404)
    assert program(STRANGER).read("/sitting") == []
    refused(program(SECRETARY).call("PUT", f"{address}/present", {"userIds": [STRANGER]}), 404)
    refused(program(SECRETARY).post("/sitting", {**body, "heldAt": "soon"}), 400)


def test_a_retried_plan_makes_one_sitting(program, before_the_board):
    case, secretary = before_the_board(), program(SECRETARY)
    body = {"committee": COMMITTEE, "heldAt": HELD, "place": f"室{uuid.uuid4().hex[:6]}", "taskIds": [case["task"]]}
    headers = {"Idempotency-Key": f"sit-{case['task'][:8]}"}
    first, again = (secretary.post("/sitting", body, headers=headers).get_json() for _ in range(2))
    assert first == again
    assert [found["place"] for found in secretary.read("/sitting")].count(body["place"]) == 1


def test_a_round_tells_who_takes_part_and_what_the_caller_may_do(program, before_the_board):
    case = before_the_board()
    (seen,) = program(FIVE[0]).read(f"/task/{case['task']}/vote")
    assert {member["userId"] for member in seen["members"] if member["counted"]} == set(FIVE)
    assert (seen["round"], seen["state"], seen["counts"]["agree"], seen["mayClose"]) == (1, "open", 0, False)
    assert seen["choices"] == ["abstain", "agree", "conditional", "disagree"]
    program(FIVE[0]).do(f"/task/{case['task']}/vote", {"choice": "agree", "round": 1})
    (voted,) = program(FIVE[0]).read(f"/task/{case['task']}/vote")
    assert (voted["mine"]["choice"], voted["counts"]["agree"]) == ("agree", 1)
    assert program(SECRETARY).read(f"/task/{case['task']}/vote")[0]["mayClose"] is True
    refused(program(FIVE[1]).post(f"/task/{case['task']}/vote", {"choice": "agree", "round": 2}), 409)
    refused(program(STRANGER).get(f"/task/{case['task']}/vote"), 404)


@pytest.mark.parametrize("visibility", ["hidden", "result"])
def test_a_hidden_ballot_is_told_to_nobody_but_its_voter_before_closing(program, before_the_board, visibility):
    case = before_the_board(f'{RULE} visibility="{visibility}"')
    address = f"/task/{case['task']}/vote"
    program(FIVE[1]).do(address, {"choice": "disagree", "opinion": "绝密"})
    for reader in (FIVE[0], SECRETARY, CHIEF, INITIATOR):
        (seen,) = program(reader).read(address)
        assert (seen["counts"], seen["ballots"], seen["mine"]) == (None, [], None)
        assert "绝密" not in program(reader).get(address).get_data(as_text=True)
        assert [one["voted"] for one in seen["members"] if one["userId"] == FIVE[1]] == [True]
    assert program(FIVE[1]).read(address)[0]["mine"]["opinion"] == "绝密"


def test_a_result_only_vote_keeps_its_ballots_out_of_the_resolution_except_for_auditors(program, before_the_board):
    case = before_the_board(f'{RULE} visibility="result"')
    for name in FIVE[:4]:
        program(name).do(f"/task/{case['task']}/vote", {"choice": "agree", "opinion": "绝密"})
    program(SECRETARY).do(f"/task/{case['task']}/close-vote")
    for reader, knows in ((INITIATOR, False), (CHIEF, False), ("xieqian", True)):
        (made,) = program(reader).read(f"/process-instance/{case['case']}/resolution")
        assert made["genuine"] is True
        assert made["body"]["counts"]["agree"] == 4
        assert ([one["choice"] for one in made["body"]["members"]].count("agree") == 4) is knows
        assert ("绝密" in str(made["body"])) is knows


def test_a_member_recuses_himself_and_the_secretary_excuses_who_is_absent(program, before_the_board):
    case = before_the_board()
    address = f"/task/{case['task']}/recuse"
    refused(program(FIVE[0]).post(address, {"userId": FIVE[1], "why": "absent", "reason": "出差"}), 403)
    program(FIVE[0]).do(address, {"reason": "亲属关系"})
    refused(program(FIVE[0]).get(f"/task/{case['task']}/vote"), 404)
    program(SECRETARY).do(address, {"userId": FIVE[1], "why": "absent", "reason": "出差"})
    (seen,) = program(SECRETARY).read(f"/task/{case['task']}/vote")
    assert {one["userId"]: one["why"] for one in seen["recused"]} == {FIVE[0]: "conflict", FIVE[1]: "absent"}
    refused(program(SECRETARY).post(address, {"userId": "nobody", "why": "absent", "reason": "x"}), 404)
    refused(program(STRANGER).post(address, {"userId": FIVE[2], "reason": "x"}), 404)
    refused(program(SECRETARY).post(address, {"userId": FIVE[2], "why": "ill", "reason": "x"}), 400)


def test_a_vote_is_closed_by_its_secretary_only_and_not_without_the_quorum(program, before_the_board):
    case = before_the_board()
    address = f"/task/{case['task']}/close-vote"
    refused(program(FIVE[0]).post(address), 403)
    refused(program(SECRETARY).post(address), 422)
    for name in FIVE[:4]:
        program(name).do(f"/task/{case['task']}/vote", {"choice": "agree"})
    assert program(SECRETARY).do(address)["stations"] == ["payment"]


def test_a_condition_is_met_with_a_paper_that_its_owner_adds(program, approved):
    owner = program(INITIATOR)
    mine = [one for one in owner.read("/condition") if one["id"] == approved["condition"]]
    assert [(one["text"], one["state"], one["owner"]) for one in mine] == [("办妥抵押登记", "open", INITIATOR)]
    assert owner.read("/condition/count")["count"] >= 1
    paper = add_paper(owner, approved["case"]).get_json()
    assert [one["id"] for one in owner.read(f"/process-instance/{approved['case']}/document")] == [paper["id"]]
    address = f"/condition/{approved['condition']}"
    refused(owner.post(f"{address}/meet", {"evidence": str(uuid.uuid4())}), 422)
    refused(program(FIVE[0]).post(f"{address}/meet", {"evidence": paper["id"]}), 403)
    met = owner.do(f"{address}/meet", {"evidence": paper["id"], "note": "已办妥"})
    assert (met["state"], met["evidence"], met["settledBy"]) == ("met", paper["id"], INITIATOR)
    refused(owner.post(f"{address}/meet", {"evidence": paper["id"]}), 409)
    assert program(CHIEF).do(f"{address}/reopen", {"reason": "材料不全"})["state"] == "open"


def test_who_sees_to_a_condition_adds_its_paper_when_the_case_has_ended(program, approved):
    owner, case = program(INITIATOR), approved["case"]
    program(CHIEF).do(f"/condition/{approved['condition']}/waive", {"reason": "已有足额抵押"})
    (payment,) = owner.read("/task", processInstanceId=case)
    owner.do(f"/task/{payment['id']}/complete", {})
    refused(add_paper(owner, case), 403)
    late = program(SECRETARY).do(f"/process-instance/{case}/condition", {"text": "贷后首次检查", "dueOn": "2026-06-30"})
    paper = add_paper(owner, case).get_json()
    refused(add_paper(program(FIVE[0]), case), 403)
    assert late["dueOn"] == "2026-06-30"
    assert owner.do(f"/condition/{late['id']}/meet", {"evidence": paper["id"]})["state"] == "met"


def test_a_condition_is_written_planned_and_waived_by_those_who_may(program, approved):
    case, condition = approved["case"], f"/condition/{approved['condition']}"
    planned = program(SECRETARY).do(f"{condition}/plan", {"owner": "wulei", "dueOn": "2026-05-01"})
    assert (planned["owner"], planned["dueOn"]) == ("wulei", "2026-05-01")
    assert approved["condition"] in [one["id"] for one in program("wulei").read("/condition")]
    refused(program(INITIATOR).post(f"{condition}/waive", {"reason": "x"}), 403)
    refused(program(CHIEF).post(f"{condition}/waive", {"reason": " "}), 422)
    assert program(CHIEF).do(f"{condition}/waive", {"reason": "足额抵押"})["state"] == "waived"
    refused(program(FIVE[0]).post(f"/process-instance/{case}/condition", {"text": "x"}), 403)
    refused(program(SECRETARY).post(f"/process-instance/{case}/condition", {"text": "x", "dueOn": "tomorrow"}), 400)
    refused(program(SECRETARY).post(f"/process-instance/{case}/condition", {"text": "x", "owner": "nobody"}), 404)


def test_a_stranger_does_not_learn_of_conditions_resolutions_or_papers(program, approved):
    stranger, case = program(STRANGER), approved["case"]
    for path in ("condition", "resolution", "document"):
        refused(stranger.get(f"/process-instance/{case}/{path}"), 404)
    refused(stranger.get(f"/condition/{approved['condition']}"), 404)
    refused(stranger.post(f"/condition/{approved['condition']}/waive", {"reason": "x"}), 404)
    refused(add_paper(stranger, case), 404)


def test_a_paper_needs_a_known_type_and_one_file(program, approved):
    owner, case = program(INITIATOR), approved["case"]
    refused(add_paper(owner, case, kind="nonsense"), 422)
    refused(add_paper(owner, case, name="other"), 400)
    refused(owner.call("POST", f"/process-instance/{case}/document", data={"type": "contract"}), 400)


def test_skipping_past_the_committee_is_confirmed_by_a_second_supervisor(program, approved):
    chief, second = program(CHIEF), program("hefeng")
    (task,) = chief.read("/task", processInstanceId=approved["case"])
    refused(chief.post(f"/task/{task['id']}/skip", {"reason": "急"}), 422)
    chief.do(f"/condition/{approved['condition']}/waive", {"reason": "已有足额抵押"})
    chief.do(f"/task/{task['id']}/skip", {"reason": "急"})
    (wish,) = [one for one in second.read("/confirmation") if one["processInstanceId"] == approved["case"]]
    assert (wish["verb"], wish["askedBy"], wish["taskId"]) == ("skip", CHIEF, task["id"])
    refused(chief.post(f"/confirmation/{wish['id']}/confirm"), 403)
    refused(program(INITIATOR).get("/confirmation"), 403)
    second.do(f"/confirmation/{wish['id']}/decline", {"reason": "不急"})
    refused(second.post(f"/confirmation/{wish['id']}/confirm"), 409)
