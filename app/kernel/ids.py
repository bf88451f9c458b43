"""Ids that sort by the time they were made (UUID version 7, RFC 9562 §5.7)."""

from __future__ import annotations

import os
import time
import uuid

LONGEST_NUMBER = 10


def new_id() -> uuid.UUID:
    """A fresh UUIDv7: 48 bits of milliseconds, then 74 random bits."""
    value = int.from_bytes(os.urandom(10)) | (time.time_ns() // 1_000_000) << 80
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def parse_id(text: str) -> uuid.UUID | None:
    """The id a URL or a request names, or None where the text is no id."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def parse_number(text: str) -> int | None:
    """The small id (users, notices) that a URL or a request names, or None where the text is no such number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else None
