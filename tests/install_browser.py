"""Find a Chromium for the browser tests, or install one: Debian's package as root, else Playwright's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find() -> str | None:
    """The path of a Chromium on this machine, or None."""
    named = next((path for path in map(shutil.which, NAMES) if path), None)
    return named or _playwright_own()


def _playwright_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """Install a Chromium; prints what it does. A failure is a sentence, the browser tests then skip and say so."""
    print("No Chromium here; installing one for the browser tests ...", flush=True)
    tries: list[list[str]] = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt = "apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk"
        tries.insert(0, ["sh", "-c", apt])
    for command in tries:
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if find():
            return
    print("No Chromium could be installed; the browser tests will be skipped.", flush=True)


if __name__ == "__main__" and find() is None:
    install()
