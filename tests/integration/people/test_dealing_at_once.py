"""Tasks that open at the same moment are dealt out fairly: each deal sees the ones before it, committed or waiting."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from sqlalchemy import select

from app.identity.models import Membership
from app.kernel import db
from app.workflow import instances
from app.workflow.assigning import assignment
from app.workflow.deploying import definitions
from app.workflow.models import UserTask
from tests.integration.people.kit import MORNING, candidates, deploy, group, person

MEMBERS = ("hanmei", "yangguang", "zhuting")
AT_ONCE = 12


@pytest.mark.parametrize("rule", ["round_robin", "least_loaded"])
def test_of_twelve_cases_that_begin_at_once_each_of_three_gets_four(bank, rule):
    key = f"dealt_{rule}"
    with db.transaction():
        group(key, *MEMBERS)
        deploy(key, ("check", candidates(rule, f"&quot;{key}&quot;")))
    gate = threading.Barrier(AT_ONCE)
    faults: list[BaseException] = []

    def begin() -> None:
        try:
            gate.wait(30)
            with db.transaction():
                instances.start(key=key, person=person("zhaomin"), now=MORNING)
        except BaseException as fault:  # told to the test, which fails of it
            faults.append(fault)

    threads = [threading.Thread(target=begin) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    with db.reading():
        held = db.session.scalars(select(UserTask.assignee_id).where(UserTask.process_key == key)).all()
        members = db.session.scalars(select(Membership.turn).where(Membership.turn > 0)).all()
    assert sorted(Counter(held).values()) == [4, 4, 4]
    assert len(members) >= len(MEMBERS)
    definitions.load.cache_clear()
    assignment.forget()
