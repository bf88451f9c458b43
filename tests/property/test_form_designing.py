"""Any sequence of acts of the designer leaves a form that the checker reads, and going back gives the bytes back."""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.kernel.errors import Refusal
from app.studio.forms import form_acts, form_design, form_kinds, form_text
from app.studio.forms.form_history import replayed
from app.workflow import forms
from app.workflow.deploying import shelf
from config import ROOT

RUNS = int(os.environ.get("FORM_DESIGN_RUNS", "60"))
KEY = "credit_application/_customer"
START = dict(shelf.folders(ROOT))["credit_application"][f"{KEY}.form"]
KINDS = [kind.name for kind in form_kinds.KINDS]
places = st.sampled_from(
    ["", "0", "1", "2", "0.0", "0.1", "0.9", "1.0", "1.0.0", "0.0.0", "rule.0", "rule.1", "nothing"]
)
texts = st.one_of(
    st.text(max_size=12), st.sampled_from(["amount > 1", "customer_kind = 1", "true", "3", "-1", "today", "a_b", "{"])
)


@st.composite
def acts(draw: st.DrawFn) -> MultiDict[str, str]:
    """One thing a page could send, sensible or not."""
    name = draw(
        st.sampled_from(
            ["add", "add_column", "add_rule", "delete", "duplicate", "up", "down", "move", "change", "include", "text"]
        )
    )
    detail = draw(st.sampled_from([*KINDS, "remove", "up", ""]))
    posted = {"act": f"{name}:{detail}", "at": draw(places)}
    if name == "move" or draw(st.booleans()):
        posted |= {"to": draw(places), "index": str(draw(st.integers(0, 12)))}
    fields = [
        "key",
        "type",
        "label.en",
        "label.zh_Hans",
        "help.en",
        "visible",
        "calculated",
        "default",
        "bind",
        "decimals",
    ]
    fields += [
        "validate.min",
        "validate.maxRows",
        "validate.required",
        "values.0.value",
        "check",
        "message.en",
        "field",
        "property",
        "text.en",
        "part",
    ]
    for field in draw(st.lists(st.sampled_from(fields), max_size=4)):
        posted[field] = draw(st.sampled_from(KINDS)) if field == "type" else draw(texts)
    return MultiDict(posted)


@settings(max_examples=RUNS, deadline=None)
@given(st.lists(acts(), max_size=25))
def test_any_acts_leave_a_form_that_the_checker_reads_and_going_back_gives_the_bytes_back(several):
    content, seen = START, [(START, None)]
    for posted in several:
        before = form_text.parse(content)
        try:
            changed = form_acts.apply(form_text.parse(content), posted, ())
        except Refusal:
            continue
        content = form_text.write(changed.document)
        assert form_text.parse(content) == changed.document
        assert form_text.write(before) == form_text.write(form_text.parse(seen[-1][0]))
        if content != seen[-1][0]:
            seen.append((content, None))
        forms.check({f"{KEY}.form": content})
        chosen = form_design.place_of(changed.chosen)
        assert chosen is None or form_design.at(changed.document, chosen) is not None
    back, forward = replayed(seen)
    while len(back) > 1:
        seen.append((back[-2], "back"))
        back, forward = replayed(seen)
    assert back == [START]
    while forward:
        seen.append((forward[-1], "forward"))
        back, forward = replayed(seen)
    assert back[-1] == content
