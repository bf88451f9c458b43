"""How the forms of a flow change show and write its publication, and the ways from its case to the studio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import current_app, has_request_context, url_for

from app.studio import drafts
from app.studio.files import file_titles
from app.studio.publish import publishing
from app.web.i18n import DEFAULT, text_of
from app.workflow import difference
from app.workflow.registry import CaseContext, CaseHead, CaseLink, answer_check, bind, case_links

MOST_SENTENCES = 200
OTHER_WAY = {
    "en": "This scenario goes another way than recorded: ",
    "zh_Hans": "该场景的走向与记录不同：",
    "zh_Hant": "該情境的走向與記錄不同：",
}
WRITTEN = ("reason", "effective_on", "back_on")


class FlowChangeBinding:
    """The Binding of the process `flow_change`. Only why it changes and the two days are written; the draft is the studio's."""

    fields = frozenset(f"change.{name}" for name in ("title", *WRITTEN, "differences"))
    summary: tuple[str, ...] = ("change.title", "change.effective_on", "change.back_on")

    def load(self, case: CaseContext) -> dict[str, Any]:
        """The publication of the case, with what it changes in sentences of the reader's language."""
        if not case.has_records:
            return {}
        row = publishing.of_case(case.instance_id)
        draft = drafts.find(row.draft_id)
        files = drafts.files_of(draft)
        changes = difference.between(drafts.base_files(draft), files)
        sentences = [f"• {_words(change.sentence)}" for change in changes[:MOST_SENTENCES]]
        sentences += [f"⚠ {_words(OTHER_WAY)}{file_titles.shown(name, files)}" for name in row.failing]
        written = {f"change.{name}": getattr(row, name) for name in WRITTEN}
        return {**written, "change.title": draft.title, "change.differences": "\n".join(sentences)}

    def save(self, case: CaseContext, values: Mapping[str, Any]) -> CaseHead:
        """Write the reason and the days as far as they are given."""
        row = publishing.of_case(case.instance_id)
        for name in WRITTEN:
            if f"change.{name}" in values:
                setattr(row, name, values[f"change.{name}"])
        draft = drafts.find(row.draft_id)
        return CaseHead(title=f"{draft.title} · {draft.name}"[:200])

    def end(self, case: CaseContext, *, refused: bool = False) -> None:
        """Ended by hand: the draft is open again."""
        publishing.drop(case_id=case.instance_id, actor=case.actor, now=case.now)

    def reopen(self, case: CaseContext) -> None:
        """A flow change has no vote, so nothing of it is reconsidered."""


def _words(sentence: Mapping[str, str]) -> str:
    """In the reader's language; a worker has no reader."""
    return text_of(sentence) if has_request_context() else sentence[DEFAULT]


bind(publishing.PROCESS, FlowChangeBinding())


@answer_check(publishing.PROCESS)
def must_be_ready(case: CaseContext, element_id: str, outcome: str) -> None:
    """A returned change is handed in again only as it could be handed in at first; it can always be dropped."""
    if (element_id, outcome) == (publishing.CORRECTION, publishing.AGAIN):
        publishing.check_again(case_id=case.instance_id, now=case.now)


@case_links(publishing.PROCESS)
def ways_to_the_studio(case: CaseContext) -> Sequence[CaseLink]:
    """What reviewers look at: differences, report, cases in flight, and the days of the publication."""
    draft = publishing.of_case(case.instance_id).draft_id
    known = (page for page in PAGES if page[0] in current_app.view_functions)
    return [CaseLink(url_for(endpoint, draft_id=draft), words, icon) for endpoint, words, icon in known]


PAGES = (
    ("studio.difference", "Differences", "git-compare"),
    ("studio.report", "Report", "clipboard-check"),
    ("studio.impact", "Cases in flight", "layers"),
    ("studio.publish", "Publish", "send"),
)
