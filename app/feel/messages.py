"""What the library says, in three languages: one entry a code, `{facts}` filled in by `sentence`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LOCALES = ("en", "zh_Hans", "zh_Hant")

_FRAMES = {
    "at": (
        "line {line}, column {column}: {text}",
        "第 {line} 行第 {column} 列：{text}",
        "第 {line} 行第 {column} 字：{text}",
    ),
    "in_place": ("{place}: {text}", "{place}：{text}", "{place}：{text}"),
    "place_cell": ("rule {row}, column “{column}”", "第 {row} 条规则，“{column}”列", "第 {row} 條規則，「{column}」欄"),
    "place_row": ("rule {row}", "第 {row} 条规则", "第 {row} 條規則"),
    "place_column": ("column “{column}”", "“{column}”列", "「{column}」欄"),
}

_READING = {
    "expected": (
        "“{wanted}” should stand here instead of “{found}”",
        "此处应为“{wanted}”，而不是“{found}”",
        "此處應為「{wanted}」，而不是「{found}」",
    ),
    "expected_at_end": (
        "the text ends, but “{wanted}” is missing",
        "表达式到此结束，但缺少“{wanted}”",
        "運算式到此結束，但缺少「{wanted}」",
    ),
    "expected_name": ("a name should stand here", "此处应为名称", "此處應為名稱"),
    "expected_text": ("a text in quotes should stand here", "此处应为带引号的文本", "此處應為帶引號的文字"),
    "expected_type": ("the name of a type should stand here", "此处应为类型名称", "此處應為型別名稱"),
    "unexpected": ("“{found}” can’t stand here", "此处不能出现“{found}”", "此處不能出現「{found}」"),
    "unfinished": ("the text ends too early", "表达式不完整", "運算式不完整"),
    "sign": ("“{sign}” is not a sign of FEEL", "“{sign}”不是 FEEL 的符号", "「{sign}」不是 FEEL 的符號"),
    "full_width": (
        "“{sign}” is a full-width sign; type “{plain}”",
        "“{sign}”是全角符号，请改用半角“{plain}”",
        "「{sign}」是全形符號，請改用半形「{plain}」",
    ),
    "foreign": (
        "FEEL writes “{plain}” for “{sign}”",
        "FEEL 中“{sign}”应写作“{plain}”",
        "FEEL 中「{sign}」應寫作「{plain}」",
    ),
    "double_equals": ("FEEL compares with a single “=”", "FEEL 用单个“=”比较", "FEEL 用單個「=」比較"),
    "single_quote": ('text stands in double quotes: "…"', '文本应使用双引号："…"', '文字應使用雙引號："…"'),
    "open_string": (
        "the text that begins here has no closing quote",
        "此处开始的文本缺少结尾引号",
        "此處開始的文字缺少結尾引號",
    ),
    "twice": ("the same key stands twice in this context", "此上下文中有重复的键", "此內容中有重複的鍵"),
    "text_size": (
        "the expression has {size} characters, {limit} are allowed",
        "表达式有 {size} 个字符，最多允许 {limit} 个",
        "運算式有 {size} 個字元，最多允許 {limit} 個",
    ),
    "nodes": (
        "the expression has more than {limit} parts; divide it",
        "表达式超过 {limit} 个组成部分，请拆分",
        "運算式超過 {limit} 個組成部分，請拆分",
    ),
    "nesting": ("brackets are nested more than {limit} deep", "括号嵌套超过 {limit} 层", "括號巢狀超過 {limit} 層"),
}

_RUNNING = {
    "unreadable_value": (
        "“{text}” is not a value of this type",
        "“{text}”不是该类型的值",
        "「{text}」不是該類型的值",
    ),
    "nesting_run": ("the expression or decision is nested too deeply", "表达式或决策嵌套过深", "運算式或決策巢狀過深"),
    "steps": ("the evaluation takes too many steps and was stopped", "计算步骤过多，已停止", "計算步驟過多，已停止"),
    "calls": (
        "functions call each other more than {limit} deep",
        "函数相互调用超过 {limit} 层",
        "函式相互呼叫超過 {limit} 層",
    ),
    "string_size": (
        "a text longer than {limit} characters came up",
        "出现超过 {limit} 个字符的文本",
        "出現超過 {limit} 個字元的文字",
    ),
    "list_size": (
        "a list of more than {limit} elements came up",
        "出现超过 {limit} 个元素的列表",
        "出現超過 {limit} 個元素的清單",
    ),
    "number_size": ("the number is too large", "数字过大", "數字過大"),
    "range_size": ("this range can’t be counted through", "此区间无法逐一列举", "此區間無法逐一列舉"),
    "value_depth": ("lists or contexts are nested too deeply", "列表或上下文嵌套过深", "清單或內容巢狀過深"),
    "value_size": ("the result is too large", "结果过大", "結果過大"),
    "input": (
        "a value of type {type} can’t be used in an expression",
        "表达式中不能使用 {type} 类型的值",
        "運算式中不能使用 {type} 型別的值",
    ),
    "input_size": (
        "the input values are too many or nested too deeply",
        "输入值过多或嵌套过深",
        "輸入值過多或巢狀過深",
    ),
    "null_input": (
        "decision “{element}”: the input “{text}” has no value ({values})",
        "决策“{element}”：输入“{text}”没有值（{values}）",
        "決策「{element}」：輸入「{text}」沒有值（{values}）",
    ),
    "not_allowed": (
        "decision “{element}”: {value} is not an allowed value of “{text}”",
        "决策“{element}”：{value} 不是“{text}”的允许值",
        "決策「{element}」：{value} 不是「{text}」的允許值",
    ),
    "overlap": (
        "decision “{element}”: rules {rules} all apply, but only one may (hit policy UNIQUE)",
        "决策“{element}”：规则 {rules} 同时命中，但只允许一条命中（命中策略 UNIQUE）",
        "決策「{element}」：規則 {rules} 同時命中，但只允許一條命中（命中策略 UNIQUE）",
    ),
    "any_differs": (
        "decision “{element}”: rules {rules} all apply and give different results (hit policy ANY)",
        "决策“{element}”：规则 {rules} 同时命中但结果不同（命中策略 ANY）",
        "決策「{element}」：規則 {rules} 同時命中但結果不同（命中策略 ANY）",
    ),
    "broken": (
        "decision “{element}”: “{text}” can’t be read, so it can’t be evaluated",
        "决策“{element}”：“{text}”无法解析，不能计算",
        "決策「{element}」：「{text}」無法解析，不能計算",
    ),
    "cycle": (
        "decision “{element}” needs its own result",
        "决策“{element}”依赖自身的结果",
        "決策「{element}」依賴自身的結果",
    ),
    "no_file": ("{path} can’t be read: {reason}", "无法读取 {path}：{reason}", "無法讀取 {path}：{reason}"),
    "json": ("the input is not JSON: {reason}", "输入不是有效的 JSON：{reason}", "輸入不是有效的 JSON：{reason}"),
    "json_object": ("the input must be a JSON object", "输入必须是 JSON 对象", "輸入必須是 JSON 物件"),
    "which_decision": (
        "say which decision is meant: {ids}",
        "请指明要计算的决策：{ids}",
        "請指明要計算的決策：{ids}",
    ),
    "no_decision": ("there is no decision “{id}” in this model", "模型中没有决策“{id}”", "模型中沒有決策「{id}」"),
}

_TYPES = {
    "type_compare": (
        "{left} is compared with {right}, which is never true",
        "{left}与{right}比较，永远不成立",
        "{left}與{right}比較，永遠不成立",
    ),
    "type_arithmetic": (
        "{left} {sign} {right} has no result",
        "{left} {sign} {right} 没有结果",
        "{left} {sign} {right} 沒有結果",
    ),
    "type_condition": (
        "a condition must be true or false, this is {found}",
        "条件的结果必须是真或假，此处为{found}",
        "條件的結果必須是真或假，此處為{found}",
    ),
    "type_result": (
        "the result is {found}, but {wanted} is wanted",
        "结果是{found}，应为{wanted}",
        "結果是{found}，應為{wanted}",
    ),
    "unknown_member": ("{kind} has no “{name}”", "{kind}没有“{name}”", "{kind}沒有「{name}」"),
    "unknown_function": ("there is no function “{name}”", "没有名为“{name}”的函数", "沒有名為「{name}」的函式"),
}

_TABLES = {
    "overlaps": (
        "rules {first} and {second} both apply, for example to {example}, but only one may (hit policy UNIQUE)",
        "规则 {first} 与规则 {second} 会同时命中，例如 {example}，但只允许一条命中（命中策略 UNIQUE）",
        "規則 {first} 與規則 {second} 會同時命中，例如 {example}，但只允許一條命中（命中策略 UNIQUE）",
    ),
    "overlaps_any": (
        "rules {first} and {second} both apply, for example to {example}, with different results (hit policy ANY)",
        "规则 {first} 与规则 {second} 会同时命中，例如 {example}，但结果不同（命中策略 ANY）",
        "規則 {first} 與規則 {second} 會同時命中，例如 {example}，但結果不同（命中策略 ANY）",
    ),
    "any_other": ("any other", "其他任何值", "其他任何值"),
    "gap": (
        "no rule applies, for example to {example}",
        "没有规则适用，例如 {example}",
        "沒有規則適用，例如 {example}",
    ),
    "gap_unknown": (
        "the table is too large to be searched for gaps",
        "决策表过大，无法检查遗漏",
        "決策表過大，無法檢查遺漏",
    ),
    "shadowed": (
        "the rule can never fire: the rules above take everything it accepts",
        "该规则永远不会命中：其上的规则已覆盖全部情况",
        "該規則永遠不會命中：其上的規則已涵蓋全部情況",
    ),
    "never_cell": (
        "“{text}” accepts nothing that can come, so the rule can never fire",
        "“{text}”不接受任何可能的值，该规则永远不会命中",
        "「{text}」不接受任何可能的值，該規則永遠不會命中",
    ),
    "no_priorities": (
        "this hit policy needs the output values in order of priority",
        "此命中策略需要按优先级列出输出值",
        "此命中策略需要按優先順序列出輸出值",
    ),
    "output_not_listed": (
        "{value} is not among the output values",
        "{value} 不在输出值列表中",
        "{value} 不在輸出值清單中",
    ),
}

_MODELS = {
    "xml": (
        "the file is not readable XML: {reason}",
        "文件不是可读取的 XML：{reason}",
        "檔案不是可讀取的 XML：{reason}",
    ),
    "xml_size": ("the file is larger than {limit} KB", "文件大于 {limit} KB", "檔案大於 {limit} KB"),
    "xml_elements": (
        "the file has more than {limit} elements",
        "文件中的元素超过 {limit} 个",
        "檔案中的元素超過 {limit} 個",
    ),
    "xml_doctype": (
        "the file has a DOCTYPE or an encoding other than UTF-8, which is not accepted",
        "文件含有 DOCTYPE 或不是 UTF-8 编码，不予接受",
        "檔案含有 DOCTYPE 或不是 UTF-8 編碼，不予接受",
    ),
    "not_dmn": ("the file is not a DMN decision model", "文件不是 DMN 决策模型", "檔案不是 DMN 決策模型"),
    "unreadable": ("“{text}” can’t be read: {reason}", "无法解析“{text}”：{reason}", "無法解析「{text}」：{reason}"),
    "language": (
        "the expression language is “{language}”; it is read as FEEL",
        "表达式语言为“{language}”，将按 FEEL 读取",
        "運算式語言為「{language}」，將按 FEEL 讀取",
    ),
    "unknown_type": ("nobody defines the type “{type}”", "类型“{type}”未定义", "型別「{type}」未定義"),
    "unknown_name": ("nothing sets the name “{name}”", "名称“{name}”没有来源", "名稱「{name}」沒有來源"),
    "unknown_box": (
        "“{box}” is not a kind of expression this reader knows",
        "无法识别的表达式类型“{box}”",
        "無法識別的運算式類型「{box}」",
    ),
    "unknown_reference": (
        "“{href}” refers to nothing in this model",
        "“{href}”在模型中没有对应元素",
        "「{href}」在模型中沒有對應元素",
    ),
    "not_required": (
        "“{name}” is used but not connected: draw the requirement, or it has no value here",
        "使用了“{name}”但未连线：请画出依赖关系，否则此处没有值",
        "使用了「{name}」但未連線：請畫出依賴關係，否則此處沒有值",
    ),
    "twice_id": ("the id “{id}” stands twice", "标识“{id}”重复", "識別碼「{id}」重複"),
    "no_logic": (
        "there is no decision logic; the result is null",
        "没有决策逻辑，结果为 null",
        "沒有決策邏輯，結果為 null",
    ),
    "no_input": ("the column has no input expression", "该列没有输入表达式", "該欄沒有輸入運算式"),
    "hit_policy": ("“{policy}” is not a hit policy", "“{policy}”不是有效的命中策略", "「{policy}」不是有效的命中策略"),
    "cell_count": (
        "the rule does not have one cell for each column",
        "规则的单元格数与列数不一致",
        "規則的儲存格數與欄數不一致",
    ),
    "external": (
        "a function of kind {kind} is never run; its result is null",
        "{kind} 类型的函数不会被执行，结果为 null",
        "{kind} 類型的函式不會被執行，結果為 null",
    ),
    "imported_values": ("imported values are not supported", "不支持导入的值", "不支援匯入的值"),
    "import_type": (
        "only DMN models can be imported, not “{type}”",
        "只能导入 DMN 模型，不能导入“{type}”",
        "只能匯入 DMN 模型，不能匯入「{type}」",
    ),
    "import_missing": (
        "the imported model “{namespace}” is not there",
        "缺少导入的模型“{namespace}”",
        "缺少匯入的模型「{namespace}」",
    ),
}

_SENTENCES: dict[str, tuple[str, str, str]] = {**_FRAMES, **_READING, **_RUNNING, **_TYPES, **_TABLES, **_MODELS}


_KINDS: dict[str, tuple[str, str, str]] = {
    "number": ("number", "数字", "數字"),
    "string": ("string", "文本", "文字"),
    "boolean": ("boolean", "真假值", "真假值"),
    "date": ("date", "日期", "日期"),
    "time": ("time", "时间", "時間"),
    "date and time": ("date and time", "日期时间", "日期時間"),
    "days and time duration": ("days and time duration", "天时时长", "天時時長"),
    "years and months duration": ("years and months duration", "年月时长", "年月時長"),
    "duration": ("duration", "时长", "時長"),
    "list": ("list", "列表", "清單"),
    "context": ("context", "上下文", "內容"),
    "range": ("range", "区间", "區間"),
    "function": ("function", "函数", "函式"),
}


@dataclass(frozen=True, slots=True)
class KindName:
    """The name of a type in a sentence, in the reader's language."""

    kind: str

    def message(self, locale: str) -> str:
        """The word for it; the name itself for a type of the model's own."""
        return _KINDS.get(self.kind, (self.kind,) * 3)[_index(locale)]


def _index(locale: str) -> int:
    return LOCALES.index(locale) if locale in LOCALES else 0


def sentence(code: str, locale: str, facts: Mapping[str, Any]) -> str:
    """The sentence of a code in a language; English for an unknown language."""
    texts = _SENTENCES[code]
    return texts[_index(locale)].format_map(facts)
