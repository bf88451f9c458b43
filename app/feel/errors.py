"""The one exception of this library, and what it says to an analyst.

`FeelError` carries a code, the place in the text and the facts; the sentence is made from the code in the
reader's language (`messages.py`). Nothing else leaves this library: a caller catches `FeelError` and is done.
"""

from __future__ import annotations

from typing import Any

from app.feel.messages import sentence


class FeelError(Exception):
    """An expression or decision that can't be read, or that broke a bound while running.

    `line` and `column` count from 1 and are 0 where no place is known. `facts` are the values the sentence names.
    """

    def __init__(self, code: str, *, line: int = 0, column: int = 0, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.column = column
        self.facts = facts

    def message(self, locale: str = "en") -> str:
        """The sentence in `en`, `zh_Hans` or `zh_Hant`; an unknown locale reads English."""
        facts = {
            name: value.message(locale) if isinstance(value, FeelError) else value for name, value in self.facts.items()
        }
        text = sentence(self.code, locale, facts)
        if not self.line:
            return text
        return sentence("at", locale, {"line": self.line, "column": self.column, "text": text})

    def __str__(self) -> str:
        return self.message("en")
