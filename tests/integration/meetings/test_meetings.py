"""The meeting: planned by the secretary, voted in by the members, closed, and printed; and what its pages must not tell."""

from __future__ import annotations

import re
import uuid

import pytest
from sqlalchemy import select

from app.demo import desk
from app.kernel import db
from app.kernel.db import session
from app.workflow.committees import resolutions
from app.workflow.committees.vote_models import Sitting, VoteRound
from app.workflow.models import UserTask
from tests.integration.desk_fixtures import speak
from tests.integration.workflow.committee import FIVE, Board
from tests.unit.kernel.test_pdf import text_of

OPEN = 'electorate="credit_committee" secretary="committee_secretaries" close="secretary" quorum="2/3"'
SECRET = "绝密意见甲乙丙"
# A choice beside a name: as a badge, in a count, in JSON. The words on the reader's own ballot are no leak.
TOLD = re.compile(r'class="badge"[^>]*>(?:<svg.*?</svg>)?不同意|不同意 1|"(?:choice|outcome|newValue)": ?"disagree"')


@pytest.fixture(scope="module")
def people(bank) -> desk.Staff:
    """The people of the demo bank."""
    with db.reading():
        return desk.staff()


def a_case(people: desk.Staff, rule: str = OPEN) -> tuple[uuid.UUID, uuid.UUID, str]:
    """A case before the committee, committed: task, case, number."""
    with db.transaction():
        made = Board(people, rule)
        return made.task().id, made.case.id, made.case.number


def plan(secretary, *tasks: uuid.UUID) -> str:
    """A sitting with these cases; its address."""
    with db.reading():
        committee = session.scalar(select(VoteRound.committee_id).where(VoteRound.task_id == tasks[0]))
    data = {
        "committee": str(committee),
        "held_at": "2026-03-05T14:30",
        "place": "三楼会议室",
        "task_ids": list(map(str, tasks)),
    }
    answer = secretary.post("/meetings/", data)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return answer.location


def page(client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.get_data(as_text=True)


def present(secretary, address: str, people: desk.Staff, *names: str):
    return secretary.post(f"{address}/present", {"present": [str(people.by_name[name].id) for name in names]})


def test_a_meeting_from_the_agenda_to_the_minutes(people, sign_in):
    task, case, number = a_case(people)
    secretary = sign_in("songyan")
    assert number in page(secretary, "/meetings/")
    address = plan(secretary, task)
    assert number in page(secretary, address)
    assert present(secretary, address, people, *FIVE[:4]).status_code == 302
    for name in FIVE[:4]:
        member = sign_in(name)
        html = page(member, address)
        assert "三楼会议室" in html
        assert f"/tasks/{task}/vote" in html
        said = {
            "choice": "conditional" if name == "lvbin" else "agree",
            "opinion": "办妥抵押登记",
            "round": "1",
            "next": address,
        }
        answer = member.post(f"/tasks/{task}/vote", said)
        assert answer.location == address
    html = page(secretary, address)
    assert "4 / 5" in html, "a live count where the rule lets it be known"
    assert secretary.post(f"/tasks/{task}/close-vote", {"next": address}).location == address
    html = page(secretary, address)
    assert "meetings/resolutions/" in html
    resolution = html.partition("/meetings/resolutions/")[2].partition(".pdf")[0]
    for path in (f"/meetings/resolutions/{resolution}.pdf", f"{address}/minutes.pdf"):
        answer = sign_in("lvbin").get(path)
        assert answer.status_code == 200
        assert answer.mimetype == "application/pdf"
        assert answer.get_data().startswith(b"%PDF")
    assert secretary.post(f"{address}/close", {"remarks": "散会"}).status_code == 302
    assert "散会" in page(sign_in("zhengwei"), address)
    assert present(secretary, address, people, "lvbin").status_code == 409
    assert "办妥抵押登记" in page(sign_in("zhaomin"), f"/cases/{case}"), "the condition is tracked"


def test_who_is_present_and_silent_counts_among_those_present(people, sign_in):
    task, _, _ = a_case(people)
    secretary = sign_in("songyan")
    address = plan(secretary, task)
    present(secretary, address, people, *FIVE)
    for name in FIVE[:3]:
        sign_in(name).post(f"/tasks/{task}/vote", {"choice": "agree"})
    secretary.post(f"/tasks/{task}/close-vote")
    with db.reading():
        assert session.get_one(UserTask, task).outcome == "refuse", "3 of 5 present are less than two thirds"


def test_resolution_and_minutes_on_paper_say_how_it_was_decided_by_whom_and_by_which_version_of_the_rule(
    people, sign_in
):
    task, case, number = a_case(people)
    secretary = sign_in("songyan")
    address = plan(secretary, task)
    present(secretary, address, people, *FIVE)
    for name, choice in zip(FIVE[:4], ("agree", "agree", "conditional", "agree"), strict=True):
        sign_in(name).post(f"/tasks/{task}/vote", {"choice": choice, "opinion": "办妥抵押登记"})
    secretary.post(f"/tasks/{task}/close-vote")
    with db.reading():
        (made,) = resolutions.resolutions_of(case)
        digest, version = made.digest.hex(), made.body["process"]["version"]
    speak("songyan", "zh_Hans")
    secretary = sign_in("songyan")
    secretary.post(f"{address}/close", {"remarks": "散会"})
    for path in (f"/meetings/resolutions/{made.id}.pdf", f"{address}/minutes.pdf"):
        paper = text_of(secretary.get(path).get_data())
        for told in (
            number,
            "应到5人，实到5人，法定人数4人",
            "同意4票，通过须4票",
            f"board_case第{version}版",
            "吕斌",
            "办妥抵押登记",
            "附条件同意",
            digest,
        ):
            assert told in paper, (told, paper)
    minutes = text_of(secretary.get(f"{address}/minutes.pdf").get_data())
    assert "三楼会议室" in minutes
    assert "散会" in minutes


def test_who_sat_at_a_sitting_is_not_present_when_the_vote_goes_on_without_it(people, sign_in):
    (one, *_), (two, *_) = a_case(people), a_case(people)
    secretary = sign_in("songyan")
    address = plan(secretary, one, two)
    present(secretary, address, people, *FIVE)
    secretary.post(f"{address}/agenda", {"task_id": str(two), "by": "off"})
    assert (there(one), there(two)) == (len(FIVE), 0)
    secretary.post(f"{address}/close")
    assert there(one) == 0
    for name in FIVE[:3]:
        sign_in(name).post(f"/tasks/{one}/vote", {"choice": "agree"})
    assert secretary.post(f"/tasks/{one}/close-vote").status_code == 422, "3 of 5 are no quorum, whoever sat there"


def there(task: uuid.UUID) -> int:
    """How many are marked present in the vote."""
    with db.reading():
        return len(session.scalars(select(VoteRound.present_ids).where(VoteRound.task_id == task)).one())


def test_only_the_secretary_plans_marks_moves_and_closes(people, sign_in):
    task, _, _ = a_case(people)
    address = plan(sign_in("songyan"), task)
    member, stranger, chief = sign_in("lvbin"), sign_in("hanmei"), sign_in("jiangshan")
    for client in (member, chief):
        assert present(client, address, people, "lvbin").status_code == 403
        assert client.post(f"{address}/agenda", {"task_id": str(task), "by": "off"}).status_code == 403
        assert client.post(f"{address}/close").status_code == 403
    for path in ("", "/minutes.pdf"):
        assert stranger.get(address + path).status_code == 404
    assert stranger.post(f"{address}/close").status_code == 404
    assert member.post("/meetings/", {"committee": "1", "held_at": "2026-03-05T14:30"}).status_code == 403


def test_the_agenda_is_put_in_order_and_a_case_stands_on_one_agenda_only(people, sign_in):
    (one, _, first), (two, _, second) = a_case(people), a_case(people)
    secretary = sign_in("songyan")
    address = plan(secretary, one, two)
    html = page(secretary, address)
    assert html.index(first) < html.index(second)
    secretary.post(f"{address}/agenda", {"task_id": str(two), "by": "up"})
    html = page(secretary, address)
    assert html.index(second) < html.index(first)
    assert str(one) not in page(secretary, "/meetings/"), "it no longer waits"
    secretary.post(f"{address}/agenda", {"task_id": str(one), "by": "off"})
    assert str(one) in page(secretary, "/meetings/")
    bad = secretary.post(f"{address}/agenda", {"task_ids": [str(two)]})
    assert bad.status_code == 422


def test_a_sitting_without_a_date_is_refused(people, sign_in):
    task, _, _ = a_case(people)
    with db.reading():
        committee = session.scalar(select(VoteRound.committee_id).where(VoteRound.task_id == task))
    for when in ("", "soon", "2026-13-01T10:00"):
        assert sign_in("songyan").post("/meetings/", {"committee": str(committee), "held_at": when}).status_code == 422
    with db.reading():
        assert session.scalar(select(Sitting.id).where(Sitting.place == "nowhere")) is None


@pytest.mark.parametrize("visibility", ["hidden", "result"])
def test_no_page_tells_a_hidden_ballot_before_the_vote_is_closed(people, sign_in, visibility):
    task, case, _ = a_case(people, f'{OPEN} visibility="{visibility}"')
    secretary = sign_in("songyan")
    address = plan(secretary, task)
    assert sign_in("wangfang").post(f"/tasks/{task}/vote", {"choice": "disagree", "opinion": SECRET}).status_code == 302
    rest = "/engine-rest/history"
    paths = [
        address,
        f"{address}/minutes.pdf",
        f"/cases/{case}",
        f"/tasks/{task}",
        f"/cases/{case}/print",
        f"/cases/{case}/marks",
        "/inbox",
        "/notices",
        f"/engine-rest/task/{task}",
        f"/engine-rest/task/{task}/vote",
        address.replace("/meetings/", "/engine-rest/sitting/"),
        f"{rest}/user-operation?processInstanceId={case}",
        f"{rest}/activity-instance?processInstanceId={case}",
        f"{rest}/task?processInstanceId={case}",
    ]
    for reader in ("lvbin", "songyan", "jiangshan", "xieqian", "zhaomin"):
        client = sign_in(reader)
        for path in paths:
            told = client.get(path, follow_redirects=True).get_data().decode(errors="replace")
            assert SECRET not in told, (reader, path)
            assert not TOLD.search(told), (reader, path, TOLD.findall(told))
    own = sign_in("wangfang").get(f"/tasks/{task}", follow_redirects=True).get_data(as_text=True)
    assert SECRET in own, "everybody sees his own"


def test_a_resolution_is_for_those_concerned_with_the_case(people, sign_in):
    task, _, _ = a_case(people)
    for name in FIVE[:4]:
        sign_in(name).post(f"/tasks/{task}/vote", {"choice": "agree"})
    secretary = sign_in("songyan")
    secretary.post(f"/tasks/{task}/close-vote")
    with db.reading():
        (made,) = resolutions.resolutions_of(session.get_one(UserTask, task).instance_id)
    assert sign_in("hanmei").get(f"/meetings/resolutions/{made.id}.pdf").status_code == 404
    assert sign_in("zhaomin").get(f"/meetings/resolutions/{made.id}.pdf").status_code == 200
    assert secretary.get(f"/meetings/resolutions/{uuid.uuid4()}.pdf").status_code == 404


def test_a_member_recuses_himself_on_the_page_and_the_case_is_gone_from_his_list(people, sign_in):
    task, case, number = a_case(people)
    member = sign_in("zhangming")
    assert number in page(member, "/inbox")
    answer = member.post(f"/tasks/{task}/recuse", {"reason": "亲属关系", "why": "conflict"})
    assert answer.status_code == 302
    assert number not in page(member, "/inbox")
    assert member.get(f"/cases/{case}").status_code == 404
