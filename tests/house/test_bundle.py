"""The browser part: small, named by its content, the same on every build, with nothing that our policy forbids."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from app.web import assets
from config import ROOT

FRONTEND = ROOT / "frontend"
KIB = 1024
MODELER_STYLE = 30
PAGE_SCRIPT, PAGE_STYLE, CASE_SCRIPT, DOCUMENT_SCRIPT, WORKER, MODELER_SCRIPT = 20, 12, 90, 150, 370, 520


def packed(*names: str) -> float:
    """The size of built files as they travel, in KiB."""
    return sum(len(gzip.compress((assets.DIST / assets.manifest()[name]).read_bytes(), 9)) for name in names) / KIB


def test_an_ordinary_page_loads_at_most_20_kib_of_script_and_12_of_style() -> None:
    assert packed("app.js") <= PAGE_SCRIPT
    assert packed("app.css") <= PAGE_STYLE


def test_a_case_page_with_its_diagram_loads_at_most_90_kib_of_script() -> None:
    assert packed("app.js", "diagram.js") <= CASE_SCRIPT
    assert packed("app.css", "diagram.css", "document.css") <= PAGE_STYLE


def test_the_document_viewer_stays_within_its_budget() -> None:
    assert packed("app.js", "document.js") <= DOCUMENT_SCRIPT
    assert packed("pdf.worker.js") <= WORKER


def test_the_modeler_with_all_that_it_fetches_later_stays_within_its_budget() -> None:
    assert packed("app.js", "modeler.js", "simulation.js", "layout.js", "modeler-zh_Hant.json") <= MODELER_SCRIPT
    assert packed("app.css", "modeler.css", "simulation.css") <= MODELER_STYLE


def test_every_built_file_carries_the_hash_of_its_content() -> None:
    for name, file in assets.manifest().items():
        content = (assets.DIST / file).read_bytes()
        stem, suffix = name.rsplit(".", 1)
        assert file == f"{stem}-{hashlib.sha256(content).hexdigest()[:10]}.{suffix}"


def test_nothing_lies_in_dist_that_the_manifest_does_not_name() -> None:
    files = {path.name for path in assets.DIST.iterdir() if path.is_file()}
    assert files == {*assets.manifest().values(), "manifest.json", "LICENSES.txt"}


def test_the_licences_of_what_is_bundled_travel_with_it() -> None:
    text = (assets.DIST / "LICENSES.txt").read_text(encoding="utf-8")
    assert all(f"{package} " in text for package in ("bpmn-js", "diagram-js", "htmx.org", "pdfjs-dist", "lucide"))
    assert "the watermark must stay fully visible" in text


def test_asking_for_a_file_that_was_not_built_says_how_to_build_it() -> None:
    with pytest.raises(assets.UnknownAsset, match=r"node frontend/build\.mjs"):
        assets.asset("missing.js")


def test_packages_are_pinned_exactly_and_the_lockfile_names_no_registry() -> None:
    package = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))
    versions = {**package["dependencies"], **package["devDependencies"]}
    assert all(version[0].isdigit() for version in versions.values()), versions
    assert '"resolved"' not in (FRONTEND / "package-lock.json").read_text(encoding="utf-8")


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = (assets.DIST / assets.manifest()["icons.svg"]).read_text(encoding="utf-8")
    drawn = {path.stem for path in (FRONTEND / "icons").glob("*.svg")}
    assert all(f'id="{name}"' in sprite for name in drawn)


@pytest.mark.slow
def test_building_again_gives_the_same_bytes(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or not (FRONTEND / "node_modules").is_dir():
        pytest.skip("Node or frontend/node_modules is not on this machine: npm ci --ignore-scripts in frontend/")
    subprocess.run([node, FRONTEND / "build.mjs", tmp_path / "dist"], check=True, capture_output=True, timeout=120)
    built, kept = (contents(folder) for folder in (tmp_path / "dist", assets.DIST))
    assert built.keys() == kept.keys()
    assert [name for name in kept if built[name] != kept[name]] == []


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
