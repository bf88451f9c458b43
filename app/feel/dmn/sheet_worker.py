"""The life of a child process that looks at one decision model and limits itself: JSON in on its standard input, JSON out."""

from __future__ import annotations

import base64
import json
import resource
import sys

from app.feel.dmn import sheet

PROCESSOR_SECONDS = 3
MEMORY = 768 * 1024 * 1024


def answer_as_child() -> None:
    """Read the job (`act`, `xml` and `imports` in base64, `locale`; to try: `decision`, `given`) and answer it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    job = json.loads(sys.stdin.buffer.read())
    xml, imports = base64.b64decode(job["xml"]), [base64.b64decode(one) for one in job["imports"]]
    if job["act"] == "look":
        found = sheet.look(xml, imports, job["locale"])
    else:
        found = sheet.attempt(xml, imports, job["decision"], job["given"], job["locale"])
    sys.stdout.buffer.write(json.dumps(found, default=str).encode())
