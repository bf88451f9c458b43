"""An analyst who opens a shipped diagram in the modeler and saves it changes nothing else than what he changed."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.process.drawing import ROOT, drawings

LIBRARY = ROOT / "frontend" / "node_modules" / "bpmn-moddle" / "dist" / "index.js"


def test_the_modeler_understands_every_diagram_and_writes_it_back_byte_for_byte() -> None:
    node = shutil.which("node")
    if node is None or not LIBRARY.is_file():
        pytest.skip("needs Node and the modules of frontend/ (npm ci)")
    script = Path(__file__).with_name("round_trip.mjs")
    files = [str(drawing.path) for drawing in drawings()]
    command = [node, str(script), str(LIBRARY), str(ROOT / "frontend" / "credit-moddle.json"), *files]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)
    assert found == {file: [[], True] for file in files}
