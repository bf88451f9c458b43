"""The sentences of the findings: code → (what is wrong, how to mend it), each in three languages."""

from __future__ import annotations

from collections.abc import Mapping

from app.workflow.forms.texts import Texts


def _say(en: str, zh_hans: str, zh_hant: str) -> Texts:
    return {"en": en, "zh_Hans": zh_hans, "zh_Hant": zh_hant}


FINDING_TEXTS: Mapping[str, tuple[Texts, Texts]] = {
    "unreadable": (
        _say("The file is not readable: {reason}.", "文件无法读取：{reason}。", "檔案無法讀取：{reason}。"),
        _say("Save it as JSON in UTF-8.", "请以 UTF-8 编码的 JSON 保存。", "請以 UTF-8 編碼的 JSON 儲存。"),
    ),
    "too_large": (
        _say("The form is too large: {found} {what}.", "表单过大：{found} {what}。", "表單過大：{found} {what}。"),
        _say("At most {most} are allowed; split it.", "最多允许 {most}，请拆分。", "最多允許 {most}，請拆分。"),
    ),
    "wrong_value": (
        _say("“{property}” can't be {found}.", "“{property}”不能是 {found}。", "「{property}」不能是 {found}。"),
        _say("Give {wanted}.", "应填：{wanted}。", "應填：{wanted}。"),
    ),
    "missing": (
        _say("“{property}” is missing.", "缺少“{property}”。", "缺少「{property}」。"),
        _say("Give {wanted}.", "应填：{wanted}。", "應填：{wanted}。"),
    ),
    "unknown_property": (
        _say(
            "“{property}” is not a property of this component.",
            "此组件没有属性“{property}”。",
            "此元件沒有屬性「{property}」。",
        ),
        _say("Remove it, or use one of: {known}.", "请删除，或改用：{known}。", "請刪除，或改用：{known}。"),
    ),
    "unknown_type": (
        _say("There is no component type “{found}”.", "没有组件类型“{found}”。", "沒有元件類型「{found}」。"),
        _say("Use one of: {known}.", "请使用：{known}。", "請使用：{known}。"),
    ),
    "wrong_key": (
        _say(
            "The file says its key is “{found}”, but it is stored as “{wanted}”.",
            "文件内的键为“{found}”，但存放为“{wanted}”。",
            "檔案內的鍵為「{found}」，但存放為「{wanted}」。",
        ),
        _say(
            "Set “key” to “{wanted}” or move the file.",
            "请将“key”改为“{wanted}”，或移动文件。",
            "請將「key」改為「{wanted}」，或移動檔案。",
        ),
    ),
    "bad_key": (
        _say("“{found}” can't be a key.", "“{found}”不能作为键。", "「{found}」不能作為鍵。"),
        _say(
            "Use small letters, digits and _, starting with a letter, at most 60.",
            "请用小写字母、数字和下划线，以字母开头，最多60个字符。",
            "請用小寫字母、數字和底線，以字母開頭，最多60個字元。",
        ),
    ),
    "reserved_key": (
        _say(
            "“{found}” is a name that the case page itself uses.",
            "“{found}”是办理页面自身使用的名称。",
            "「{found}」是辦理頁面自身使用的名稱。",
        ),
        _say("Give the field another key.", "请为该字段换一个键。", "請為該欄位換一個鍵。"),
    ),
    "duplicate_key": (
        _say("The key “{found}” is used twice.", "键“{found}”重复使用。", "鍵「{found}」重複使用。"),
        _say(
            "Give each field and section a key of its own.",
            "请为每个字段和分节使用不同的键。",
            "請為每個欄位和分節使用不同的鍵。",
        ),
    ),
    "missing_include": (
        _say(
            "The included form “{found}” is not in the deployment.",
            "部署中没有所引用的表单“{found}”。",
            "部署中沒有所引用的表單「{found}」。",
        ),
        _say(
            "Add the file “{found}.form” or correct the name.",
            "请加入文件“{found}.form”或更正名称。",
            "請加入檔案「{found}.form」或更正名稱。",
        ),
    ),
    "include_circle": (
        _say(
            "The form includes itself by way of “{found}”.",
            "表单经由“{found}”引用了自身。",
            "表單經由「{found}」引用了自身。",
        ),
        _say("Take one of the includes away.", "请去掉其中一个引用。", "請去掉其中一個引用。"),
    ),
    "nested_section": (
        _say(
            "A section stands inside another section or a table.",
            "分节位于另一分节或表格之内。",
            "分節位於另一分節或表格之內。",
        ),
        _say("Move it to the top level.", "请移到最外层。", "請移到最外層。"),
    ),
    "bad_column": (
        _say(
            "A table can't have a column of type “{found}”.",
            "表格不能有“{found}”类型的列。",
            "表格不能有「{found}」類型的欄。",
        ),
        _say("Use one of: {known}.", "请使用：{known}。", "請使用：{known}。"),
    ),
    "untranslated": (
        _say(
            "“{property}” has no text in {languages}.",
            "“{property}”缺少{languages}文本。",
            "「{property}」缺少{languages}文字。",
        ),
        _say("Add the translation.", "请补充翻译。", "請補充翻譯。"),
    ),
    "expression": (
        _say(
            "The expression “{text}” can't be read: {reason}",
            "表达式“{text}”无法解析：{reason}",
            "運算式「{text}」無法解析：{reason}",
        ),
        _say(
            "Correct it; it is FEEL, for example: amount > 500000",
            "请更正；应为 FEEL，例如：amount > 500000",
            "請更正；應為 FEEL，例如：amount > 500000",
        ),
    ),
    "unknown_name": (
        _say(
            "The expression “{text}” reads “{found}”, which is no field of this form.",
            "表达式“{text}”用到“{found}”，而本表单没有该字段。",
            "運算式「{text}」用到「{found}」，而本表單沒有該欄位。",
        ),
        _say(
            "Correct the name or add the field{guess}.",
            "请更正名称或加入该字段{guess}。",
            "請更正名稱或加入該欄位{guess}。",
        ),
    ),
    "wrong_literal": (
        _say(
            "The expression “{text}” compares “{field}”, a {type}, with {found}.",
            "表达式“{text}”将{type}类型的“{field}”与 {found} 比较。",
            "運算式「{text}」將{type}類型的「{field}」與 {found} 比較。",
        ),
        _say(
            "Compare it with a value of its own type: texts in quotes, numbers and true or false without.",
            "请与同类型的值比较：文本加引号，数字和 true/false 不加引号。",
            "請與同類型的值比較：文字加引號，數字和 true/false 不加引號。",
        ),
    ),
    "unknown_choice": (
        _say(
            "The expression “{text}” compares “{field}” with “{found}”, which is none of its choices.",
            "表达式“{text}”将“{field}”与“{found}”比较，而该值不在可选项中。",
            "運算式「{text}」將「{field}」與「{found}」比較，而該值不在可選項中。",
        ),
        _say("Use one of: {known}.", "请使用：{known}。", "請使用：{known}。"),
    ),
    "condition_circle": (
        _say(
            "The visibility or value of “{found}” depends on itself.",
            "“{found}”的可见性或取值依赖于自身。",
            "「{found}」的可見性或取值依賴於自身。",
        ),
        _say("Let it depend on other fields only.", "请只依赖其他字段。", "請只依賴其他欄位。"),
    ),
    "access_unknown": (
        _say(
            "“access” names “{found}”, which is no field or section of this form.",
            "“access”中的“{found}”不是本表单的字段或分节。",
            "「access」中的「{found}」不是本表單的欄位或分節。",
        ),
        _say("Correct the name{guess}.", "请更正名称{guess}。", "請更正名稱{guess}。"),
    ),
    "part_access": (
        _say(
            "“access” of a shared part has no effect.",
            "共用部分的“access”不起作用。",
            "共用部分的「access」不起作用。",
        ),
        _say("State it in the forms that include the part.", "请在引用它的表单中设置。", "請在引用它的表單中設定。"),
    ),
    "field_unknown": (
        _say(
            "The rule is shown at “{found}”, which is no field of this form.",
            "该规则显示在“{found}”，而本表单没有该字段。",
            "該規則顯示在「{found}」，而本表單沒有該欄位。",
        ),
        _say("Correct “field”{guess}.", "请更正“field”{guess}。", "請更正「field」{guess}。"),
    ),
    "no_choices": (
        _say("The field offers no choices.", "该字段没有可选项。", "該欄位沒有可選項。"),
        _say(
            "Give “values” or the name of a “source”.", "请设置“values”或“source”。", "請設定「values」或「source」。"
        ),
    ),
    "unknown_source": (
        _say("There is no option source “{found}”.", "没有选项来源“{found}”。", "沒有選項來源「{found}」。"),
        _say("Use one of: {known}.", "请使用：{known}。", "請使用：{known}。"),
    ),
    "filter_of_nothing": (
        _say(
            "The filter “{text}” asks nothing of the choices, so all or none would be offered.",
            "筛选条件“{text}”未涉及选项本身，结果只会是全部或没有。",
            "篩選條件「{text}」未涉及選項本身，結果只會是全部或沒有。",
        ),
        _say(
            "Ask something of “option”, for example option.value; “visible” hides a whole field.",
            "请使用“option”，例如 option.value；要隐藏整个字段请用“visible”。",
            "請使用「option」，例如 option.value；要隱藏整個欄位請用「visible」。",
        ),
    ),
    "unknown_fact": (
        _say(
            "The filter asks for “option.{found}”, which the list of choices does not tell.",
            "筛选条件使用了“option.{found}”，而选项来源不提供该信息。",
            "篩選條件使用了「option.{found}」，而選項來源不提供該資訊。",
        ),
        _say(
            "Correct the name{guess}; it tells: {known}.",
            "请更正名称{guess}；可用：{known}。",
            "請更正名稱{guess}；可用：{known}。",
        ),
    ),
    "unknown_bind": (
        _say(
            "The records of this process have no “{found}”.",
            "本流程的记录没有“{found}”。",
            "本流程的記錄沒有「{found}」。",
        ),
        _say("Use one of: {known}.", "请使用：{known}。", "請使用：{known}。"),
    ),
    "duplicate_bind": (
        _say("“{found}” is bound to two fields.", "“{found}”被绑定到两个字段。", "「{found}」被綁定到兩個欄位。"),
        _say("Bind it once.", "请只绑定一次。", "請只綁定一次。"),
    ),
    "empty_range": (
        _say(
            "“{low}” is greater than “{high}”, so no value can be right.",
            "“{low}”大于“{high}”，任何值都不会通过。",
            "「{low}」大於「{high}」，任何值都不會通過。",
        ),
        _say("Exchange or correct them.", "请调换或更正。", "請調換或更正。"),
    ),
    "never_filled": (
        _say(
            "“{found}” is required but calculated.", "“{found}”为必填但由计算得出。", "「{found}」為必填但由計算得出。"
        ),
        _say("Set its access to “read”.", "请将其权限设为“read”。", "請將其權限設為「read」。"),
    ),
}
