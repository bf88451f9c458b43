"""Names of variables: what other tools call them, and the key they get here (small letters, digits, `_`), the same everywhere."""

from __future__ import annotations

import re
import unicodedata

RESERVED = frozenset(
    ("csrf_token", "key", "opinion", "outcome", "seen", "returned", "in", "and", "or", "not", "if", "then", "else")
)
RESERVED |= {
    "for",
    "return",
    "some",
    "every",
    "satisfies",
    "between",
    "instance",
    "of",
    "function",
    "null",
    "date",
    "time",
}
KNOWN = frozenset({"loopCounter", "nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances", "answers"})
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
MOST = 50


class Names:
    """Gives each foreign name one key, and no two names the same."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def key(self, name: str) -> str:
        """The key for a name; the same name gets the same key, and a key that was given stays what it is."""
        if name in KNOWN or (name not in self._keys and name in self._keys.values()):
            return name
        if name not in self._keys:
            self._keys[name] = self._fresh(slug(name) or "value")
        return self._keys[name]

    def _fresh(self, base: str) -> str:
        base = f"{base}_value" if base in RESERVED else base
        number, key, taken = 1, base, set(self._keys.values())
        while key in taken:
            number += 1
            key = f"{base}_{number}"
        return key


def slug(text: str) -> str:
    """Small ASCII letters, digits and `_`, beginning with a letter; "" where nothing of the text is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.sub(r"\W+", "_", _HUMP.sub("_", plain)).strip("_").lower()
    words = re.sub(r"_+", "_", words)[:MOST].strip("_")
    return f"v_{words}" if words[:1].isdigit() else words
