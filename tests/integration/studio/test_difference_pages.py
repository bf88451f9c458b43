"""The page of differences: a draft against what it came from, any two versions, and the pictures of both."""

import pytest

from app.audit.operations import SYSTEM
from app.kernel.clock import now
from app.kernel.db import transaction
from app.studio import drafts
from app.workflow.deploying import definitions

DIAGRAM = "credit_application/credit_application.bpmn"


@pytest.fixture(scope="module")
def draft_id(bank):
    """A draft of the credit route in which the committee passes at 3/4 and a table of authority is wider."""
    with transaction():
        row = definitions.active("credit_application")
        files = definitions.load(row.id).files
        draft = drafts.begin(
            name=row.key, title="授信审批", files=files, actor=SYSTEM, now=now(), deployment_id=row.deployment_id
        )
        old = files[DIAGRAM]
        changed = old.replace(b'quorum="2/3" pass="2/3"', b'quorum="2/3" pass="3/4"', 1)
        assert changed != old
        drafts.save(draft_id=draft.id, changes={DIAGRAM: changed}, base=draft.digest, actor=SYSTEM, now=now())
        return str(draft.id)


def page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@pytest.fixture
def analyst(bank, sign_in):
    return sign_in("qiyue")


def test_the_draft_is_held_against_what_it_came_from(analyst, draft_id):
    text = page(analyst, f"/studio/drafts/{draft_id}/difference")
    assert "2/3" in text
    assert "3/4" in text
    assert 'data-point="credit_committee"' in text
    assert text.count("data-diagram=") == 2


def test_a_revision_held_against_itself_has_no_differences(analyst, draft_id):
    text = page(analyst, f"/studio/drafts/{draft_id}/difference?before=r2&after=r2")
    assert "data-point" not in text
    assert "data-diagram" not in text


def test_only_one_sort_of_change_can_be_looked_at(analyst, draft_id):
    assert "data-point" not in page(analyst, f"/studio/drafts/{draft_id}/difference?weight=words")
    assert "data-point" in page(analyst, f"/studio/drafts/{draft_id}/difference?weight=behaviour")


def test_each_side_gives_its_own_picture(analyst, draft_id):
    address = f"/studio/drafts/{draft_id}/difference/picture?file={DIAGRAM}"
    assert b'pass="3/4"' in analyst.get(f"{address}&side=r2").data
    assert b'pass="3/4"' not in analyst.get(f"{address}&side=r1").data
    assert analyst.get(f"{address}&side=r77").status_code == 404
    assert analyst.get(f"{address}&side=nonsense").status_code == 404
    assert analyst.get(f"/studio/drafts/{draft_id}/difference/picture?side=r1&file=none").status_code == 404
