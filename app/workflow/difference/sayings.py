"""Names and values in words: a thing by its kind and name, a flow by its ends, an id by what it names, a code by its meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.workflow.difference import words
from app.workflow.difference.diagrams import COMMAS
from app.workflow.difference.things import PICTURE, Thing, Value
from app.workflow.difference.values import LANGUAGES, Texts

TAGGED = {"en": "«{0}»{1}", "zh_Hans": "“{0}”{1}", "zh_Hant": "「{0}」{1}"}
BESIDE = {"en": "{0} {1}", "zh_Hans": "{0}{1}", "zh_Hant": "{0}{1}"}
SPACED = dict.fromkeys(LANGUAGES, "{0} {1}")
QUOTED = {"en": "«{0}»", "zh_Hans": "“{0}”", "zh_Hant": "「{0}」"}
NAMED = {"en": "{0} «{1}»", "zh_Hans": "{0}“{1}”", "zh_Hant": "{0}「{1}」"}
WAY = {"en": "{0} from {1} to {2}", "zh_Hans": "从 {1} 到 {2} 的{0}", "zh_Hant": "從 {1} 到 {2} 的{0}"}
ALSO_ID = {"en": "{0} ({1})", "zh_Hans": "{0}（{1}）", "zh_Hant": "{0}（{1}）"}
OTHERWISE = {
    "en": "{0}, only where those before find nobody",
    "zh_Hans": "{0}（仅当前面的规则找不到人时）",
    "zh_Hant": "{0}（僅當前面的規則找不到人時）",
}
TONGUES = {
    "en": {"en": " (English)", "zh_Hans": "（英文）", "zh_Hant": "（英文）"},
    "zh_Hans": {"en": " (simplified Chinese)", "zh_Hans": "（简体）", "zh_Hant": "（簡體）"},
    "zh_Hant": {"en": " (traditional Chinese)", "zh_Hans": "（繁体）", "zh_Hant": "（繁體）"},
}
EMPTY = {"en": "nothing", "zh_Hans": "空", "zh_Hant": "空"}
CELL = {"en": "{0}, {1}", "zh_Hans": "{0}，{1}", "zh_Hant": "{0}，{1}"}
CELLS = "cell:"
FLOWS = frozenset({"sequenceFlow", "messageFlow", "association"})


@dataclass(frozen=True)
class Known:
    """What names mean: things by id before and after (of all files), groups by key, form fields by key, stations by their form."""

    before: Mapping[str, Thing] = field(default_factory=dict)
    after: Mapping[str, Thing] = field(default_factory=dict)
    groups: Mapping[str, Texts] = field(default_factory=dict)
    stations: Mapping[str, Sequence[Texts]] = field(default_factory=dict)

    def name(self, key: str, *, late: bool = True) -> Texts | None:
        """The quoted name of the thing with that id or key, None where it has none."""
        thing = (self.after if late else self.before).get(key) or (self.before if late else self.after).get(key)
        return self.of(thing) if thing is not None else None

    def of(self, thing: Thing) -> Texts | None:
        """The quoted name of a thing; a nameless flow is called by its ends."""
        if any(thing.name.values()):
            return words.filled(QUOTED, every(thing.name))
        return None


def say(value: Value | Thing | None, reads: str, table: str, known: Known, *, late: bool = True) -> Texts:
    """A value in words. reads: how (ref, group, duration, enum, timer, field, form, kind); table: where its codes are."""
    if value is None:
        return EMPTY
    if isinstance(value, Thing):
        return whole(value, known, late=late)
    if isinstance(value, tuple):
        return words.joined([say(item, reads, table, known, late=late) for item in value])
    if isinstance(value, Mapping):
        return words.filled(QUOTED, every(value))
    if table in COMMAS:
        return words.link(value)
    if (meant := words.code("moves" if table in ("moves.allow", "moves.forbid") else table, value)) is not None:
        return meant
    if reads in ("ref", "field", "form"):
        return reference(f"{value}.form" if reads == "form" else value, known, late=late)
    if reads == "group":
        return _groups(value, known)
    if reads == "timer":
        kind, _, text = value.partition(":")
        return words.filled(BESIDE, coded("timer", kind), words.same(text))
    if reads == "duration":
        return words.duration(value)
    return words.kind(value) if reads == "kind" else words.same(value)


def coded(table: str, value: str) -> Texts:
    return words.code(table, value) or words.same(value)


def _groups(value: str, known: Known) -> Texts:
    return words.joined([every(known.groups[key]) if key in known.groups else words.same(key) for key in value.split()])


def reference(key: str, known: Known, *, late: bool) -> Texts:
    """The name of the thing with that id; of a nameless one its kind and id."""
    things = (known.after, known.before) if late else (known.before, known.after)
    thing = things[0].get(key) or things[1].get(key)
    if thing is None:
        return words.same(key)
    if thing.kind in FLOWS:
        return title(thing, "", known, late=late)
    return known.of(thing) or called(words.kind(thing.kind), words.same(key))


def _end(thing: Thing, end: str, known: Known, *, late: bool) -> Texts:
    key = str(thing.facts.get(end, "?"))
    return reference(key, known, late=late)


def title(thing: Thing, file: str, known: Known, *, late: bool = True) -> Texts:
    """How a top thing is called: its kind and name, a flow by its ends, a file by its name."""
    if thing.kind == "definitions":
        return called(words.kind("definitions"), words.same(f" {file}"))
    if thing.kind in FLOWS:
        ends = [_end(thing, end, known, late=late) for end in ("sourceRef", "targetRef")]
        name = known.of(thing)
        kind = called(words.kind(thing.kind), name) if name else words.kind(thing.kind)
        return words.filled(WAY, kind, *ends)
    name = known.of(thing)
    return called(words.kind(thing.kind), name or words.same(f" {thing.key}"))


def called(kind: Texts, name: Texts) -> Texts:
    return {**words.filled(BESIDE, kind, name), "en": f"{kind['en']} {name['en'].strip()}"}


def every(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts with something in every language: who has none of his own reads another."""
    some = next((texts[language] for language in ("zh_Hans", "zh_Hant", "en") if texts.get(language)), "")
    return words.each(lambda language: texts.get(language) or some)


def whole(thing: Thing, known: Known, *, late: bool = True) -> Texts:
    """A thing said with everything in it."""
    if thing.kind == "candidates" or "rule" in thing.facts:
        return _candidates(thing, known, late=late)
    if thing.kind == "fourEyes" and thing.facts.keys() == {"step"}:
        return say(thing.facts["step"], "ref", "", known, late=late)
    inside = [*facts(thing, known, late=late), *(whole(part, known, late=late) for part in thing.parts)]
    named = part_name(thing)
    if not inside:
        return named
    return words.filled(ALSO_ID, named, words.joined(inside))


def part_name(thing: Thing) -> Texts:
    if any(thing.name.values()):
        return words.filled(NAMED, words.kind(thing.kind), every(thing.name))
    return called(words.kind(thing.kind), words.same(f" {thing.key}")) if thing.key else words.kind(thing.kind)


def facts(thing: Thing, known: Known, *, late: bool = True) -> list[Texts]:
    """Its properties, each "name value"."""
    said = []
    for name, value in thing.facts.items():
        if name.startswith(PICTURE) or name in ("name", "name.plain") or (name == "label" and thing.name):
            continue
        named = words.property_of(thing.kind, name)
        label = named.words if named else words.same(name.removeprefix(CELLS))
        if named and named.reads == "flag" and value == "true":
            said.append(label)
            continue
        shown = say(value, named.reads if named else "", f"{thing.kind}.{name}", known, late=late)
        said.append(words.filled(SPACED, label, shown))
    return said


def _candidates(thing: Thing, known: Known, *, late: bool) -> Texts:
    rule, value = str(thing.facts.get("rule", "?")), str(thing.facts.get("value", ""))
    said = coded("candidates", rule)
    if value:
        named = known.name(value, late=late) if rule == "actor_of" else known.groups.get(value)
        said = words.filled(SPACED, said, every(named or words.same(value)))
    others = {name: fact for name, fact in thing.facts.items() if name not in ("rule", "value", "otherwise")}
    for extra in facts(Thing("", facts=others), known):
        said = words.filled(CELL, said, extra)
    for part in thing.parts:
        said = words.filled(CELL, said, words.filled(SPACED, words.kind(part.kind), whole(part, known, late=late)))
    return words.filled(OTHERWISE, said) if thing.facts.get("otherwise") == "true" else said


def texts_pair(old: object, new: object) -> tuple[Texts | None, Texts | None]:
    left, right = ({**every(value), **value} if isinstance(value, Mapping) else {} for value in (old, new))
    languages = [*LANGUAGES, *sorted({*left, *right} - {*LANGUAGES})]
    differ = [language for language in languages if left.get(language) != right.get(language)]
    if len(differ) == len(LANGUAGES) and len(set(left.values())) <= 1 and len(set(right.values())) <= 1:
        differ = differ[:1]
        return _tagged(left, differ, {}), _tagged(right, differ, {})
    return _tagged(left, differ, TONGUES), _tagged(right, differ, TONGUES)


def _tagged(texts: Mapping[str, str], languages: Sequence[str], tongues: Mapping[str, Texts]) -> Texts | None:
    """The texts in these languages, each with the name of its language."""
    said = [
        words.filled(TAGGED, words.same(texts[language]), tongues.get(language, words.same("")))
        for language in languages
        if texts.get(language)
    ]
    return words.joined(list(said)) if said else None
