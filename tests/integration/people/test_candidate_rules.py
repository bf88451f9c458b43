"""Whom each rule of the catalogue finds, alone and joined, and what the task says about it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask_babel import force_locale

from app.identity import queries as people
from app.kernel.errors import Refusal
from app.workflow import engine, instances, queries, user_tasks
from app.workflow.assigning.candidates import RULES
from app.workflow.deploying import explanations
from app.workflow.deploying.definitions import NotDeployable
from app.workflow.watching import worklists
from tests.integration.people.kit import (
    INITIATOR,
    MORNING,
    Case,
    acting,
    candidates,
    change,
    deploy,
    group,
    holder,
    member,
    named,
    person,
    pools,
)
from tests.integration.workflow.route import notices_of

LANGUAGES = {"en", "zh_Hans", "zh_Hant"}
pytestmark = pytest.mark.usefixtures("desk")


def at_check(config: str, by: str = "zhaomin", settings: str = "") -> Case:
    """A case that has come to its step `check`, which has this config."""
    deploy("trial", ("apply", INITIATOR), ("check", config), settings=settings)
    case = Case.start("trial", by)
    case.do("apply", by)
    return case


def found(config: str, **more: str) -> tuple[str | None, list[str], list[str]]:
    """Holder, named candidates, pools."""
    task = at_check(config, **more).task("check")
    return holder(task), named(task), pools(task)


def test_the_catalogue_says_everything_of_every_rule_in_three_languages():
    assert set(RULES) == set(engine.CANDIDATE_VALUES)
    for rule in RULES.values():
        for words in (rule.label, rule.value, rule.help, rule.because, rule.says):
            assert set(words) == LANGUAGES
            assert all(words.values()), rule.key


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (candidates("user", "wangfang"), ("wangfang", ["wangfang"], [])),
        (candidates("group", "risk_managers"), (None, [], ["risk_managers"])),
        (candidates("group_of", "&quot;risk_&quot; + &quot;managers&quot;"), (None, [], ["risk_managers"])),
        (candidates("head_of", "&quot;retail_leaders&quot;"), ("wangfang", ["wangfang"], [])),
        (candidates("user_of", "&quot;hanmei&quot;"), ("hanmei", ["hanmei"], [])),
        (candidates("position", "支行行长"), (None, ["huaping", "yanhui"], [])),
        (candidates("position", "Branch president"), (None, ["huaping", "yanhui"], [])),
        (candidates("position_in_branch", "支行行长"), ("yanhui", ["yanhui"], [])),
        (candidates("superior", "1"), ("yanhui", ["yanhui"], [])),
        (candidates("superior", "2 apply"), ("yanhui", ["yanhui"], [])),
        (candidates("initiator"), ("zhaomin", ["zhaomin"], [])),
        (candidates("actor_of", "apply"), ("zhaomin", ["zhaomin"], [])),
    ],
)
def test_each_rule_finds_whom_it_says(config, expected):
    assert found(config) == expected


def test_a_branch_is_everybody_who_works_there_and_may_work_on_cases():
    holder_, people_, _ = found(candidates("branch", "west_branch"))
    assert holder_ is None
    assert {"sunli", "huaping", "yangguang"} <= set(people_)
    assert "hanmei" not in people_


def test_without_a_key_the_branch_is_that_of_the_case():
    assert "yanhui" in found(candidates("branch"))[1]


def test_also_keeps_only_who_is_found_by_both():
    config = candidates("group", "approvers_branch", '<credit:also rule="branch"/>')
    assert found(config) == ("yanhui", ["yanhui"], [])


def test_except_takes_out_who_is_found_by_the_other():
    config = candidates("group", "approvers_branch", '<credit:except rule="position_in_branch" value="支行行长"/>')
    assert found(config) == ("huaping", ["huaping"], [])


def test_rules_beside_each_other_add_up():
    config = candidates("group", "risk_managers") + candidates("user", "wangfang")
    assert found(config) == (None, ["wangfang"], ["risk_managers"])


def test_otherwise_is_asked_only_where_those_before_found_nobody():
    fallback = candidates("group", "risk_managers", otherwise="true")
    assert found(candidates("user", "wangfang") + fallback) == ("wangfang", ["wangfang"], [])


def test_otherwise_steps_in_where_those_before_found_nobody():
    fallback = candidates("group", "risk_managers", otherwise="true")
    assert found(candidates("user_of", "&quot;nobody&quot;") + fallback) == (None, [], ["risk_managers"])


def test_the_superior_is_the_nearest_one_who_is_still_there():
    change("yanhui", active=False)
    assert found(candidates("superior", "2"))[0] == "taoran"


def test_no_higher_than_the_diagram_says():
    change("yanhui", active=False)
    group("process_administrators_of_trial", "xuqing")
    settings = '<credit:process administrator="process_administrators_of_trial"/>'
    assert found(candidates("superior", "1"), settings=settings)[2] == ["process_administrators_of_trial"]


def test_a_circle_of_superiors_ends():
    change("yanhui", superior_id=member("zhaomin"), active=False)
    assert at_check(candidates("superior", "9")).row.has_incident


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ('"risk_managers"', (None, [], ["risk_managers"])),
        ('"user:wangfang"', ("wangfang", ["wangfang"], [])),
        ('["risk_managers", "user:wangfang"]', (None, ["wangfang"], ["risk_managers"])),
    ],
)
def test_a_decision_table_names_groups_and_users(result, expected):
    text = result.replace('"', "&quot;")
    table = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="x" name="x" namespace="urn:x">'
        '<decision id="who" name="who"><variable name="who"/>'
        f"<literalExpression><text>{text}</text></literalExpression></decision></definitions>"
    ).encode()
    deploy("trial", ("apply", INITIATOR), ("check", candidates("decision", "who")), decisions=table)
    case = Case.start("trial")
    case.do("apply", "zhaomin")
    task = case.task("check")
    assert (holder(task), named(task), pools(task)) == expected


def test_who_has_left_is_replaced_by_his_successor():
    change("wangfang", active=False, successor_id=member("hanmei"))
    assert found(candidates("user", "zhaomin") + candidates("head_of", "&quot;retail_leaders&quot;"))[1] == [
        "hanmei",
        "zhaomin",
    ]


# --- dealing out


def test_in_turn_everybody_gets_one_before_anybody_gets_two():
    group("trio", "hanmei", "yangguang", "zhuting")
    deploy("trial", ("check", candidates("round_robin", "&quot;trio&quot;")))
    given = [holder(Case.start("trial").task("check")) for _ in range(6)]
    assert sorted(given[:3]) == sorted(given[3:]) == ["hanmei", "yangguang", "zhuting"]


def test_the_one_with_the_fewest_open_tasks_gets_the_next():
    group("pair", "hanmei", "yangguang")
    deploy("busy", ("check", candidates("user", "hanmei")))
    deploy("trial", ("check", candidates("least_loaded", "&quot;pair&quot;")))
    before = {name: open_tasks_of(name) for name in ("hanmei", "yangguang")}
    for _ in range(3 + before["yangguang"] - before["hanmei"]):
        Case.start("busy")
    given = [holder(Case.start("trial").task("check")) for _ in range(4)]
    assert given[:3] == ["yangguang"] * 3
    assert {name: open_tasks_of(name) for name in ("hanmei", "yangguang")} in (
        {"hanmei": before["yangguang"] + 4, "yangguang": before["yangguang"] + 3},
        {"hanmei": before["yangguang"] + 3, "yangguang": before["yangguang"] + 4},
    )


def test_who_must_keep_away_is_passed_over_when_tasks_are_dealt_out():
    group("pair", "zhaomin", "hanmei")
    config = candidates("round_robin", "&quot;pair&quot;") + '<credit:fourEyes step="apply"/>'
    assert {holder(at_check(config).task("check")) for _ in range(2)} == {"hanmei"}


def open_tasks_of(username: str) -> int:
    wanted = worklists.Filter(holder_id=member(username))
    return len(worklists.all_open(wanted, now=MORNING, size=500).rows)


# --- picked by the one before


def picking() -> Case:
    deploy("trial", ("apply", INITIATOR), ("check", candidates("picked", "risk_managers")))
    return Case.start("trial")


def test_the_previous_actor_picks_one_of_the_allowed():
    case = picking()
    case.do("apply", "zhaomin", picks={"check": "caoying"})
    assert holder(case.task("check")) == "caoying"
    event = queries.events_of(case.row.id)[-1]
    assert event.detail["picked"] == {"check": member("caoying")}


@pytest.mark.parametrize("username", ["wangfang", "nobody"])
def test_whoever_is_not_in_the_set_is_refused_and_nothing_moves(username):
    case = picking()
    with pytest.raises(Refusal, match="can't be chosen"):
        case.do("apply", "zhaomin", picks={"check": username})


def test_a_pick_for_a_station_that_does_not_come_next_is_refused():
    case = picking()
    with pytest.raises(Refusal, match="can't be chosen"):
        case.do("apply", "zhaomin", picks={"apply": "caoying"})


def test_nobody_picked_means_the_pool_of_the_group():
    case = picking()
    case.do("apply", "zhaomin")
    assert pools(case.task("check")) == ["risk_managers"]


# --- nobody found


def test_what_nobody_was_found_for_goes_to_the_administrators_with_an_alarm():
    group("menders", "xuqing", "hejing")
    case = at_check(candidates("user_of", "null"), settings='<credit:process administrator="menders"/>')
    task = case.task("check")
    assert (holder(task), pools(task)) == (None, ["menders"])
    assert [i.element_id for i in queries.incidents_of(case.row.id)] == ["check"]
    assert notices_of(member("xuqing"), case.row.id) == ["task_unassigned"]
    assert explanations.because(task, person("xuqing")).endswith(("流程管理员", "administrate the process"))


def test_without_a_group_in_the_diagram_the_banks_administrators_get_it():
    case = at_check(candidates("user_of", "null"))
    assert pools(case.task("check")) == ["process_administrators"]


def test_an_empty_group_is_nobody():
    group("empty")
    assert at_check(candidates("group", "empty")).row.has_incident


def test_looking_again_finds_who_has_been_appointed_since():
    group("empty")
    case = at_check(candidates("group", "empty"))
    from app.identity.models import Membership
    from app.kernel.db import session

    session.add(Membership(user_id=member("hanmei"), group_id=people.group_by_key("empty").id))
    session.flush()
    instances.retry(instance_id=case.row.id, person=person("jiangshan"), now=case.later())
    assert pools(case.task("check")) == ["empty"]
    assert not case.row.has_incident


def test_an_administrator_who_claims_it_ends_the_alarm_and_looking_again_leaves_it_with_him():
    case = at_check(candidates("user_of", "null"))
    user_tasks.claim(task_id=case.task("check").id, person=person("jiangshan"), now=case.later())
    assert not case.row.has_incident
    with pytest.raises(Refusal, match="nothing to try again"):
        instances.retry(instance_id=case.row.id, person=person("jiangshan"), now=case.later())
    assert holder(case.task("check")) == "jiangshan"


def test_a_task_for_nobody_never_passes_by_itself():
    case = at_check(candidates("user_of", "null") + '<credit:outcome id="approve" kind="approve"/>')
    assert case.stations() == ["check"]


# --- what the task says


def test_the_task_says_why_it_is_with_somebody_in_the_readers_language():
    task = at_check(candidates("head_of", "&quot;retail_leaders&quot;")).task("check")
    said = []
    for language in ("en", "zh_Hans", "zh_Hant"):
        with force_locale(language):
            said.append(explanations.because(task, person("wangfang")))
    assert said == ["you are head of Retail leaders", "您是“个贷组长”的负责人", "您是「個貸組長」的負責人"]


def test_overseers_see_by_which_rule_it_came_to_whom():
    task = at_check(candidates("group", "risk_managers") + candidates("user", "wangfang")).task("check")
    assert len(explanations.whom(task)) == 2
    assert "风险经理" in explanations.whom(task)[0] or "Risk managers" in explanations.whom(task)[0]


def test_somebody_who_has_nothing_to_do_with_it_is_told_no_reason():
    task = at_check(candidates("user", "wangfang")).task("check")
    assert explanations.because(task, acting("hanmei", datetime(2026, 3, 2, tzinfo=UTC))) == ""


# --- findings


@pytest.mark.parametrize(
    ("config", "code"),
    [
        (candidates("magic"), "rule_unknown"),
        (candidates("group", "nobodies"), "group_unknown"),
        (candidates("user", "nobody"), "user_unknown"),
        (candidates("position", "Astronaut"), "position_unknown"),
        (candidates("branch", "moon"), "branch_unknown"),
        (candidates("superior", "high"), "level_unreadable"),
        (candidates("superior", "2 nowhere"), "level_unreadable"),
        (candidates("actor_of", "nowhere"), "step_reference_unknown"),
        (candidates("decision", "nothing"), "decision_unknown"),
        (candidates("head_of"), "candidates_without_value"),
        (candidates("head_of", "&quot;unclosed"), "expression_unreadable"),
        (candidates("group", "risk_managers", '<credit:also rule="group" value="nobodies"/>'), "group_unknown"),
        (candidates("group", "risk_managers", "<credit:only/>"), "step_unknown"),
        (candidates("group", "risk_managers", how="quickly"), "step_unknown"),
    ],
)
def test_what_names_nothing_is_a_finding_at_deployment(config, code):
    with pytest.raises(NotDeployable) as refused:
        deploy("trial", ("check", config))
    assert {finding.code for finding in refused.value.findings} == {code}


def test_an_unknown_group_of_administrators_is_a_finding():
    with pytest.raises(NotDeployable) as refused:
        deploy("trial", ("check", INITIATOR), settings='<credit:process administrator="nobodies"/>')
    assert [finding.code for finding in refused.value.findings] == ["group_unknown"]
