"""The moves on real pages: dialogs and what they post, notices, the preview of approving many, the second person."""

import pytest
from sqlalchemy import select

from app.demo import desk
from app.kernel import clock
from app.kernel.db import session, transaction
from app.workflow import acts, cases, user_tasks
from app.workflow.acts import Given
from app.workflow.deploying import definitions
from app.workflow.models import ProcessInstance, UserTask
from app.workflow.rules import MOVES, Verb
from app.workflow.words import WORDS
from tests.integration.desk_fixtures import LANGUAGES, a_committed_case, no_english, speak, words

REVIEW = "pre_committee_review"


@pytest.fixture
def route(bank):
    """A case before the committee, held by xuqing."""
    made = a_committed_case(desk.staff(), REVIEW)
    (task,) = cases.open_tasks(made.case.id)
    act(Verb.CLAIM, task.id, "xuqing")
    session.remove()
    yield made
    session.remove()


def act(verb, subject, by, **said):
    with transaction():
        person = desk.staff().by_name[by]
        acts.carry_out(
            verb=verb, subject_id=subject, given=Given(**{"reason": "出差", **said}), person=person, now=clock.now()
        )


def task_of(route):
    return session.scalars(
        select(UserTask).where(UserTask.instance_id == route.case.id, UserTask.element_id == REVIEW)
    ).first()


def text(answer, status=200):
    assert answer.status_code == status, words(answer.get_data(as_text=True))
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_holders_page_has_a_dialog_for_every_move_he_may_make(sign_in, route, language):
    speak("xuqing", language)
    page = text(sign_in("xuqing").get(f"/tasks/{task_of(route).id}"))
    for verb in ("transfer", "delegate", "add_signer", "copy", "comment"):
        assert f'<dialog id="{verb}"' in page
        assert f"/act/{verb}" in page
    for verb in ("reassign", "skip", "jump", "terminate", "resolve", "answer"):
        assert f'<dialog id="{verb}"' not in page
    if language != "en":
        no_english(page)


def test_what_a_dialog_posts_is_done_and_said(sign_in, route):
    task = task_of(route)
    client = sign_in("xuqing")
    posted = {"people": "hejing", "reason": "出差", "key": "k-transfer"}
    assert client.post(f"/tasks/{task.id}/act/transfer", posted).status_code == 302
    assert client.post(f"/tasks/{task.id}/act/transfer", posted).status_code == 302
    session.expire_all()
    assert task_of(route).assignee_id == desk.staff().by_name["hejing"].id
    speak("hejing", "zh_Hans")
    assert "许青 将此任务转办给您" in text(sign_in("hejing").get(f"/tasks/{task.id}"))


def test_a_verb_that_needs_the_steps_form_is_not_done_without_it(sign_in, route):
    for verb in ("complete", "vote", "save_draft", "suspend", "explode"):
        assert sign_in("xuqing").post(f"/tasks/{task_of(route).id}/act/{verb}", {}).status_code == 404


def test_who_was_added_reads_why_and_answers_on_the_page(sign_in, route):
    act(Verb.ADD_SIGNER, task_of(route).id, "xuqing", people=("caoying",), place="before", reason="请会签抵押条款")
    row = session.scalars(select(UserTask).where(UserTask.parent_id == task_of(route).id)).one()
    speak("caoying", "zh_Hans")
    client = sign_in("caoying")
    page = text(client.get(f"/tasks/{row.id}"))
    assert "请会签抵押条款" in page
    assert 'name="outcome" value="agree"' in page
    posted = {"outcome": "agree", "note": "条款可行", "key": "k-answer"}
    assert client.post(f"/tasks/{row.id}/act/answer", posted).status_code == 302
    speak("xuqing", "zh_Hans")
    assert "条款可行" in text(sign_in("xuqing").get(f"/tasks/{task_of(route).id}"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_help_page_tells_the_whole_table_in_the_readers_language(sign_in, bank, language):
    speak("xuqing", language)
    page = text(sign_in("xuqing").get("/help/moves"))
    if language == "en":
        assert all(words.button in page for words in (WORDS[verb] for verb in MOVES))
    else:
        no_english(page)


def test_a_press_after_a_change_shows_the_fields_that_differ(sign_in, route):
    task = task_of(route)
    speak("xuqing", "zh_Hans")
    client = sign_in("xuqing")
    page = text(client.get(f"/tasks/{task.id}"))
    hidden = {name: page.partition(f'name="{name}" value="')[2].partition('"')[0] for name in ("seen", "screen", "key")}
    with transaction():
        case = session.get_one(ProcessInstance, route.case.id)
        loaded = definitions.load(case.definition_id)
        form = loaded.form(loaded.step("intake").form)
        shown = cases.form_values(form, cases.values_of(case, desk.staff().by_name["zhaomin"].actor, clock.now()))
        cases.store_values(
            case, form, {**shown, "purpose": "购车"}, shown, desk.staff().by_name["zhaomin"].actor, clock.now()
        )
    answer = client.post(f"/tasks/{task.id}/complete", {**hidden, "outcome": "approve", "opinion": "同意"})
    page = text(answer, 409)
    assert "购车" in page
    assert "装修住房尾款" in page


# --- approving many


@pytest.fixture
def ticked(bank, monkeypatch):
    """Two tasks of one clerk at a station that is open to approving many, and one that is not his."""
    monkeypatch.setattr(user_tasks.documents, "missing_types", lambda *_: ())
    staff = desk.staff()
    found = []
    for by in ("wulei", "wulei", "zhouyan"):
        made = a_committed_case(staff, "routing")
        (task,) = cases.open_tasks(made.case.id)
        act(Verb.CLAIM, task.id, by)
        found.append(str(task.id))
    session.remove()
    return found


def test_many_are_approved_after_a_preview_with_a_result_for_each(sign_in, ticked):
    speak("wulei", "zh_Hans")
    client = sign_in("wulei")
    preview = text(client.post("/tasks/approve", {"task_ids": ticked}))
    assert preview.count('name="seen-') == 2
    assert "业务条线 个贷" in preview, "what the page of the task fills in by itself"
    states = [session.get_one(UserTask, i, populate_existing=True).state for i in ticked]
    assert states == ["open"] * 3
    seen = {f"seen-{i}": preview.partition(f'name="seen-{i}" value="')[2].partition('"')[0] for i in ticked[:2]}
    seen[f"seen-{ticked[1]}"] = "0" * 24
    result = text(client.post("/tasks/approve", {"task_ids": ticked, "confirmed": "1", "opinion": "同意", **seen}))
    assert result.count('<span class="muted">已完成</span>') == 1
    assert "共 3 行，其中 2 行未能处理" in result
    tasks = [session.get_one(UserTask, i, populate_existing=True) for i in ticked]
    assert [task.state for task in tasks] == ["completed", "open", "open"], (
        "what changed since the preview, and what is not his, is left alone"
    )
    assert (tasks[0].opinion, tasks[0].submitted["business_line"]) == ("同意", "retail")


def test_at_most_a_hundred_are_approved_at_once(sign_in, bank):
    from app.kernel.ids import new_id

    answer = sign_in("wulei").post("/tasks/approve", {"task_ids": [str(new_id()) for _ in range(101)]})
    assert answer.status_code == 422


def test_nothing_ticked_is_said(sign_in, bank):
    assert sign_in("wulei").post("/tasks/approve", {}).status_code == 422


def test_a_station_that_the_analyst_did_not_open_is_never_approved_with_others(sign_in, route, ticked):
    speak("xuqing", "zh_Hans")
    client, closed = sign_in("xuqing"), str(task_of(route).id)
    page = text(client.get("/inbox"))
    assert f'value="{closed}"' not in page, "it can't be ticked"
    preview = text(client.post("/tasks/approve", {"task_ids": [closed]}))
    assert 'name="seen-' not in preview
    assert "不支持批量审批" in preview
    result = text(client.post("/tasks/approve", {"task_ids": [closed], "confirmed": "1", f"seen-{closed}": "0" * 24}))
    assert "不支持批量审批" in result
    assert session.get_one(UserTask, closed, populate_existing=True).state == "open"


def test_of_approving_many_each_row_succeeds_by_itself_and_is_named(sign_in, ticked):
    speak("wulei", "zh_Hans")
    client = sign_in("wulei")
    preview = text(client.post("/tasks/approve", {"task_ids": ticked[:2]}))
    seen = {f"seen-{i}": preview.partition(f'name="seen-{i}" value="')[2].partition('"')[0] for i in ticked[:2]}
    text(client.post("/tasks/approve", {"task_ids": ticked[:1], "confirmed": "1", "opinion": "同意", **seen}))
    states = [session.get_one(UserTask, i, populate_existing=True).state for i in ticked]
    assert states == ["completed", "open", "open"], "only what is ticked"


# --- suspended


def test_everybody_who_may_see_a_suspended_case_reads_why_and_nobody_is_offered_an_act(sign_in, route):
    act(Verb.COPY, route.case.id, "xuqing", people=("hejing",))
    act(Verb.SUSPEND, route.case.id, "jiangshan", reason="等待监管核查")
    for name in ("xuqing", "zhaomin", "hejing", "jiangshan", "xieqian"):
        speak(name, "zh_Hans")
        page = text(sign_in(name).get(f"/cases/{route.case.id}"))
        assert "等待监管核查" in page, name
        assert 'name="outcome"' not in page, name
    speak("xuqing", "zh_Hans")
    page = text(sign_in("xuqing").get(f"/tasks/{task_of(route).id}", follow_redirects=True))
    assert "等待监管核查" in page
    assert 'form="task-form"' not in page
