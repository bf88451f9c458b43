"""Bounds of the house on form files and on what one request may carry, whatever a form says."""

from __future__ import annotations

from zoneinfo import ZoneInfo

TIME_ZONE = ZoneInfo("Asia/Shanghai")  # in which "today" is meant

FILE_BYTES = 256_000
FIELDS = 300
COLUMNS = 20
CHOICES = 500
INCLUDE_DEPTH = 5

KEY_LENGTH = 60
# What the page around a form sends under these names; a field of that name would be taken for it.
RESERVED_KEYS = frozenset({"csrf_token", "key", "opinion", "outcome", "seen"})
LINE_LENGTH = 200  # of a text field that states no length, characters
TEXT_LENGTH = 4_000  # of a text area that states no length
LONGEST_TEXT = 20_000
ROWS = 50  # of a table that states no number
MOST_ROWS = 500
NUMBER_DIGITS = 18  # before the decimal point
NUMBER_DECIMALS = 8
SHORT_TEXT = 60  # everything that is no free text: numbers, dates, identifiers
FIRST_YEAR, LAST_YEAR = 1800, 2299
