"""Names of the built browser files.

The bundle under `static/dist` carries a hash of its content in each file name, so a browser may keep a file for ever and
still never shows an old one. Templates say `asset("app.js")` and get the address of today's file; `manifest.json`, written
by `frontend/build.mjs`, knows which that is.
"""

import json
from functools import lru_cache
from pathlib import Path

DIST = Path(__file__).parent / "static" / "dist"
URL_PREFIX = "/static/dist/"


class UnknownAsset(KeyError):
    """A template asks for a file that the bundle does not hold."""


@lru_cache(maxsize=1)
def manifest() -> dict[str, str]:
    """The built files by plain name: `{"app.js": "app-….js"}`."""
    return json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))


def asset(name: str) -> str:
    """The address of the built file `name` ("app.js"), with its hash. Raises UnknownAsset."""
    try:
        return f"{URL_PREFIX}{manifest()[name]}"
    except KeyError:
        raise UnknownAsset(f"{name} is not in static/dist/manifest.json; run node frontend/build.mjs") from None
