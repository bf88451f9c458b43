"""What was found, as sentences in three languages: whose property, which one, and its value instead of the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.workflow.difference import words
from app.workflow.difference.diagrams import DEFAULTS as USUAL
from app.workflow.difference.sayings import (
    CELL,
    CELLS,
    EMPTY,
    QUOTED,
    Known,
    called,
    coded,
    every,
    facts,
    part_name,
    say,
    texts_pair,
    title,
    whole,
)
from app.workflow.difference.things import PICTURE, Found, Thing, Value
from app.workflow.difference.values import Change, Kind, Texts, Weight

CHANGED = {
    "en": "{0}: {1} {3} instead of {2}",
    "zh_Hans": "{0}：{1}由 {2} 改为 {3}",
    "zh_Hant": "{0}：{1}由 {2} 改為 {3}",
}
SET = {
    "en": "{0}: {1} {3}; nothing before",
    "zh_Hans": "{0}：{1}设为 {3}（原未设置）",
    "zh_Hant": "{0}：{1}設為 {3}（原未設定）",
}
UNSET = {
    "en": "{0}: {1} {2} no longer",
    "zh_Hans": "{0}：{1}不再设置（原为 {2}）",
    "zh_Hant": "{0}：{1}不再設定（原為 {2}）",
}
NOW = {"en": "{0}: now {1}", "zh_Hans": "{0}：现在{1}", "zh_Hant": "{0}：現在{1}"}
NO_LONGER = {"en": "{0}: no longer {1}", "zh_Hans": "{0}：不再{1}", "zh_Hant": "{0}：不再{1}"}
NEW = {"en": "{0}: new", "zh_Hans": "{0}：新增", "zh_Hant": "{0}：新增"}
GONE = {"en": "{0}: removed", "zh_Hans": "{0}：已删除", "zh_Hant": "{0}：已刪除"}
PLAIN = {"en": "{0}: {1}", "zh_Hans": "{0}：{1}", "zh_Hant": "{0}：{1}"}
USUALLY = {"en": "{0} (the usual)", "zh_Hans": "{0}（默认）", "zh_Hant": "{0}（預設）"}
ACCESS = {"en": "{0}: {2} instead of {1} {3}", "zh_Hans": "{0}：{3}由{1}改为{2}", "zh_Hant": "{0}：{3}由{1}改為{2}"}
AT = {"en": "at {0}", "zh_Hans": "在 {0} ", "zh_Hant": "在 {0} "}
OTHERS = {"en": "all other fields", "zh_Hans": "其余字段", "zh_Hant": "其餘欄位"}
ANY = {"en": "anything (-)", "zh_Hans": "任意（-）", "zh_Hant": "任意（-）"}
ONLY_READ = frozenset(
    {"textAnnotation", "association", "group", "label", "documentation", "note", "annotation", "collaboration"}
)
SINGLE = frozenset({"vote"})


@dataclass(frozen=True)
class Said:
    """A sentence with the two values in it."""

    sentence: Texts
    before: Texts | None
    after: Texts | None
    weight: Weight


def change(found: Found, file: str, known: Known) -> Change:
    """The sentence for one difference."""
    last = found.path[-1] if found.path else found.owner
    about = "/".join([*((part.key or part.kind) for part in found.path), *([found.fact] if found.fact else [])])
    said = _said(found, last, file, known)
    details = _details(found, known) if found.fact == "" and not found.path else ()
    return Change(
        found.kind, file, found.owner.key, about, said.sentence, said.weight, said.before, said.after, details
    )


def _said(found: Found, last: Thing, file: str, known: Known) -> Said:
    subject = _subject(found, file, known)
    if found.fact == "":
        return _of_whole(found, subject, last, known)
    if found.fact.startswith("access:"):
        return _of_access(found, file, known)
    if found.fact.startswith(CELLS):
        return _of_cell(found, subject, known)
    if found.kind is Kind.MOVED or found.fact.startswith(PICTURE):
        return _of_place(found, subject, last, known)
    return _of_property(found, subject, last, known)


def _of_property(found: Found, subject: Texts, last: Thing, known: Known) -> Said:
    named = words.property_of(last.kind, found.fact)
    label = named.words if named else words.same(found.fact)
    weight = named.weight if named else _foreign(found.fact)
    if named and named.reads == "flag" and _flags(found):
        now_set = found.after == "true" or (found.after is None and found.before == "false")
        sentence = words.filled(NOW if now_set else NO_LONGER, subject, label)
        return Said(sentence, _flag(found.before), _flag(found.after), weight)
    reads = named.reads if named else ""
    table = f"{last.kind}.{found.fact}" if found.path else found.fact
    before, after = _pair(found, reads, table, known)
    usual = _usual(table, reads, known)
    template = CHANGED if (before and after) or usual else SET if after else UNSET
    shown = words.filled(template, subject, label, before or usual or EMPTY, after or usual or EMPTY)
    return Said(shown, before, after, weight)


def _flags(found: Found) -> bool:
    return {found.before, found.after} <= {"true", "false", None}  # type: ignore[comparison-overlap]


def _flag(value: object) -> Texts | None:
    return None if value is None else words.same(str(value))


def _foreign(name: str) -> Weight:
    """What nobody here reads changes nothing that a case does; a name of ours that is misspelt may well be meant to."""
    return Weight.WORDS if ":" in name or name.startswith("{") else Weight.BEHAVIOUR


def _usual(table: str, reads: str, known: Known) -> Texts | None:
    if table not in USUAL:
        return None
    text = USUAL[table]
    value: Value = tuple(text.split()) if reads == "enum" and " " in text else text
    return words.filled(USUALLY, say(value, reads, table, known))


def _pair(found: Found, reads: str, table: str, known: Known) -> tuple[Texts | None, Texts | None]:
    """Both values in words; texts only in the languages in which they differ."""
    old, new = found.before, found.after
    if isinstance(old, Mapping) or isinstance(new, Mapping):
        return texts_pair(old, new)
    if isinstance(old, str) and isinstance(new, str):
        old, new = words.excerpts(old, new)
    before = None if old is None else say(old, reads, table, known, late=False)
    after = None if new is None else say(new, reads, table, known)
    return before, after


def _of_whole(found: Found, subject: Texts, last: Thing, known: Known) -> Said:
    """Something that came, went, or took another's place."""
    weight = _weight_of(last)
    before, after = (
        None if value is None else say(value, "", "", known, late=late)
        for value, late in ((found.before, False), (found.after, True))
    )
    if before is not None and after is not None:
        return Said(words.filled(CHANGED, subject, _place_taken(last), before, after), before, after, weight)
    return Said(words.filled(NEW if after is not None else GONE, subject), before, after, weight)


def _place_taken(thing: Thing) -> Texts:
    """What one thing took another's place as."""
    named = words.property_of("", "kind")
    return named.words if thing.family and named else words.kind(thing.kind)


def _weight_of(thing: Thing) -> Weight:
    if thing.kind in ("candidates", "fourEyes", "lane"):
        return Weight.PEOPLE
    if thing.kind in ONLY_READ:
        return Weight.WORDS
    return _foreign(thing.kind)


def _of_access(found: Found, file: str, known: Known) -> Said:
    """What a step may do with a field; where the form says nothing of the field itself, what holds instead."""
    key = found.fact.removeprefix("access:")
    field_name = OTHERS if key == "*" else called(words.kind("field"), known.name(key) or words.same(key))
    before = _right(found.before, key, file, known.before)
    after = _right(found.after, key, file, known.after)
    stations = known.stations.get(file.removesuffix(".form"))
    title = [found.owner.name] if any(found.owner.name.values()) else [words.same(file)]
    where = words.joined([words.filled(QUOTED, every(name)) for name in stations or title])
    sentence = words.filled(ACCESS, field_name, before, after, words.filled(AT, where))
    return Said(sentence, before, after, Weight.BEHAVIOUR)


def _right(value: object, key: str, file: str, things: Mapping[str, Thing]) -> Texts:
    """The right in words: of the field, else of its section, else of all, else editable."""
    if value is None:
        form, thing = things.get(file), things.get(key)
        facts = form.facts if form is not None else {}
        section = str(thing.facts.get("in", "")) if thing is not None else ""
        value = (key != "*" and (facts.get(f"access:{section}") or facts.get("access:*"))) or "edit"
    return coded("access", str(value))


def _of_cell(found: Found, subject: Texts, known: Known) -> Said:
    column, _, more = found.fact.removeprefix(CELLS).partition(".")
    thing = next((part for part in found.owner.parts if part.key == column), None)
    label = (known.of(thing) if thing is not None else None) or words.same(column)
    if more:
        label = words.filled(
            CELL, label, (words.property_of("", more) or words.Property(words.same(more), Weight.WORDS, "")).words
        )
    old, new = words.excerpts(str(found.before or "-"), str(found.after or "-"))
    before, after = (ANY if text == "-" else words.same(text) for text in (old, new))
    weight = Weight.WORDS if thing is not None and thing.kind == "annotation" else Weight.BEHAVIOUR
    return Said(words.filled(CHANGED, subject, label, before, after), before, after, weight)


def _of_place(found: Found, subject: Texts, last: Thing, known: Known) -> Said:
    named = words.property_of(last.kind, found.fact)
    label, weight = (named.words, named.weight) if named else (words.same(found.fact), Weight.WORDS)
    if found.kind is Kind.MOVED and found.fact not in ("order.candidates",):
        moved = next((part for part in last.parts if part.key == found.before), None)
        said = (
            (known.of(moved) if moved is not None else None)
            or known.name(str(found.before))
            or words.same(str(found.before))
        )
        subject = words.filled(CELL, subject, said)
    return Said(words.filled(PLAIN, subject, label), None, None, weight)


def _subject(found: Found, file: str, known: Known) -> Texts:
    """Who the sentence is about: the thing, and the piece of it."""
    owner = found.owner
    if found.fact in ("name", "title") and not found.path:
        owner = known.before.get(owner.key or file, owner)
    said = title(owner, file, known, late=found.after is not None or found.fact != "")
    for part in found.path:
        if part.kind in SINGLE and found.fact:
            continue
        if part.whole and found.kind is Kind.CHANGED:
            continue
        if part.family and found.fact:
            continue
        said = words.filled(CELL, said, _part_title(part, found, known))
    return said


def _part_title(part: Thing, found: Found, known: Known) -> Texts:
    if part.kind == "rule" and any(part.name.values()):
        return every(part.name)
    if part.whole:
        return called(words.kind(part.kind), whole(part, known, late=found.after is not None))
    return part_name(part)


def _details(found: Found, known: Known) -> tuple[Texts, ...]:
    """What an added or removed thing holds, so that nothing comes or goes unread."""
    thing = found.after if isinstance(found.after, Thing) else found.before
    if not isinstance(thing, Thing):
        return ()
    late = found.after is not None
    return (*facts(thing, known, late=late), *(whole(part, known, late=late) for part in thing.parts))
