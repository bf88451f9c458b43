"""How long the editors of the studio wait for the server: `python -m benchmarks.studio_editors` on a house of its own.

Each question is asked ten times over the credit route, with a diagram that nobody has asked about before.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import create_app
from app.audit.operations import SYSTEM
from app.demo.bank import DEMO_PASSWORD
from app.kernel import db
from app.kernel.clock import now
from app.studio import drafts
from app.workflow.deploying import definitions
from benchmarks.house import running

KEY = "credit_application"
DIAGRAM = f"{KEY}/{KEY}.bpmn"
TIMES = 10
Ask = Callable[[str], Any]


def main() -> None:
    """Measure and print a line per question: median and worst, in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="cf", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with running(Path(folder) / "home") as house:
            app = create_app(house.settings, house.url)
            app.config["WTF_CSRF_ENABLED"] = False
            for name, times in _measured(app).items():
                print(f"{name:10} median {1000 * statistics.median(times):5.0f} ms, worst {1000 * max(times):5.0f} ms")
            db.disconnect()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def _measured(app: Any) -> dict[str, list[float]]:
    with app.app_context(), db.transaction():
        files = dict(definitions.load(definitions.active(KEY).id).files)
        draft = drafts.begin(name=KEY, title=KEY, files=files, actor=SYSTEM, now=now())
        base, xml = f"/studio/drafts/{draft.id}/", files[DIAGRAM].decode()
    client = app.test_client()
    client.post("/login", data={"username": "qiyue", "password": DEMO_PASSWORD})
    asked: dict[str, Ask] = {
        "findings": lambda drawn: client.post(f"{base}findings", json={"files": {DIAGRAM: drawn}}),
        "names": lambda drawn: client.post(
            f"{base}names", json={"file": DIAGRAM, "xml": drawn, "element": "final_approval"}
        ),
        "outline": lambda drawn: client.post(f"{base}outline", json={"file": DIAGRAM, "xml": drawn}),
        "catalogue": lambda _: client.get(f"{base}catalogue"),
        "feel": lambda _: client.post(f"{base}feel", json={"expression": "amount > 5", "names": ["amount"]}),
    }
    return {name: [_seconds(ask, _changed(xml, name, i)) for i in range(TIMES)] for name, ask in asked.items()}


def _changed(xml: str, name: str, number: int) -> str:
    return xml.replace('name="', f'name="{name} {number} ', 1)


def _seconds(ask: Ask, drawn: str) -> float:
    began = time.perf_counter()
    answer = ask(drawn)
    took = time.perf_counter() - began
    if answer.status_code != 200:
        raise RuntimeError(f"{answer.status_code}: {answer.get_data(as_text=True)[:200]}")
    return took


if __name__ == "__main__":
    main()
