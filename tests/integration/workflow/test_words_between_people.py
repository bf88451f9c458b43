"""Urge (催办), comment with @mention, copy (抄送): they never move the case and never block it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.identity.models import Group, User
from app.kernel.db import session
from app.kernel.errors import Forbidden, NotFound, Refusal
from app.workflow.committees.votes import Choice
from app.workflow.deploying import definitions
from app.workflow.hiding import hidden_fields
from app.workflow.moves import urging
from app.workflow.moves.move_models import Copy
from app.workflow.rules import Verb
from tests.integration.workflow.refusing import refused
from tests.integration.workflow.route import Route, notices_of
from tests.integration.workflow.saying import saying

REVIEW = "pre_committee_review"


@pytest.fixture
def review(start) -> Route:
    route = start().go_to(REVIEW)
    route.claim(REVIEW, "xuqing")
    return route


def told(route: Route, username: str, event: str) -> int:
    return notices_of(route.person(username).id, route.case.id).count(event)


def test_the_initiator_and_a_supervisor_urge_the_holder(review):
    review.act(Verb.URGE, by="zhaomin", note="客户等放款")
    assert told(review, "xuqing", "urged") == 1
    review.later(timedelta(minutes=31))
    review.act(Verb.URGE, by="jiangshan")
    assert told(review, "xuqing", "urged") == 2
    assert [event.comment for event in review.events("urge")] == ["客户等放款", None]


def test_nobody_else_urges(review):
    refused(Forbidden, lambda: review.act(Verb.URGE, by="xuqing"))


def test_a_task_is_urged_at_most_once_in_a_while(review):
    review.act(Verb.URGE, by="zhaomin")
    said = refused(Refusal, lambda: review.act(Verb.URGE, by="jiangshan"))
    assert "30" in str(said)
    with saying(definitions.load(review.case.definition_id).compiled.customs, urge_every="PT1M"):
        review.later()
        review.act(Verb.URGE, by="zhaomin")


def set_superior(route: Route, username: str, superior: str | None) -> None:
    above = route.person(superior).id if superior else None
    session.execute(update(User).where(User.username == username).values(superior_id=above))
    session.expire_all()


def set_head(route: Route, username: str) -> None:
    head = route.person(username).id
    session.execute(update(Group).where(Group.key == "pre_committee_reviewers").values(head_id=head))


def test_from_the_third_urge_on_the_holders_superior_is_told_too(review):
    set_superior(review, "xuqing", "lvbin")
    for time in range(1, 5):
        review.later(timedelta(hours=1))
        review.act(Verb.URGE, by="zhaomin")
        assert (told(review, "xuqing", "urged"), told(review, "lvbin", "urged_superior")) == (time, max(0, time - 2))


def test_the_process_says_from_which_urge_on_the_superior_is_told(review):
    set_superior(review, "xuqing", "lvbin")
    with saying(definitions.load(review.case.definition_id).compiled.customs, urge_superior=1):
        review.act(Verb.URGE, by="zhaomin")
    assert told(review, "lvbin", "urged_superior") == 1


def test_over_a_superior_who_has_left_the_next_one_is_told(review):
    set_superior(review, "xuqing", "lvbin")
    set_superior(review, "lvbin", "shiyun")
    session.execute(update(User).where(User.username == "lvbin").values(active=False))
    with saying(definitions.load(review.case.definition_id).compiled.customs, urge_superior=1):
        review.act(Verb.URGE, by="zhaomin")
    assert (told(review, "lvbin", "urged_superior"), told(review, "shiyun", "urged_superior")) == (0, 1)


def test_where_the_holder_has_no_superior_the_head_of_the_pool_is_told(review):
    set_superior(review, "xuqing", None)
    set_head(review, "hejing")
    with saying(definitions.load(review.case.definition_id).compiled.customs, urge_superior=1):
        review.act(Verb.URGE, by="zhaomin")
    assert told(review, "hejing", "urged_superior") == 1


def test_in_a_vote_only_those_are_urged_who_have_not_voted(start):
    route = start().go_to("credit_committee")
    voted = route.staff.by_id[route.task("credit_committee").candidate_user_ids[0]].username
    route.vote("credit_committee", Choice.AGREE)
    route.act(Verb.URGE, by="zhaomin")
    waiting = [route.staff.by_id[i].username for i in route.task("credit_committee").candidate_user_ids]
    assert [told(route, name, "urged") for name in (voted, *waiting)] == [0, *[1] * len(waiting)]


def test_an_unclaimed_task_is_urged_in_its_pool(start):
    route = start().go_to(REVIEW)
    route.act(Verb.URGE, by="zhaomin")
    assert (told(route, "xuqing", "urged"), told(route, "hejing", "urged")) == (1, 1)


def test_where_people_were_added_they_are_urged_and_not_who_waits(review):
    review.act(Verb.ADD_SIGNER, REVIEW, by="xuqing", people=("caoying",), place="before")
    review.act(Verb.URGE, by="zhaomin")
    assert (told(review, "caoying", "urged"), told(review, "xuqing", "urged")) == (1, 0)


def test_nobody_urges_himself(start):
    route = start()
    refused(Refusal, lambda: route.act(Verb.URGE, by="zhaomin"))


@pytest.mark.parametrize(("text", "minutes"), [("PT30M", 30), ("PT2H", 120), ("P1D", 1440)])
def test_the_pause_between_urges_is_as_written(text, minutes):
    assert urging.least_pause(text) == timedelta(minutes=minutes)


# --- comments


def test_whoever_may_see_the_case_comments_without_acting(review):
    before = review.task(REVIEW).assignee_id
    review.act(Verb.COMMENT, by="zhaomin", note="客户已补充流水。")
    assert [event.comment for event in review.events("comment")] == ["客户已补充流水。"]
    assert (review.stations, review.task(REVIEW).assignee_id) == ([REVIEW], before)
    refused(
        NotFound,
        lambda: review.act(Verb.COMMENT, by="sunli", note="x"),
    )


def test_a_comment_on_an_ended_case_is_still_possible(review):
    review.act(Verb.TERMINATE, by="jiangshan")
    review.act(Verb.COMMENT, by="zhaomin", note="存档。")
    assert len(review.events("comment")) == 1


def test_who_is_mentioned_is_told(review):
    review.act(Verb.COMMENT, by="zhaomin", note="请@xuqing 看一下，抄 a@hejing.com 无妨")
    assert told(review, "xuqing", "mentioned") == 1
    assert told(review, "hejing", "mentioned") == 0
    assert review.events("comment")[0].detail == {"to": [review.person("xuqing").id]}


def test_a_mention_of_somebody_who_may_not_see_the_case_is_refused_with_a_sentence(review):
    said = refused(Refusal, lambda: review.act(Verb.COMMENT, by="zhaomin", note="@sunli 请看"))
    assert "copy it" in str(said)
    refused(Refusal, lambda: review.act(Verb.COMMENT, by="zhaomin", note="@nobody 请看"))


@pytest.mark.parametrize("text", ["", "  ", "长" * 4001])
def test_a_comment_says_something_and_is_no_book(review, text):
    refused(Refusal, lambda: review.act(Verb.COMMENT, by="zhaomin", note=text))


# --- copies


def test_a_copy_says_from_which_station_by_whom_and_why(review):
    review.act(Verb.COPY, by="xuqing", people=("weina",), note="供参考")
    (copy,) = session.scalars(select(Copy).where(Copy.instance_id == review.case.id))
    facts = (copy.element_id, copy.sent_by, copy.note, copy.read_at)
    assert facts == (REVIEW, review.person("xuqing").id, "供参考", None)
    assert (review.stations, review.task(REVIEW).assignee_id) == ([REVIEW], review.person("xuqing").id)


def test_the_reader_of_a_copy_sees_the_form_with_the_rights_of_that_station(review):
    review.act(Verb.COPY, by="xuqing", people=("weina",))
    loaded = definitions.load(review.case.definition_id)
    form = loaded.form(loaded.step(REVIEW).form)
    with saying(loaded.step(REVIEW), copy_hidden=("purpose",)):
        assert "purpose" in hidden_fields(review.case, review.person("weina")).keys_of(form)
        assert "purpose" not in hidden_fields(review.case, review.person("xuqing")).keys_of(form)


def test_nobody_passes_on_by_a_copy_what_he_may_not_see_himself(review):
    """Who has a copy hands on the rights of his copy, not those of the station where the case is by now."""
    loaded = definitions.load(review.case.definition_id)
    review.act(Verb.COPY, by="xuqing", people=("weina",))
    review.do(REVIEW)
    with saying(loaded.step(REVIEW), copy_hidden=("purpose",)):
        review.act(Verb.COPY, by="weina", people=("sunli",))
        (copy,) = session.scalars(select(Copy).where(Copy.user_id == review.person("sunli").id))
        assert copy.element_id == REVIEW
        form = loaded.form(loaded.step(REVIEW).form)
        assert "purpose" in hidden_fields(review.case, review.person("sunli")).keys_of(form)


def test_a_copy_holds_nobody_up(review):
    review.act(Verb.COPY, by="xuqing", people=("weina", "hejing"))
    review.do(REVIEW, by="xuqing")
    assert review.stations == ["credit_committee"]
    refused(Refusal, lambda: review.act(Verb.CLAIM, "credit_committee", by="weina"))


def test_a_copy_from_another_station_renews_the_one_there_is(review):
    review.act(Verb.COPY, by="xuqing", people=("weina",))
    review.do(REVIEW)
    review.act(Verb.COPY, by="jiangshan", people=("weina",), note="看表决")
    (copy,) = session.scalars(select(Copy).where(Copy.instance_id == review.case.id))
    assert (copy.element_id, copy.note) == ("credit_committee", "看表决")


@pytest.mark.parametrize("verb", [Verb.TRANSFER, Verb.DELEGATE, Verb.ADD_SIGNER, Verb.COPY])
def test_what_the_analyst_bars_at_a_station_is_refused_there(review, verb):
    step = definitions.load(review.case.definition_id).step(REVIEW)
    with saying(step.moves, barred=(str(verb),)):
        refused(Forbidden, lambda: review.act(verb, REVIEW, by="xuqing", people=("hejing",), place="before"))


def test_an_urge_is_refused_where_the_analyst_bars_it(review):
    step = definitions.load(review.case.definition_id).step(REVIEW)
    with saying(step.moves, barred=("urge",)):
        refused(Refusal, lambda: review.act(Verb.URGE, by="zhaomin"))
