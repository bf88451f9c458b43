"""Two trees of named things compared: the one way in which diagrams, decision tables and forms are held against each other.

A reader makes of each file a `Tree`: things with facts, parts and, where order means something, sequences. What means nothing (the
order of attributes, blanks, a default written out, ids of drawings) never enters it, so whatever is found here is a difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.workflow.difference.values import Kind, Texts

Value = str | tuple[str, ...] | Texts
PICTURE = "picture."  # begins the facts that are only drawn


@dataclass(frozen=True)
class Thing:
    """kind: what it is; key: what tells it from the others of its family among its siblings ("" where nothing does).

    facts: property → value. parts: what it holds. orders: sequence → keys in order. family: kinds of which there is one at a time,
    so that one takes the place of another ("event"). whole: said as a whole when it changes, not property by property.
    """

    kind: str
    key: str = ""
    name: Texts = field(default_factory=dict)
    facts: Mapping[str, Value] = field(default_factory=dict)
    parts: tuple[Thing, ...] = ()
    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    family: str = ""
    whole: bool = False

    @property
    def group(self) -> str:
        """Within what it is matched."""
        return self.family or self.kind


@dataclass(frozen=True)
class Found:
    """A raw difference: in the top thing `owner`, below it along `path`, the property `fact` ("" for the thing itself)."""

    kind: Kind
    owner: Thing
    path: tuple[Thing, ...]
    fact: str
    before: Value | Thing | None
    after: Value | Thing | None


def compare(before: Mapping[str, Thing], after: Mapping[str, Thing], references: frozenset[str]) -> list[Found]:
    """Every difference between the things of two files, each once. One that only got another key is still the same.

    references: the facts whose values are keys of things.
    """
    found: list[Found] = []
    for _ in range(2):  # nodes first, then the flows that named them
        renamed = _renamed(before, after)
        found += [_rename(before[old], after[new]) for old, new in renamed.items()]
        before = {renamed.get(key, key): _with_ids(thing, renamed, references) for key, thing in before.items()}
    for key, thing in before.items():
        if key not in after:
            found.append(Found(Kind.REMOVED, thing, (), "", thing, None))
    for key, thing in after.items():
        if key not in before:
            found.append(Found(Kind.ADDED, thing, (), "", None, thing))
        else:
            found += _of_things(before[key], thing, thing, ())
    return found


def _rename(old: Thing, new: Thing) -> Found:
    return Found(Kind.CHANGED, new, (), "id", old.key, new.key)


def _renamed(before: Mapping[str, Thing], after: Mapping[str, Thing]) -> dict[str, str]:
    """Old key → new key of what differs in nothing but its key."""
    pairs: dict[str, str] = {}
    for mark in (_signature, lambda thing: _signature(thing, drawn=False)):
        gone = {key: mark(thing) for key, thing in before.items() if key not in after and key not in pairs}
        come = {key: mark(thing) for key, thing in after.items() if key not in before and key not in pairs.values()}
        pairs |= _unique_pairs(gone, come)
    return pairs


def _unique_pairs(gone: Mapping[str, str], come: Mapping[str, str]) -> dict[str, str]:
    left, right = Counter(gone.values()), Counter(come.values())
    new = {mark: key for key, mark in come.items()}
    return {key: new[mark] for key, mark in gone.items() if left[mark] == 1 and right[mark] == 1}


def _signature(thing: Thing, *, drawn: bool = True) -> str:
    facts = sorted((k, _plain(v)) for k, v in thing.facts.items() if drawn or not k.startswith(PICTURE))
    parts = sorted(part.key + _signature(part, drawn=drawn) for part in thing.parts)
    return repr((thing.kind, facts, parts))


def _plain(value: Value) -> object:
    return sorted(value.items()) if isinstance(value, Mapping) else value


def _with_ids(thing: Thing, renamed: Mapping[str, str], references: frozenset[str]) -> Thing:
    """The thing with new keys in place of old ones wherever a value is one."""
    if not renamed:
        return thing
    facts = {
        name: _renamed_value(value, renamed) if name in references else value for name, value in thing.facts.items()
    }
    orders = {name: tuple(renamed.get(key, key) for key in keys) for name, keys in thing.orders.items()}
    parts = tuple(_with_ids(part, renamed, references) for part in thing.parts)
    return replace(thing, key=renamed.get(thing.key, thing.key), facts=facts, orders=orders, parts=parts)


def _renamed_value(value: Value, renamed: Mapping[str, str]) -> Value:
    if isinstance(value, str):
        return f"#{renamed[value[1:]]}" if value[:1] == "#" and value[1:] in renamed else renamed.get(value, value)
    return tuple(sorted(renamed.get(word, word) for word in value)) if isinstance(value, tuple) else value


def _of_things(before: Thing, after: Thing, owner: Thing, path: tuple[Thing, ...]) -> Iterator[Found]:
    """The differences between two things that are the same thing."""
    if before.kind != after.kind and before.facts.get("type") == after.facts.get("type"):
        yield Found(Kind.CHANGED, owner, path, "kind", before.kind, after.kind)
    for name in sorted(before.facts.keys() | after.facts.keys()):
        old, new = before.facts.get(name), after.facts.get(name)
        if old != new:
            yield Found(Kind.CHANGED, owner, path, name, old, new)
    for group in sorted({part.group for part in (*before.parts, *after.parts)}):
        yield from _of_parts(_in(before, group), _in(after, group), owner, path)
    for name in sorted(before.orders.keys() & after.orders.keys()):
        yield from _of_orders(before, after, name, owner, path)


def _in(thing: Thing, group: str) -> list[Thing]:
    return [part for part in thing.parts if part.group == group]


def _of_parts(before: list[Thing], after: list[Thing], owner: Thing, path: tuple[Thing, ...]) -> Iterator[Found]:
    gone, come, both = _matched(before, after)
    for old, new in both:
        if old.whole or old.kind != new.kind:
            if _signature(old) != _signature(new):
                yield Found(Kind.CHANGED, owner, (*path, new), "", old, new)
        else:
            if old.key != new.key:
                yield Found(Kind.CHANGED, owner, (*path, new), "key", old.key, new.key)
            yield from _of_things(old, new, owner, (*path, new))
    for old in gone:
        yield Found(Kind.REMOVED, owner, (*path, old), "", old, None)
    for new in come:
        yield Found(Kind.ADDED, owner, (*path, new), "", None, new)


def _matched(before: list[Thing], after: list[Thing]) -> tuple[list[Thing], list[Thing], list[tuple[Thing, Thing]]]:
    """What is only there before, what only after, and the pairs: by key, else by content, else in order where no key tells."""
    gone, come, pairs = list(before), list(after), []
    tests: tuple[Callable[[Thing, Thing], bool], ...] = (
        lambda old, new: bool(old.key) and old.key == new.key,
        lambda old, new: _signature(old) == _signature(new),
        lambda old, new: not old.key and not new.key,
    )
    for same in tests:
        for old in list(gone):
            new = next((candidate for candidate in come if same(old, candidate)), None)
            if new is not None:
                pairs.append((old, new))
                gone.remove(old)
                come.remove(new)
    return gone, come, pairs


def _of_orders(before: Thing, after: Thing, name: str, owner: Thing, path: tuple[Thing, ...]) -> Iterator[Found]:
    old = [key for key in before.orders[name] if key in after.orders[name]]
    new = [key for key in after.orders[name] if key in before.orders[name]]
    if old == new:
        return
    for key in moved(old, new):
        yield Found(Kind.MOVED, owner, path, name, key, key)


def moved(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """The fewest keys that must move to make `before` `after` (the same keys in another order).

    Of several such sets the same one is chosen in both directions, so that a comparison and its reverse say the same.
    """
    place = {key: number for number, key in enumerate(before)}
    rank = {key: number for number, key in enumerate(sorted(place))}
    best: list[tuple[int, frozenset[str]]] = []
    for number, key in enumerate(after):
        weight = (1 << len(after)) + (1 << rank[key])
        ends = [best[i] for i in range(number) if place[after[i]] < place[key]]
        total, kept = max(ends, key=lambda end: end[0], default=(0, frozenset()))
        best.append((total + weight, kept | {key}))
    _, stays = max(best, key=lambda end: end[0], default=(0, frozenset()))
    return [key for key in after if key not in stays]
