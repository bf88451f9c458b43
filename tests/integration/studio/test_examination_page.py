"""The bar of an examination: it follows the work, and the page around it comes anew when the work is over."""

import pytest

from app.audit.operations import SYSTEM
from app.kernel.clock import now
from app.kernel.db import transaction
from app.studio import drafts, examinations

PAGE = "/studio/examinations/{}"


@examinations.examiner("quick")
def quick(task):
    task.report(2, 5)
    return {}


@pytest.fixture
def asked(bank):
    """The id of an examination that nobody has begun."""
    with transaction():
        draft = drafts.begin(name="a", title="甲", files={"a/a.bpmn": b"<one/>"}, actor=SYSTEM, now=now())
        return examinations.begin(draft=draft, kind="quick", asked={}, actor=SYSTEM, now=now()).id


def test_the_bar_follows_the_work_and_has_the_page_loaded_anew_at_the_end(asked, sign_in):
    client = sign_in("qiyue")
    waiting = client.get(PAGE.format(asked), headers={"HX-Request": "true"})
    assert f'hx-get="{PAGE.format(asked)}"' in waiting.get_data(as_text=True)
    assert "HX-Refresh" not in waiting.headers
    with transaction():
        examinations.examine(examination=str(asked), key="")
    over = client.get(PAGE.format(asked), headers={"HX-Request": "true"})
    assert over.headers["HX-Refresh"] == "true"


def test_without_script_the_page_of_the_bar_leads_to_the_result(asked, sign_in):
    client = sign_in("qiyue")
    page = client.get(PAGE.format(asked))
    assert page.status_code == 200
    assert 'http-equiv="refresh"' in page.get_data(as_text=True)
    with transaction():
        examinations.examine(examination=str(asked), key="")
    assert client.get(PAGE.format(asked)).status_code == 302


def test_an_examination_that_is_none_is_not_found(bank, sign_in):
    assert sign_in("qiyue").get(PAGE.format("nothing")).status_code == 404
