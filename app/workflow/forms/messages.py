"""What a form says to the person who fills it: reasons of refusal and the words of its buttons, in three languages."""

from __future__ import annotations

from collections.abc import Mapping

from app.workflow.forms.texts import Texts, pick


def _say(en: str, zh_hans: str, zh_hant: str) -> Texts:
    return {"en": en, "zh_Hans": zh_hans, "zh_Hant": zh_hant}


_MESSAGES: Mapping[str, Texts] = {
    "required": _say("Please fill in.", "请填写。", "請填寫。"),
    "required_choice": _say("Please choose.", "请选择。", "請選擇。"),
    "required_tick": _say("Please confirm by ticking the box.", "请勾选确认。", "請勾選確認。"),
    "control": _say(
        "Contains a character that can't be stored ({found}); please type it again.",
        "含有无法保存的字符（{found}），请重新输入。",
        "含有無法儲存的字元（{found}），請重新輸入。",
    ),
    "too_short": _say(
        "At least {least} characters, now {found}.",
        "至少{least}个字，现为{found}个。",
        "至少{least}個字，現為{found}個。",
    ),
    "too_long": _say(
        "At most {most} characters, now {found}.", "最多{most}个字，现为{found}个。", "最多{most}個字，現為{found}個。"
    ),
    "pattern": _say("Is not in the form asked for.", "格式不符合要求。", "格式不符合要求。"),
    "number": _say(
        "Is not a number; write it like 1,234.56.",
        "不是数字，请按 1,234.56 的格式填写。",
        "不是數字，請按 1,234.56 的格式填寫。",
    ),
    "grouping": _say(
        "The separators are in odd places; write it like 1,234.56.",
        "千位分隔符的位置不对，请按 1,234.56 的格式填写。",
        "千位分隔符的位置不對，請按 1,234.56 的格式填寫。",
    ),
    "whole": _say("Only whole numbers.", "只能填写整数。", "只能填寫整數。"),
    "decimals": _say(
        "At most {most} digits after the decimal point.", "小数点后最多{most}位。", "小數點後最多{most}位。"
    ),
    "digits": _say("The number is too large.", "数字过大。", "數字過大。"),
    "minimum": _say("At least {least}.", "不得小于{least}。", "不得小於{least}。"),
    "maximum": _say("At most {most}.", "不得大于{most}。", "不得大於{most}。"),
    "date": _say(
        "Is not a date; write it like 2026-12-31.",
        "不是日期，请按 2026-12-31 的格式填写。",
        "不是日期，請按 2026-12-31 的格式填寫。",
    ),
    "earliest": _say("Not before {earliest}.", "不得早于{earliest}。", "不得早於{earliest}。"),
    "latest": _say("Not after {latest}.", "不得晚于{latest}。", "不得晚於{latest}。"),
    "choice": _say(
        "Is not one of the choices; please choose again.", "不在可选项中，请重新选择。", "不在可選項中，請重新選擇。"
    ),
    "choice_out": _say(
        "This does not go with the other entries; please choose again.",
        "与其他已填内容不符，请重新选择。",
        "與其他已填內容不符，請重新選擇。",
    ),
    "was_out": _say(
        "“{label}” no longer goes with the other entries.",
        "原选“{label}”与其他已填内容不符。",
        "原選「{label}」與其他已填內容不符。",
    ),
    "fill_first": _say(
        "Nothing to choose from yet. It depends on: {labels}.",
        "暂无可选项，取决于：{labels}。",
        "暫無可選項，取決於：{labels}。",
    ),
    "tick": _say("Can only be ticked or not.", "只能勾选或不勾选。", "只能勾選或不勾選。"),
    "min_rows": _say(
        "At least {least} rows, now {found}.", "至少{least}行，现为{found}行。", "至少{least}列，現為{found}列。"
    ),
    "max_rows": _say(
        "At most {most} rows, now {found}.", "最多{most}行，现为{found}行。", "最多{most}列，現為{found}列。"
    ),
    "rule_unclear": _say(
        "The rule “{text}” can't be decided with these values; please tell whoever keeps this form.",
        "规则“{text}”无法用这些数据判断，请告知表单维护人员。",
        "規則「{text}」無法用這些資料判斷，請告知表單維護人員。",
    ),
    "summary": _say("{count} places need your attention", "有{count}处需要修改", "有{count}處需要修改"),
    "summary_one": _say("One place needs your attention", "有1处需要修改", "有1處需要修改"),
    "labelled": _say("{label}: {text}", "{label}：{text}", "{label}：{text}"),
    "row": _say("row {number}", "第{number}行", "第{number}列"),
    "mandatory": _say("required", "必填", "必填"),
    "choose": _say("Please choose", "请选择", "請選擇"),
    "no_longer": _say("{label} (no longer offered)", "{label}（已停用）", "{label}（已停用）"),
    "add": _say("Add row", "添加一行", "新增一列"),
    "remove": _say("Remove", "删除", "刪除"),
    "remove_row": _say("Remove row {number}", "删除第{number}行", "刪除第{number}列"),
    "actions": _say("Actions", "操作", "操作"),
    "no_rows": _say("None entered", "暂无", "暫無"),
    "update": _say("Update the form", "更新表单", "更新表單"),
    "yes": _say("Yes", "是", "是"),
    "no": _say("No", "否", "否"),
}


def say(code: str, locale: str, **facts: object) -> str:
    """The sentence `code` for a reader of `locale`."""
    text = pick(_MESSAGES[code], locale)
    return text.format(**facts) if facts else text
