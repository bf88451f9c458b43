"""The report before publishing: the routes as shipped come out of it, and what is broken in them is found."""

import pytest

from app.audit.operations import SYSTEM
from app.jobs.long_work import WorkState
from app.kernel.clock import now
from app.kernel.db import reading, transaction
from app.studio import drafts, examinations
from app.workflow.deploying import definitions


def files_of(key):
    with reading():
        return dict(definitions.load(definitions.active(key).id).files)


def examined(key, files):
    """The report about files, as a worker makes it."""
    with transaction():
        draft = drafts.begin(name=key, title=key, files=files, actor=SYSTEM, now=now())
        row_id = examinations.begin(draft=draft, kind="report", asked={}, actor=SYSTEM, now=now()).id
    with transaction():
        examinations.examine(examination=str(row_id), key="")
    with reading():
        row = examinations.find(row_id)
        assert row.state == WorkState.DONE, row.fault
        return row.found


@pytest.mark.parametrize("key", ["credit_application", "expense_declaration"])
def test_a_route_as_shipped_has_nothing_to_be_said_against(bank, key):
    found = examined(key, files_of(key))
    assert "\n".join(line["message"]["en"] for line in found["findings"]) == ""
    assert (found["verdict"], found["decided"], found["left_out"]) == ("clean", True, [])


def test_one_page_shows_the_verdict_the_findings_and_the_walk_into_a_fault(bank, sign_in):
    client = sign_in("qiyue")
    with transaction():
        draft = drafts.begin(
            name="agriculture_investigation", title="三农", files=stuck_files(), actor=SYSTEM, now=now()
        )
        draft_id = draft.id
    address = f"/studio/drafts/{draft_id}/report"
    assert "尚无报告" in page(client, address)
    assert client.post(address).status_code == 302
    waiting = page(client, address)
    assert "hx-get" in waiting
    with transaction():
        examinations.examine(examination=waiting.partition("/studio/examinations/")[2][:36], key="")
    shown = page(client, address)
    assert "草稿有错误，不能发布。" in shown
    assert "但它们再也不会到：案件卡住" in shown
    walk = shown.partition("在图上逐步查看")[0].rpartition(f'href="{address}/')[2].partition('"')[0]
    finding = page(client, f"{address}/{walk}?step=99")
    assert "下一步" in finding
    assert "已完成；现在待办或等待" in finding
    assert client.get(f"{address}/{walk}/diagram").data == stuck_files()[AGRICULTURE]
    assert client.get(f"{address}/99").status_code == 404
    assert client.get(f"{address}.pdf").data.startswith(b"%PDF")
    assert "sound" not in client.get(f"{address}.csv").get_data(as_text=True)
    with transaction():
        draft = drafts.find(draft_id)
        drafts.save(draft_id=draft_id, changes={"a/a.form": b"{}"}, base=draft.digest, actor=SYSTEM, now=now())
    assert "草稿此后已有改动" in page(client, address)
    assert client.get(f"{address}/{walk}/diagram").data == stuck_files()[AGRICULTURE]


AGRICULTURE = "credit_application/agriculture_investigation.bpmn"


def stuck_files():
    """The farm investigation by itself, its fork made a choice: only one branch comes to the join."""
    files = files_of("credit_application")
    spoilt = files[AGRICULTURE].replace(
        b'<bpmn:parallelGateway id="agriculture_split"', b'<bpmn:exclusiveGateway id="agriculture_split"'
    )
    assert spoilt != files[AGRICULTURE]
    head, _, tail = spoilt.partition(b'<bpmn:exclusiveGateway id="agriculture_split"')
    return {AGRICULTURE: head + b'<bpmn:exclusiveGateway id="agriculture_split"' + tail.replace(
        b"</bpmn:parallelGateway>", b"</bpmn:exclusiveGateway>", 1
    )}  # fmt: skip


def page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)
