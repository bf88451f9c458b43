"""Conditions of other engines as FEEL: JUEL `${…}` and `#{…}`, FEEL `=…`, and simple comparisons of Python, Groovy and
JavaScript.

A small parser of its own reads all of them at once, since they share their operators; what it can't read, or what comes
out as neither true nor false, is None and becomes a question. Nothing is ever run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app import feel
from app.workflow.importing.names import Names

LONGEST = 2000
DEEPEST = 40
_WRAPPED = re.compile(r"\s*[$#]\{(?P<inside>.*)\}\s*;?\s*", re.DOTALL)
_TOKEN = re.compile(
    r"""(?P<space>\s+)
  | (?P<number>\d+(?:\.\d+)?)(?:[dDfFlL]\b|BD\b)?
  | "(?P<double>(?:[^"\\]|\\.)*)" | '(?P<single>(?:[^'\\]|\\.)*)'
  | (?P<name>[^\W\d]\w*(?::[^\W\d]\w*)?)
  | (?P<sign>===|!==|==|!=|<>|<=|>=|&&|\|\||[-+*/%<>=!?:.,()\[\]])""",
    re.VERBOSE,
)
_WORDS = {"eq": "=", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "and": "and", "or": "or", "not": "not"}
_WORDS |= {"AND": "and", "OR": "or", "NOT": "not", "mod": "%", "div": "/"}
_SIGNS = {"==": "=", "===": "=", "!==": "!=", "<>": "!=", "&&": "and", "||": "or", "!": "not"}
_CONSTANTS = {"true": "true", "false": "false", "True": "true", "False": "false", "null": "null", "None": "null"}
_GETTERS = frozenset(
    {"getVariable", "getVariableLocal", "get", "bpmn:getDataObject", "getDataObject", "getProcessVariable"}
)
_HOLDERS = frozenset({"execution", "vars", "variables", "task", "context", "delegateExecution"})
_COMPARES = frozenset({"=", "!=", "<", ">", "<=", ">="})
# Words that people write beside a line and that are no variables.
_PROSE = frozenset(
    ("yes", "no", "ok", "else", "otherwise", "default", "ja", "nein", "oui", "non", "是", "否", "不", "通过", "拒绝")
)


class _Unreadable(Exception):
    """Not in the common language of conditions."""


@dataclass(frozen=True)
class Read:
    """A condition in FEEL, the variables it reads (by key) and the literals each is compared with."""

    text: str
    names: tuple[str, ...]
    values: tuple[tuple[str, str], ...] = ()


def condition(text: str, names: Names, language: str = "") -> Read | None:
    """The condition in FEEL; None where it can't be had without a person."""
    read = expression(text, names, language)
    if read is None:
        return None
    kind = feel.type_of(feel.parse(read.text), {}).kind
    prose = text.strip().lower() in _PROSE
    return None if prose or kind.lower() not in ("any", "boolean") else read


def expression(text: str, names: Names, language: str = "") -> Read | None:
    """Any expression in FEEL, or None."""
    bare = text.strip().removeprefix("<![CDATA[").removesuffix("]]>").strip()
    if not bare or len(bare) > LONGEST:
        return None
    wrapped = _WRAPPED.fullmatch(bare)
    inside = wrapped.group("inside") if wrapped else bare.removeprefix("=") if bare.startswith("=") else bare
    if "${" in inside or "#{" in inside:
        return None
    try:
        parser = _Parser(_tokens(inside), names)
        read = Read(parser.whole(), tuple(dict.fromkeys(parser.names)), tuple(dict.fromkeys(parser.values)))
        feel.parse(read.text)
        return read
    except (_Unreadable, feel.FeelError, RecursionError):
        pass
    return _as_it_is(inside) if bare.startswith("=") or "feel" in language.lower() else None


def _as_it_is(text: str) -> Read | None:
    """FEEL that is more than a comparison; its names stay as they are."""
    try:
        parsed = feel.parse(text.strip())
    except feel.FeelError:
        return None
    return Read(text.strip(), tuple(sorted(feel.outside_names(parsed, {}))))


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _Unreadable
        kind = match.lastgroup or ""
        if kind in ("double", "single"):
            found.append(("string", match.group(kind)))
        elif kind == "name" and match.group() in _WORDS:
            found.append(("sign", _WORDS[match.group()]))
        elif kind == "sign":
            found.append(("sign", _SIGNS.get(match.group(), match.group())))
        elif kind != "space":
            found.append((kind, match.group(kind)))
        at = match.end()
    return found


class _Parser:
    """Precedence climbing; each method gives FEEL."""

    def __init__(self, tokens: list[tuple[str, str]], names: Names) -> None:
        self.tokens, self.at, self.keys, self.depth = tokens, 0, names, 0
        self.names: list[str] = []
        self.values: list[tuple[str, str]] = []

    def whole(self) -> str:
        found = self.choice()
        if self.at != len(self.tokens):
            raise _Unreadable
        return found

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ("end", "")

    def sign(self, *signs: str) -> str | None:
        kind, text = self.peek()
        if kind == "sign" and text in signs:
            self.at += 1
            return text
        return None

    def must(self, sign: str) -> None:
        if self.sign(sign) is None:
            raise _Unreadable

    def choice(self) -> str:
        self.depth += 1
        if self.depth > DEEPEST:
            raise _Unreadable
        test = self.either()
        if self.sign("?"):
            yes = self.choice()
            self.must(":")
            test = f"if {test} then {yes} else {self.choice()}"
        self.depth -= 1
        return test

    def either(self) -> str:
        return self._chain(self.both, "or")

    def both(self) -> str:
        return self._chain(self.negation, "and")

    def _chain(self, below: object, sign: str) -> str:
        assert callable(below)
        found = below()
        while self.sign(sign):
            found = f"{found} {sign} {below()}"
        return str(found)

    def negation(self) -> str:
        if self.sign("not"):
            inner = self.negation()
            return f"not({inner[1:-1] if inner.startswith('(') and _closes_last(inner) else inner})"
        return self.comparison()

    def comparison(self) -> str:
        left = self.sum()
        kind, text = self.peek()
        if (kind, text) == ("name", "is"):
            self.at += 1
            negated = self.sign("not") is not None
            return f"{left} {'!=' if negated else '='} {self.sum()}"
        if (kind, text) == ("name", "in") or ((kind, text) == ("sign", "not") and self.peek(1) == ("name", "in")):
            return self._one_of(left)
        sign = self.sign(*_COMPARES)
        if sign is None:
            return left
        right = self.sum()
        self._noted(left, right)
        return f"{left} {sign} {right}"

    def _one_of(self, left: str) -> str:
        negated = self.sign("not") is not None
        self.at += 1
        closing = "]" if self.sign("[") else ")"
        if closing == ")":
            self.must("(")
        choices = [self.sum()]
        while self.sign(","):
            choices.append(self.sum())
        self.must(closing)
        for choice in choices:
            self._noted(left, choice)
        found = f"{left} in ({', '.join(choices)})"
        return f"not({found})" if negated else found

    def _noted(self, left: str, right: str) -> None:
        """Remember what a variable is compared with."""
        for name, value in ((left, right), (right, left)):
            if name in self.names:
                self.values.append((name, value))

    def sum(self) -> str:
        found = self.product()
        while sign := self.sign("+", "-"):
            found = f"{found} {sign} {self.product()}"
        return found

    def product(self) -> str:
        found = self.unary()
        while sign := self.sign("*", "/", "%"):
            right = self.unary()
            found = f"modulo({found}, {right})" if sign == "%" else f"{found} {sign} {right}"
        return found

    def unary(self) -> str:
        if self.sign("not"):
            return f"not({self.unary()})"
        if self.sign("-"):
            return f"-{self.unary()}"
        kind, text = self.peek()
        if kind == "name" and text == "empty" and self.peek(1)[0] in ("name", "sign"):
            self.at += 1
            return f"({self.unary()} = null)"
        return self.reach(self.atom())

    def atom(self) -> str:
        kind, text = self.peek()
        self.at += 1
        if kind == "number":
            return text
        if kind == "string":
            return '"' + text.replace('\\"', '"').replace("\\'", "'").replace('"', '\\"') + '"'
        if (kind, text) == ("sign", "("):
            inside = self.choice()
            self.must(")")
            return f"({inside})"
        if kind == "name":
            return self.named(text)
        raise _Unreadable

    def named(self, text: str) -> str:
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if text in _GETTERS and self.peek() == ("sign", "("):
            return self._got()
        if text in _HOLDERS and self.peek() == ("sign", "."):
            self.at += 1
            kind, member = self.peek()
            self.at += 1
            if kind != "name":
                raise _Unreadable
            return self._got() if member in _GETTERS and self.peek() == ("sign", "(") else self._variable(member)
        if self.peek() == ("sign", "("):
            raise _Unreadable  # a function that we do not have
        words = [text]
        while self.peek()[0] == "name" and self._compares_soon():
            words.append(self.peek()[1])
            self.at += 1
        return self._variable(" ".join(words))

    def _compares_soon(self) -> bool:
        """Whether the words that follow are the rest of one name: "Service Level == 'Premium'"."""
        ahead = 0
        while self.peek(ahead)[0] == "name" and self.peek(ahead)[1] not in ("is", "in"):
            ahead += 1
        return ahead > 0 and self.peek(ahead)[0] == "sign" and self.peek(ahead)[1] in _COMPARES

    def _got(self) -> str:
        self.must("(")
        kind, name = self.peek()
        self.at += 1
        if kind != "string":
            raise _Unreadable
        self.must(")")
        return self._variable(name)

    def _variable(self, name: str) -> str:
        key = self.keys.key(name)
        self.names.append(key)
        return key

    def reach(self, found: str) -> str:
        """Members, indexes and the few methods that are comparisons."""
        while True:
            if self.sign("."):
                kind, member = self.peek()
                self.at += 1
                if kind != "name":
                    raise _Unreadable
                found = self._method(found, member) if self.peek() == ("sign", "(") else f"{found}.{member}"
            elif self.sign("["):
                kind, text = self.peek()
                self.at += 1
                self.must("]")
                if kind == "number" and text.isdigit():
                    found = f"{found}[{int(text) + 1}]"
                elif kind == "string" and re.fullmatch(r"[^\W\d]\w*", text):
                    found = f"{found}.{text}"
                else:
                    raise _Unreadable
            else:
                return found

    def _method(self, found: str, member: str) -> str:
        self.must("(")
        argument = None if self.peek() == ("sign", ")") else self.choice()
        self.must(")")
        if member in ("equals", "equalsIgnoreCase") and argument is not None:
            self._noted(found, argument)
            return (
                f"({found} = {argument})" if member == "equals" else f"(lower case({found}) = lower case({argument}))"
            )
        if member in ("contains", "startsWith", "endsWith") and argument is not None:
            spelt = {"contains": "contains", "startsWith": "starts with", "endsWith": "ends with"}[member]
            return f"{spelt}({found}, {argument})"
        if member in ("booleanValue", "value", "toString", "intValue", "longValue", "prop") and argument is None:
            return found
        if member in ("size", "length") and argument is None:
            return f"count({found})" if member == "size" else f"string length({found})"
        if member == "isEmpty" and argument is None:
            return f"(count({found}) = 0)"
        raise _Unreadable


def _closes_last(text: str) -> bool:
    """Whether the bracket that opens the text is closed by its last sign."""
    depth = 0
    for number, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return number == len(text) - 1
    return False


_ASSIGNED = re.compile(
    r"\s*(?:var\s+|let\s+|const\s+|def\s+|final\s+)?(?:(?:int|long|double|boolean|String|Integer|BigDecimal)\s+)?"
    r"(?P<name>[^\W\d]\w*)\s*=(?!=)\s*(?P<value>.+?)\s*;?\s*"
)
_SET = re.compile(r"\s*(?:\w+\.)?setVariable\(\s*[\"'](?P<name>[^\"']+)[\"']\s*,\s*(?P<value>.+)\)\s*;?\s*")
_IDLE = re.compile(
    r"\s*(?:(?://|#).*|(?:console\.log|print|println|System\.out\.println|out:?println)\s*\(?.*|import\s.*|pass)?\s*;?\s*"
)


def script(text: str, names: Names) -> str | None:
    """A script as lines `name = FEEL`; None where it does anything else, "" where it does nothing that is ours."""
    lines = []
    for line in text.strip().splitlines():
        if _IDLE.fullmatch(line):
            continue
        match = _SET.fullmatch(line) or _ASSIGNED.fullmatch(line)
        value = expression(match.group("value"), names) if match else None
        if match is None or value is None:
            return None
        lines.append(f"{names.key(match.group('name'))} = {value.text}")
    return "\n".join(lines)
