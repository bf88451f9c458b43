"""What the record keeps of contents that it does not hold: keyed digests of opinions, values and ballots.

The record is read by more people than the contents are, and a plain digest of a short content (a rate, an identity number) could
be guessed from. So each subject has a key of its own, made from this installation's: whoever holds the contents of a case is
given its key with them and can compare; nobody else can tell anything from a digest.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from app.kernel import crypto

SIGNS = 24


def key_of(subject: str) -> bytes:
    """The key of a subject's digests (32 bytes): "case:<id>" for what is said and entered in a case."""
    return crypto.derived(f"record\0{subject}")


def digest(key: bytes, name: str, content: Any) -> str:
    """HMAC-SHA-256 of a JSON-able content under its name, 24 hexadecimal digits.

    What is digested is `name`, a zero byte and the content as JSON in ASCII with sorted keys and no blanks, so that a few lines of
    any language can do it again.
    """
    told = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hmac.new(key, f"{name}\0{told}".encode(), hashlib.sha256).hexdigest()[:SIGNS]
