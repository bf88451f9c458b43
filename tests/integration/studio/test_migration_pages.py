"""Moving many cases: prepared, tried, confirmed by a supervisor, carried out case by case, undone; and who may do which of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from app.demo import desk
from app.kernel.clock import now as moment
from app.kernel.db import reading, session, transaction
from app.kernel.errors import Conflict, Forbidden, Refusal
from app.workflow import instances
from app.workflow.deploying import definitions
from app.workflow.deploying.deployment_models import ProcessDefinition
from app.workflow.migrating import migration_runs, what_if
from app.workflow.migrating.migration_models import MigrationRow, RowState, RunState
from tests.integration.workflow.route import EXPENSE, Route
from tests.integration.workflow.versions import audited_before_payment, renamed, version

KEY = "expense_declaration"


def prepared(route: Route, row: ProcessDefinition, by: str = "jiangshan", **more):
    found = migration_runs.prepare(
        from_id=route.case.definition_id,
        to_id=row.id,
        mapping=more.pop("mapping", {}),
        reason="新制度自七月起执行。",
        person=route.person(by),
        now=route.later(),
        **more,
    )
    while migration_runs.try_some(migration_id=found.id, now=route.later()):
        pass
    session.flush()
    return found


def carried_out(found, route: Route) -> dict[str, int]:
    for part in rows(found):
        migration_runs.carry_out(migration_id=found.id, instance_id=part.instance_id, now=route.later())
    session.flush()
    return migration_runs.counts(found.id)


@pytest.fixture
def started(bank):
    """The id of a migration of one case that was just asked for; its trial has not begun. Committed."""
    with transaction():
        people = desk.staff()
        old = definitions.active(KEY)
        case = instances.start(key=KEY, person=people.by_name["zhaomin"], now=moment())
        session.flush()
        new = version(KEY, audited_before_payment)
        found = migration_runs.prepare(
            from_id=old.id,
            to_id=new.id,
            mapping={},
            reason="新制度。",
            person=people.by_name["jiangshan"],
            now=moment(),
            numbers=[case.number],
        )
        return found.id


def rows(found) -> list[MigrationRow]:
    return list(session.scalars(select(MigrationRow).where(MigrationRow.migration_id == found.id)))


def test_all_cases_of_a_version_are_tried_shown_and_moved_each_with_its_reason(start):
    going, staying = start(EXPENSE).go_to("payment"), start(EXPENSE).go_to("first_check")
    row = version(KEY, renamed("first_check", "first_look"))
    found = prepared(going, row, numbers=[going.case.number, staying.case.number])
    assert found.state == RunState.PREVIEW
    states = {part.instance_id: (part.state, part.refusal) for part in rows(found)}
    assert states[going.case.id] == (RowState.READY, None)
    assert states[staying.case.id][0] == RowState.BARRED
    assert "初审" in states[staying.case.id][1]["texts"]["zh_Hans"]
    migration_runs.confirm(migration_id=found.id, person=going.person("jiangshan"), now=going.later())
    counts = carried_out(found, going)
    assert (counts["done"], counts["barred"]) == (1, 1)
    assert (going.case.definition_id, found.state) == (row.id, RunState.DONE)
    assert staying.case.definition_id != row.id


def test_with_a_mapping_the_other_goes_too(start):
    staying = start(EXPENSE).go_to("first_check")
    row = version(KEY, renamed("first_check", "first_look"))
    found = prepared(staying, row, numbers=[staying.case.number], mapping={"first_check": "first_look"})
    migration_runs.confirm(migration_id=found.id, person=staying.person("jiangshan"), now=staying.later())
    assert carried_out(found, staying)["done"] == 1
    assert staying.stations == ["first_look"]


def test_a_case_that_moved_between_trial_and_move_is_refused_alone(start):
    one, two = start(EXPENSE).go_to("first_check"), start(EXPENSE).go_to("first_check")
    found = prepared(one, version(KEY, audited_before_payment), numbers=[one.case.number, two.case.number])
    instances.suspend(instance_id=two.case.id, reason="核实。", person=one.person("jiangshan"), now=one.later())
    migration_runs.confirm(migration_id=found.id, person=one.person("jiangshan"), now=one.later())
    counts = carried_out(found, one)
    assert (counts["done"], counts["refused"]) == (1, 1)


def test_a_whole_run_is_undone_but_for_cases_that_have_moved_since(start):
    one, two = start(EXPENSE).go_to("first_check"), start(EXPENSE).go_to("first_check")
    before = one.case.definition_id
    found = prepared(one, version(KEY, audited_before_payment), numbers=[one.case.number, two.case.number])
    boss = one.person("jiangshan")
    migration_runs.confirm(migration_id=found.id, person=boss, now=one.later())
    carried_out(found, one)
    two.now = one.now
    two.do("first_check")
    migration_runs.undo(migration_id=found.id, person=boss, now=two.later())
    for part in rows(found):
        migration_runs.carry_back(migration_id=found.id, instance_id=part.instance_id, now=two.later())
    counts = migration_runs.counts(found.id)
    assert (counts["undone"], counts["kept"]) == (1, 1)
    assert (one.case.definition_id, found.state) == (before, RunState.DONE)
    one.must_be_whole()
    two.must_be_whole()


def test_doing_a_row_twice_does_it_once(start):
    one = start(EXPENSE).go_to("first_check")
    found = prepared(one, version(KEY, audited_before_payment), numbers=[one.case.number])
    migration_runs.confirm(migration_id=found.id, person=one.person("jiangshan"), now=one.later())
    carried_out(found, one)
    events = one.case.events
    carried_out(found, one)
    assert one.case.events == events


def test_an_analyst_prepares_and_a_supervisor_confirms(start):
    one = start(EXPENSE).go_to("first_check")
    found = prepared(one, version(KEY, audited_before_payment), by="qiyue", numbers=[one.case.number])
    with pytest.raises(Forbidden):
        migration_runs.confirm(migration_id=found.id, person=one.person("qiyue"), now=one.later())
    migration_runs.confirm(migration_id=found.id, person=one.person("jiangshan"), now=one.later())
    with pytest.raises(Conflict):
        migration_runs.confirm(migration_id=found.id, person=one.person("jiangshan"), now=one.later())
    with pytest.raises(Forbidden):
        prepared(one, version(KEY, renamed("payment", "paying")), by="zhaomin")


@pytest.mark.parametrize("fault", ["reason", "mapping", "version", "nobody"])
def test_what_makes_no_sense_is_not_prepared(start, fault):
    one = start(EXPENSE).go_to("first_check")
    row = version(KEY, audited_before_payment)
    given = {"from_id": one.case.definition_id, "to_id": row.id, "mapping": {}, "reason": "新制度。"}
    given |= {
        "reason": {"reason": "  "},
        "mapping": {"mapping": {"first_check": "nowhere"}},
        "version": {"to_id": one.case.definition_id},
        "nobody": {"numbers": ["ED-1999-000001"]},
    }[fault]
    with pytest.raises(Refusal):
        migration_runs.prepare(**given, person=one.person("jiangshan"), now=one.later())


def test_what_if_gives_only_values_that_stations_wrote(start):
    one = start(EXPENSE).go_to("first_check")
    assert {"amount", "unit_kind", "charged_to"} <= {knob.name for knob in what_if.changeable(one.case)}
    assert "route_first_check" not in {knob.name for knob in what_if.changeable(one.case)}


def test_the_pages_are_there_for_those_who_may(bank, sign_in):
    client = sign_in("qiyue")
    assert client.get("/studio/migrations").status_code == 200
    assert sign_in("zhaomin").get("/studio/migrations").status_code == 403


def test_the_poll_of_a_bar_that_is_over_has_the_page_loaded_anew(started, sign_in):
    client, address = sign_in("jiangshan"), f"/studio/migrations/{started}?bar=1"
    trying = client.get(address, headers={"HX-Request": "true"})
    assert "<progress" in trying.text
    assert "HX-Refresh" not in trying.headers
    with transaction():
        migration_runs.try_some(migration_id=started, now=moment())
    assert client.get(address, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def test_a_migration_whose_jobs_are_gone_says_so_and_goes_on(started, sign_in):
    with transaction():
        session.execute(
            text("DELETE FROM procrastinate_jobs WHERE args->'args'->>'migration' = :id"), {"id": str(started)}
        )
    client, address = sign_in("jiangshan"), f"/studio/migrations/{started}"
    assert client.get(f"{address}?bar=1", headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert f'action="{address}/go-on"' in client.get(address).text
    assert sign_in("zhaomin").post(f"{address}/go-on").status_code == 403
    assert client.post(f"{address}/go-on").status_code == 302
    with reading():
        assert not migration_runs.is_lost(migration_runs.find(started))
    assert client.post(f"{address}/go-on").status_code == 409
