"""The kinds of component the platform draws: their icon and words, and what a new one looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.workflow.forms import FieldType


@dataclass(frozen=True)
class Kind:
    """One entry of the palette; `words` and `help` by language."""

    name: str
    icon: str
    words: Mapping[str, str]
    help: Mapping[str, str]


def _say(en: str, zh_hans: str, zh_hant: str) -> dict[str, str]:
    return {"en": en, "zh_Hans": zh_hans, "zh_Hant": zh_hant}


KINDS = (
    Kind(
        "section",
        "panels-top-left",
        _say("Section", "分节", "分節"),
        _say("A titled part that folds.", "带标题、可折叠的部分。", "帶標題、可摺疊的部分。"),
    ),
    Kind(
        "text",
        "type",
        _say("Paragraph", "说明文字", "說明文字"),
        _say("Words between fields.", "字段之间的文字。", "欄位之間的文字。"),
    ),
    Kind(
        "textfield",
        "text-cursor-input",
        _say("Line of text", "单行文本", "單行文字"),
        _say("Up to 200 characters.", "最多200字。", "最多200字。"),
    ),
    Kind(
        "textarea", "rows-3", _say("Text", "多行文本", "多行文字"), _say("Several lines.", "可填多行。", "可填多行。")
    ),
    Kind(
        "number",
        "hash",
        _say("Number or amount", "数字、金额", "數字、金額"),
        _say("Exact, with unit and decimals.", "精确数字，带单位和小数位。", "精確數字，帶單位和小數位。"),
    ),
    Kind("date", "calendar", _say("Date", "日期", "日期"), _say("A day.", "某一天。", "某一天。")),
    Kind(
        "select",
        "list",
        _say("Choice from a list", "下拉选择", "下拉選擇"),
        _say("One of many.", "多选一，选项较多时用。", "多選一，選項較多時用。"),
    ),
    Kind(
        "radio",
        "circle-dot",
        _say("Choice of buttons", "单选按钮", "單選按鈕"),
        _say("One of a few.", "多选一，选项较少时用。", "多選一，選項較少時用。"),
    ),
    Kind("checkbox", "square-check", _say("Tick box", "勾选框", "勾選框"), _say("Yes or no.", "是或否。", "是或否。")),
    Kind("table", "table", _say("Table", "表格", "表格"), _say("Rows that people add.", "可增加行。", "可增加列。")),
    Kind(
        "idnumber",
        "user-check",
        _say("Identity number", "身份证号码", "身份證號碼"),
        _say("With its check digit.", "校验号码。", "校驗號碼。"),
    ),
    Kind(
        "creditcode",
        "building-2",
        _say("Unified social credit code", "统一社会信用代码", "統一社會信用代碼"),
        _say("With its check digit.", "校验代码。", "校驗代碼。"),
    ),
    Kind(
        "phone",
        "phone",
        _say("Phone", "电话", "電話"),
        _say("Of mainland, Hong Kong, Macao, Taiwan.", "大陆及港澳台号码。", "大陸及港澳台號碼。"),
    ),
    Kind(
        "user",
        "user",
        _say("Member of staff", "员工", "員工"),
        _say("Somebody of the bank.", "本行人员。", "本行人員。"),
    ),
    Kind(
        "group",
        "users",
        _say("Group", "岗位组", "崗位組"),
        _say("A group of the bank.", "本行岗位组。", "本行崗位組。"),
    ),
)
BY_NAME = {kind.name: kind for kind in KINDS}
COLUMN_KINDS = tuple(kind for kind in KINDS if kind.name not in ("section", "text", "table"))
FIELD_KINDS = tuple(kind for kind in KINDS if kind.name in frozenset(FieldType))
RULE = Kind(
    "rule",
    "shield-check",
    _say("Rule", "校验规则", "校驗規則"),
    _say("A check across fields.", "跨字段的检查。", "跨欄位的檢查。"),
)


def blank(kind: str, key: str) -> dict[str, Any]:
    """A new component of a kind, right as it is."""
    words = dict(BY_NAME[kind].words)
    if kind == "text":
        return {"type": "text", "text": words}
    made: dict[str, Any] = {"type": kind, "key": key, "label": words}
    return made | _insides(kind)


def blank_rule() -> dict[str, Any]:
    """A new rule, which always holds until its check is written."""
    return {"check": "true", "message": _say("Please check.", "请检查。", "請檢查。")}


def _insides(kind: str) -> dict[str, Any]:
    if kind == "section":
        return {"folded": False, "components": []}
    if kind == "table":
        return {"columns": [blank("textfield", "item")], "validate": {"minRows": 0, "maxRows": 20}}
    if kind in ("select", "radio"):
        yes_no = (("yes", _say("Yes", "是", "是")), ("no", _say("No", "否", "否")))
        return {"values": [{"value": value, "label": label} for value, label in yes_no]}
    return {"decimals": 2} if kind == "number" else {}
