"""What publishing a draft means for the cases in flight, and what a case would do with other values; nothing is written."""

from __future__ import annotations

import os
from time import perf_counter

import pytest
from sqlalchemy import func, inspect, select, text

from app.kernel.db import session, transaction
from app.kernel.ids import new_id
from app.studio import drafts, examinations
from app.studio.models import Draft
from app.studio.trials import impact_examiner
from app.workflow import queries
from app.workflow.deploying import definitions
from app.workflow.migrating import impact, what_if
from app.workflow.models import CaseEvent, ProcessInstance
from tests.integration.studio.changes import AUTHOR, KEY, Change
from tests.integration.workflow.route import CORPORATE, EXPENSE
from tests.integration.workflow.versions import EXPENSE_FILE, LOAN_FILE, renamed, version


def examined(change: Change, **mapping: str | None) -> dict:
    draft: Draft = drafts.find(change.draft.id)
    files = drafts.files_of(draft)
    task = examinations.Task(draft, files, {"mapping": mapping}, change.now, lambda done, total: None)
    session.flush()
    return seen(impact_examiner.examine(task))


def seen(found: dict) -> dict:
    """The result with a whole line per case, as the pages read it."""
    return {**found, "rows": [{**found["verdicts"][verdict], "number": number} for number, verdict in found["rows"]]}


def kinds(found: dict) -> dict[str, str]:
    return {row["number"]: row["kind"] for row in found["rows"]}


def edit(change: Change, *edits) -> None:
    route = drafts.files_of(change.draft)[EXPENSE_FILE].decode()
    for one in edits:
        route = one(route)
    change.edit({EXPENSE_FILE: route.encode()})


def unnamed(text: str) -> str:
    """The station is called otherwise, so that nothing shows what it was."""
    head, tail = text.split('<bpmn:userTask id="first_look"', 1)
    for old, new in (("初审", "先看"), ("First check", "Look first"), ("初審", "先看")):
        tail = tail.replace(old, new, 1)
    return f'{head}<bpmn:userTask id="first_look"{tail}'


def test_each_case_is_unaffected_affected_ahead_or_wants_a_mapping(change, start):
    before, paying = start(EXPENSE).go_to("first_check"), start(EXPENSE).go_to("payment")
    made = change()
    edit(made, renamed("first_check", "first_look"), unnamed)
    found = examined(made)
    assert kinds(found)[before.case.number] == "mapping"
    assert kinds(found)[paying.case.number] == "ahead"
    assert found["gone"] == [{"key": KEY, "element": "first_check", "count": 1}]
    again = examined(made, first_check="first_look")
    assert kinds(again)[before.case.number] == "ahead"
    (row,) = [row for row in again["rows"] if row["number"] == before.case.number]
    assert "audit_check" in row["ahead"]


def test_the_holder_and_the_reason_stand_beside_it(change, start):
    route = start(EXPENSE).go_to("first_check")
    holder = route.holder("first_check")
    made = change()
    edit(made, renamed("first_check", "first_look"), unnamed)
    (row,) = [row for row in examined(made)["rows"] if row["number"] == route.case.number]
    assert queries.holders_by_number([route.case.number]) == {route.case.number: [holder.name]}
    assert "not in the new version" in row["reason"]["en"]


def test_what_lies_behind_a_case_does_not_affect_it(change, start):
    route = start(EXPENSE).go_to("payment")
    made = change()
    base = drafts.base_files(made.draft)[EXPENSE_FILE]
    made.edit(
        {
            EXPENSE_FILE: base.replace(
                b'<credit:step form="expense_declaration/first_check" due="P2D"',
                b'<credit:step form="expense_declaration/first_check" due="P4D"',
            )
        }
    )
    # The payment can be returned to the employee and comes by the first check again.
    assert kinds(examined(made))[route.case.number] == "ahead"
    made.edit(
        {
            EXPENSE_FILE: base.replace(
                b'<credit:step form="expense_declaration/declaration" due="P2D"',
                b'<credit:step form="expense_declaration/declaration" due="P4D"',
            )
        }
    )
    assert kinds(examined(made))[route.case.number] == "unaffected"


def test_a_case_that_would_be_stuck_says_why(start):
    route = start(CORPORATE).go_to("credit_committee")
    row = version("credit_application", lambda text: text.replace('pass="2/3"', 'pass="3/4"'), file=LOAN_FILE)
    old, new = definitions.load(route.case.definition_id), definitions.load(row.id)
    verdict = impact.Judge(old.compiled, new.compiled, {}).judge(route.case.blob, route.now)
    assert verdict.kind is impact.Kind.STUCK
    assert "votes by another rule" in verdict.reason["en"]


def test_a_form_that_changes_ahead_is_told(start):
    route = start(EXPENSE).go_to("first_check")
    loaded = definitions.load(route.case.definition_id)
    part = "expense_declaration/_declaration.form"
    files = {**loaded.files, part: loaded.files[part].replace(b'"maxLength": 200', b'"maxLength": 300')}
    judge = impact.Judge(loaded.compiled, loaded.compiled, {}, (loaded.files, files))
    verdict = judge.judge(route.case.blob, route.now)
    assert verdict.kind is impact.Kind.AHEAD
    assert "payment" in verdict.ahead


def test_nothing_is_written(change, start):
    route = start(EXPENSE).go_to("first_check")
    made = change()
    before = session.scalar(select(func.count()).select_from(CaseEvent))
    blob = route.case.blob
    examined(made)
    assert session.scalar(select(func.count()).select_from(CaseEvent)) == before
    assert route.case.blob == blob


def names(stops) -> list[str]:
    return [stop.element_id for stop in stops]


def test_with_another_amount_a_case_goes_another_way(start):
    route = start(EXPENSE).go_to("supervisor_approval")
    before = (route.case.blob, dict(route.case.variables), session.scalar(select(func.count()).select_from(CaseEvent)))
    found = what_if.compare(route.case, {"amount": 60}, route.now)
    assert {"budget_approval", "director_approval"} <= set(names(found.before.stops))
    assert set(found.gone) == {"budget_approval", "director_approval"}
    assert found.after.end == "declaration_paid"
    assert before == (
        route.case.blob,
        dict(route.case.variables),
        session.scalar(select(func.count()).select_from(CaseEvent)),
    )


def test_it_says_who_would_have_the_stations_and_which_rules_fire(start):
    route = start(EXPENSE).go_to("supervisor_approval")
    found = what_if.compare(route.case, {"amount": 60}, route.now)
    assert all(stop.who for stop in found.after.stops)
    (before,), (after,) = ([taken.rules for taken in way.decisions] for way in (found.before, found.after))
    assert before != after


def test_the_answers_given_so_far_are_kept(start):
    route = start(EXPENSE).go_to("supervisor_approval")
    found = what_if.compare(route.case, {"amount": 30_001}, route.now)
    given = [stop.element_id for stop in found.after.stops if stop.given]
    assert given == ["declaration", "first_check", "budget_approval"]


@pytest.mark.parametrize("page", ["impact", "publish"])
def test_the_pages_of_a_draft_are_there(bank, sign_in, page):
    client = sign_in(AUTHOR)
    answer = client.post("/studio/drafts", {"key": KEY})
    shown = client.get(f"{answer.headers['Location']}/{page}")
    assert shown.status_code == 200
    if page == "impact":
        again = client.post(f"{answer.headers['Location']}/impact")
        assert again.status_code == 302
        assert client.get(f"{answer.headers['Location']}/impact.csv").status_code == 200


def test_many_cases_in_flight_are_judged_within_a_minute(start):
    """`IMPACT_CASES=1000 pytest -s -k judged_within_a_minute` is the figure of docs/studio-publishing.md."""
    number = int(os.environ.get("IMPACT_CASES", "60"))
    stations = (
        "routing",
        "assignment",
        "corporate_conclusion",
        "submission",
        "pre_committee_review",
        "credit_committee",
    )
    routes = [start(CORPORATE).go_to(station) for station in stations]
    copies_of([route.case for route in routes], number)
    old = definitions.active("credit_application")
    files = dict(definitions.load(old.id).files)
    files[LOAN_FILE] = files[LOAN_FILE].replace(b'due="P2D"', b'due="P3D"')
    draft = Draft(id=new_id(), name="credit_application", title="期限", digest=b"", revision=1)
    told: list[int] = []
    begun = perf_counter()
    task = examinations.Task(draft, files, {}, routes[0].now, lambda done, total: told.append(done))
    found = impact_examiner.examine(task)
    took = perf_counter() - begun
    print(f"{len(found['rows'])} cases in {took:.1f} s; {found['counts']}")
    assert len(found["rows"]) >= number
    assert took < 60
    assert told


def copies_of(cases, number: int) -> None:
    """The same cases again under other numbers, until there are so many."""
    for count in range(number):
        case = cases[count % len(cases)]
        row = {column.key: getattr(case, column.key) for column in inspect(ProcessInstance).column_attrs}
        session.add(ProcessInstance(**{**row, "id": new_id(), "number": f"XX-2026-{count:06d}", "version": 1}))
    session.flush()


MANY = """
INSERT INTO examination (id, draft_id, kind, digest, asked, state, done, total, begun_at, found)
SELECT :id, d.id, 'impact', d.digest, '{"mapping": {}}', 'done', :number, :number, now(), jsonb_build_object(
  'rows', (SELECT jsonb_agg(jsonb_build_array('XX-' || lpad(n::text, 6, '0'), 3 * n / :number) ORDER BY n)
           FROM generate_series(0, :number - 1) n),
  'verdicts', (SELECT jsonb_agg(jsonb_build_object('key', 'credit_application', 'version', 1,
     'stations', jsonb_build_array('routing'), 'kind', kind,
     'reason', jsonb_build_object('en', 'Because so'), 'ahead', '[]'::jsonb, 'more', 0))
     FROM unnest(ARRAY['stuck', 'mapping', 'unaffected']) kind),
  'counts', '{"stuck": 1, "mapping": 2, "ahead": 0, "unaffected": 3}'::jsonb,
  'names', '{"routing": {"en": "Routing", "zh_Hans": "受理"}}'::jsonb, 'gone', '[]'::jsonb)
FROM draft d WHERE d.id = :draft
"""


def test_a_result_of_many_cases_is_paged_by_the_database_and_its_file_is_complete(bank, sign_in):
    """`IMPACT_ROWS=100000 pytest -s -k paged_by_the_database` is the figure of docs/benchmarks.md."""
    number = int(os.environ.get("IMPACT_ROWS", "10000"))
    client = sign_in(AUTHOR)
    address = client.post("/studio/drafts", {"key": KEY}).headers["Location"]
    client.post("/language", {"locale": "en"})
    with transaction():
        session.execute(text(MANY), {"id": new_id(), "number": number, "draft": address.rsplit("/", 1)[1]})
    begun = perf_counter()
    first = client.get(f"{address}/impact").text
    took = perf_counter() - begun
    assert first.count("XX-0") == 50
    assert "XX-000000" in first
    last = client.get(f"{address}/impact?page={number // 50 - 1}").text
    assert f"XX-{number - 1:06d}" in last
    begun = perf_counter()
    searched = client.get(f"{address}/impact?q=xx-0012").text
    searching = perf_counter() - begun
    assert searched.count("XX-0012") == 50
    assert "100 cases" in searched
    assert "q=xx-0012" in searched.split('rel="next"')[0]
    assert client.get(f"{address}/impact?q=routing&kind=mapping").text.count("XX-0") == 50
    assert client.get(f"{address}/impact?q=nothing").text.count("XX-0") == 0
    begun = perf_counter()
    lines = client.get(f"{address}/impact.csv").text.strip().splitlines()
    print(f"{number} rows: page {took:.2f} s, search {searching:.2f} s, file {perf_counter() - begun:.2f} s")
    assert len(lines) == number + 1
    assert took < 5
