"""Decision tables looked at and tried while somebody edits them, by a child process that may neither take long nor grow large.

What stands in the editor is checked as it stands, half finished or hostile; whatever it does to the readers, the page answers.
"""

from __future__ import annotations

import base64
import json
import logging
import subprocess
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from app.kernel import children

log = logging.getLogger("creditflow.studio")

BUSY = "The table was not checked in time: it is large, or the machine is busy. Try again, or make it smaller."
TOO_LARGE = "The table is too large to be checked in time. Make it smaller."
FAULT = "The check of the table failed on our side. Nothing was changed; tell the operators if it fails twice."
SECONDS = 4.8  # by the clock; nobody waits longer than 5 for an answer


def look(xml: bytes, imports: Mapping[str, bytes], locale: str) -> dict[str, Any]:
    """What `app.feel.dmn.sheet.look` says; a model that takes too long or grows too large has a `fault` that says so."""
    return {"decisions": [], "findings": [], **_asked({"act": "look", "locale": locale, **_files(xml, imports)})}


def attempt(
    xml: bytes, imports: Mapping[str, bytes], decision: str, given: Mapping[str, str], locale: str
) -> dict[str, Any]:
    """What `app.feel.dmn.sheet.attempt` says, under the same limits."""
    job = {"act": "attempt", "locale": locale, "decision": decision, "given": dict(given), **_files(xml, imports)}
    return {"value": None, "rules": [], **_asked(job)}


def _files(xml: bytes, imports: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        "xml": base64.b64encode(xml).decode(),
        "imports": [base64.b64encode(imports[name]).decode() for name in sorted(imports)],
    }


def _asked(job: Mapping[str, Any]) -> dict[str, Any]:
    command = children.command("app.feel.dmn.sheet_worker")
    job_text = json.dumps(job).encode()
    try:
        done = subprocess.run(command, input=job_text, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return {"fault": gettext(BUSY)}
    if done.returncode == 0 and done.stdout:
        found: dict[str, Any] = json.loads(done.stdout)
        return found
    if b"Traceback" in done.stderr and b"MemoryError" not in done.stderr:
        log.error("the check of a decision table failed: %s", done.stderr.decode(errors="replace")[-2000:])
        return {"fault": gettext(FAULT)}
    return {"fault": gettext(TOO_LARGE)}
