"""The sentences themselves: complete in every language, with the same facts in each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter

import pytest

from app.kernel import identifiers
from app.workflow.forms.finding_texts import FINDING_TEXTS
from app.workflow.forms.messages import _MESSAGES, say
from app.workflow.forms.texts import pick

CHINESE = re.compile("[\u4e00-\u9fff]")
ALL = {
    **{f"message {code}": texts for code, texts in _MESSAGES.items()},
    **{f"finding {code}": texts[0] for code, texts in FINDING_TEXTS.items()},
    **{f"mend {code}": texts[1] for code, texts in FINDING_TEXTS.items()},
    **{f"identifier {code}": texts for code, texts in identifiers._REASONS.items()},
}


def facts_of(text: str) -> set[str]:
    """The {places} of a sentence."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("name", ALL)
def test_a_sentence_has_the_same_facts_in_every_language(name: str) -> None:
    texts: Mapping[str, str] = ALL[name]
    assert texts.keys() == {"en", "zh_Hans", "zh_Hant"}
    assert all(facts_of(text) == facts_of(texts["en"]) for text in texts.values())


@pytest.mark.parametrize("name", [name for name in ALL if name != "message labelled"])
def test_a_sentence_is_english_in_english_and_chinese_in_chinese(name: str) -> None:
    texts = ALL[name]
    assert not CHINESE.search(texts["en"].replace("万", ""))
    assert CHINESE.search(texts["zh_Hans"])
    assert CHINESE.search(texts["zh_Hant"])


def test_simplified_and_traditional_are_told_apart() -> None:
    assert say("update", "zh_Hans") == "更新表单"
    assert say("update", "zh_Hant") == "更新表單"
    assert say("min_rows", "zh_Hant", least=2, found=1) == "至少2列，現為1列。"


@pytest.mark.parametrize(
    ("texts", "locale", "chosen"),
    [
        ({"en": "a", "zh_Hans": "b", "zh_Hant": "c"}, "zh_Hant", "c"),
        ({"en": "a", "zh_Hans": "b"}, "zh_Hant", "b"),
        ({"en": "a", "zh_Hant": "c"}, "zh_Hans", "c"),
        ({"zh_Hant": "c"}, "en", "c"),
        ({"en": "a", "zh_Hans": ""}, "zh_Hans", "a"),
        ({"en": "a"}, "fr", "a"),
        ({"fr": "d"}, "en", "d"),
        ({}, "en", ""),
        ("plain", "zh_Hans", "plain"),
    ],
)
def test_a_reader_gets_his_language_or_the_nearest(texts: Mapping[str, str] | str, locale: str, chosen: str) -> None:
    assert pick(texts, locale) == chosen
