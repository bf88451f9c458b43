"""A case as a folder that tells its story without this system: page, data, diagrams, rules, documents, record, hashes.

One zip file: `index.html` to read, `case.json` with every value, `audit.jsonl` with the chain, the files of the definition the
case ran on, the papers as they came in, `SHA256SUMS` with its signature, and `verify.py`, which checks all of it.
"""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import orjson
from flask import render_template
from flask_babel import get_locale
from markupsafe import Markup

from app.audit import queries as audits
from app.audit import signing
from app.audit.models import case_chain
from app.documents import queries as documents
from app.documents import storage
from app.documents.models import Document
from app.identity.rules import Person
from app.inbox import case_page, case_record, decisions, verify_dossier, words
from app.inbox.case_page import Open
from app.web.i18n import text_of
from app.workflow import cases, proofs, queries, recording
from app.workflow.committees import conditions, polls, resolutions
from app.workflow.committees.vote_models import Resolution
from app.workflow.deploying import picture
from app.workflow.models import ProcessInstance
from app.workflow.recording import Act

IN_MEMORY = 8 * 1024 * 1024
LONGEST_NAME = 80


def export(*, case: ProcessInstance, person: Person, now: datetime, keys: Path) -> IO[bytes]:
    """The zip file of a case, open at its start. That it was exported, by whom and when, is in the record it contains.

    The caller has asked whether the person may see everything of the case.
    """
    held = cases.hold_case(case.id)
    recording.record(held.case, Act("export", person.actor, now))
    page = case_page.open_case(held.case, person, now)
    key = signing.private_key(keys)
    packed: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (given to the caller)
    sums: dict[str, str] = {}
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _files(page, signing.public_pem(key)):
            archive.writestr(f"{case.number}/{name}", content)
            sums[name] = hashlib.sha256(content).hexdigest()
        listed = "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode()
        archive.writestr(f"{case.number}/{verify_dossier.SUMS}", listed)
        signature = signing.sign(key, hashlib.sha256(listed).digest())
        archive.writestr(f"{case.number}/{verify_dossier.SIGNATURE}", signature)
    packed.seek(0)
    return packed


def _files(page: Open, pem: bytes) -> Iterator[tuple[str, bytes]]:
    papers = documents.documents_of("case", page.case.id, with_removed=True)
    names = {paper.id: _paper_name(number, paper) for number, paper in enumerate(papers, start=1)}
    yield "index.html", _index(page, papers, names, pem).encode()
    yield "case.json", _json(_data(page, papers, names))
    yield verify_dossier.AUDIT, b"".join(_audit_lines(page.case))
    for name, content in sorted(page.loaded.files.items()):
        yield f"definition/{name}", content
    for paper in papers:
        yield names[paper.id], storage.current().open(paper.sha256)
    yield verify_dossier.PUBLIC, pem
    yield "verify.py", Path(verify_dossier.__file__).read_bytes()


def _index(page: Open, papers: Any, names: dict[Any, str], pem: bytes) -> str:
    states = {element: mark["state"] for element, mark in case_record.marks(page).items()}
    drawn = [
        (text_of(process.name), picture.svg(page.loaded.files[process.file], str(get_locale()), states))
        for process in page.loaded.compiled.processes.values()
        if process.parent is None
    ]
    return render_template(
        "inbox/dossier.html",
        case=case_page.head(page),
        sections=page.read,
        timeline=case_record.timeline(page),
        history=case_record.history(page),
        decisions=decisions.view(page),
        # Made by `picture.svg` from escaped texts and numbers only.
        diagrams=[(name, Markup(svg)) for name, svg in drawn if svg],  # noqa: S704
        papers=[(names[paper.id], paper.file_name, paper.removed_at is not None) for paper in papers],
        fingerprint=signing.fingerprint(pem),
        exported_by=page.person.name,
        exported_at=words.moment(page.now, page.now),
        version=page.loaded.version,
    )


def _data(page: Open, papers: Any, names: dict[Any, str]) -> dict[str, Any]:
    """Everything the database holds of the case, but the engine's own state."""
    case = page.case
    return {
        "case": {**_columns(case, "blob", "data_cipher", "title_cipher", "party_index"), "title": case.title},
        "definition": {"key": page.loaded.key, "version": page.loaded.version},
        "values": cases.values_of(case, page.person.actor, page.now),
        "tasks": [
            {
                **_columns(task, "opinion_cipher", "submitted_cipher", "draft_cipher"),
                "opinion": task.opinion,
                "submitted": task.submitted,
            }
            for task in page.tasks
        ],
        "events": [
            {**_columns(event, "comment_cipher", "snapshot"), "comment": event.comment} for event in page.events
        ],
        "ballots": [_poll(task_id, poll) for task_id, rounds in page.polls.items() for poll in rounds],
        "resolutions": [
            {**_columns(one, "body_cipher"), "body": one.body}
            for one in resolutions.resolutions_of(case.id)
            if _open(one, page)
        ],
        "conditions": [
            {**_columns(one, "text_cipher", "note_cipher"), "text": one.text, "note": one.note}
            for one in conditions.conditions_of(case.id)
        ],
        "incidents": [_columns(incident) for incident in queries.incidents_of(case.id)],
        "documents": [
            {
                **_columns(paper, "file_name_cipher", "removal_reason_cipher"),
                "file_name": paper.file_name,
                "removal_reason": paper.removal_reason,
                "file": names[paper.id],
            }
            for paper in papers
        ],
        # What the digests of the record are made under: whoever has the contents may compare them.
        "record_key": proofs.key_of(case.id),
        "people": {str(user.id): {"username": user.username, "name": user.name} for user in page.users.values()},
    }


def _poll(task_id: Any, poll: polls.Poll) -> dict[str, Any]:
    """A round of a vote as the reader may know it."""
    return {
        "task_id": task_id,
        "round": poll.number,
        "state": poll.state,
        "result": poll.result,
        "why": poll.why,
        "roll": poll.register.to_json(),
        "voted": sorted(poll.voted),
        "key": proofs.key_of_round(task_id, poll.number) if poll.sight.ballots else None,
        "ballots": [asdict(ballot) for ballot in poll.ballots],
    }


def _open(one: Resolution, page: Open) -> bool:
    """Whether the reader may read who voted how in a resolution."""
    rounds = page.polls.get(one.task_id)
    return rounds is not None and rounds[-1].sight.ballots


def _columns(row: Any, *left_out: str) -> dict[str, Any]:
    names = [column.key for column in row.__mapper__.column_attrs if column.key not in left_out]
    return {name: getattr(row, name) for name in names}


def _audit_lines(case: ProcessInstance) -> Iterator[bytes]:
    for entry in audits.entries(case_chain(case.id)):
        yield _json({"seq": entry.seq, "digest": entry.digest, "payload": entry.payload}, orjson.OPT_APPEND_NEWLINE)


def _paper_name(number: int, paper: Document) -> str:
    """Where a paper lies: a number, and its own name made harmless for every file system."""
    name = "".join(sign if sign.isalnum() or sign in "-_. " else "_" for sign in paper.file_name or "").strip(" .")
    stem, dot, suffix = name.rpartition(".")
    kept = f"{stem[:LONGEST_NAME]}{dot}{suffix[:10]}" if dot else name[:LONGEST_NAME]
    return f"documents/{number:03d} {kept or 'document'}"


def _json(value: Any, option: int = orjson.OPT_INDENT_2) -> bytes:
    return orjson.dumps(value, default=_plain, option=option)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Decimal | date | timedelta):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a dossier")
