"""What the business rooms lend to the diagrams: delegates, record bindings, option sources.

Rooms register at import; `create_app` imports them all. The platform calls back through this table and so never imports a room.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from app.audit.operations import Actor
from app.kernel.db import session


@dataclass(frozen=True)
class CaseContext:
    """The case a delegate or a binding works on, who acts, and when. has_records: the binding has saved something before."""

    instance_id: uuid.UUID
    number: str
    process_key: str
    started_by: int | None
    actor: Actor
    now: datetime
    has_records: bool = True


@dataclass(frozen=True)
class CaseHead:
    """What the inbox and the summary show of a case. `party` is the exact text a search by customer must equal.

    related: the members of staff who are related parties of the customer (user, relation by language, since, until as ISO days);
    None where nothing has changed.
    """

    title: str
    party: str | None = None
    amount: Decimal | None = None
    related: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Option:
    """One choice of a select field: the stored value, its label and, where there is more to say, a sentence per language.

    facts: what a form's filter may ask of it (`option.lines`), as form values; the names are those its source was registered with.
    is_offered: False for a choice that nobody can make any more but that older records hold; it is there to be read.
    """

    value: str
    label: Mapping[str, str]
    help: Mapping[str, str] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    is_offered: bool = True


class Binding(Protocol):
    """How the forms of a process load and save the records of a room.

    Values are keyed as the form's `bind` says ("application.amount"); types are those of the forms (Decimal, date, str, list).
    `fields` is every name a form may bind to, `summary` those that tell most about a case, in order.
    """

    fields: frozenset[str]
    summary: tuple[str, ...]

    def load(self, case: CaseContext) -> dict[str, Any]:
        """Every bound value of the case; an empty dict where no record exists yet."""

    def save(self, case: CaseContext, values: Mapping[str, Any]) -> CaseHead:
        """Write the bound values (only those that changed hands) and say what the inbox shows; raises Refusal."""

    def end(self, case: CaseContext, *, refused: bool = False) -> None:
        """The case ended where it stood, given up, terminated or refused: close the room's record."""

    def reopen(self, case: CaseContext) -> None:
        """The refused case is reconsidered: the room's record may change again."""


@dataclass(frozen=True)
class CaseLink:
    """A way from a case to a page of the room that offers it. `words`: an English msgid."""

    address: str
    words: str
    icon: str


Delegate = Callable[[CaseContext, Mapping[str, Any]], Mapping[str, Any]]
OptionSource = Callable[[], Sequence[Option]]
LinkSource = Callable[[CaseContext], Sequence[CaseLink]]
AnswerCheck = Callable[[CaseContext, str, str], None]
CaseOptions = Callable[[CaseContext, str, Sequence[Option]], Sequence[Option]]
GroupNeed = Callable[[], Iterable[str]]

_delegates: dict[str, Delegate] = {}
_set_by: dict[str, Mapping[str, str]] = {}
_bindings: dict[str, Binding] = {}
_sources: dict[str, OptionSource] = {}
_facts: dict[str, frozenset[str]] = {}
_links: dict[str, LinkSource] = {}
_answer_checks: dict[str, AnswerCheck] = {}
_case_options: dict[str, CaseOptions] = {}
_group_needs: dict[str, GroupNeed] = {}


def delegate(name: str, **sets: str) -> Callable[[Delegate], Delegate]:
    """Offer a function to service tasks as `<credit:service delegate="name"/>`; sets: the variables it returns, by FEEL type."""

    def register(function: Delegate) -> Delegate:
        _delegates[name], _set_by[name] = function, sets
        return function

    return register


def bind(process_key: str, binding: Binding) -> None:
    """The forms of `process_key` read and write records through `binding`."""
    _bindings[process_key] = binding


def option_source(name: str, *facts: str) -> Callable[[OptionSource], OptionSource]:
    """Offer a function as the `source` of select fields; `facts` names what each of its options tells to filters."""

    def register(function: OptionSource) -> OptionSource:
        _sources[name], _facts[name] = function, frozenset(facts)
        return function

    return register


def case_links(process_key: str) -> Callable[[LinkSource], LinkSource]:
    """Offer a function that says where the page of a case of this process leads besides."""

    def register(function: LinkSource) -> LinkSource:
        _links[process_key] = function
        return function

    return register


def answer_check(process_key: str) -> Callable[[AnswerCheck], AnswerCheck]:
    """Offer a function that may refuse an answer: it gets the case, the station and the outcome, after the form was written, and
    raises Refusal while the person is still at the form."""

    def register(function: AnswerCheck) -> AnswerCheck:
        _answer_checks[process_key] = function
        return function

    return register


def case_options(process_key: str) -> Callable[[CaseOptions], CaseOptions]:
    """Offer a function that says what a case of this process may choose where that differs from what anybody may: it gets the
    case, the name of a source and the source's options, and gives back the options of this case."""

    def register(function: CaseOptions) -> CaseOptions:
        _case_options[process_key] = function
        return function

    return register


def options_in(case: CaseContext) -> Callable[[str], Sequence[Option]]:
    """`options` as they are for the forms of this case."""
    own = _case_options.get(case.process_key)
    if own is None or not case.has_records:
        return options
    return lambda source: own(case, source, options(source))


def needs_groups(process_key: str) -> Callable[[GroupNeed], GroupNeed]:
    """Offer a function that says by which keys the room of a process looks for groups that its diagram does not name."""

    def register(function: GroupNeed) -> GroupNeed:
        _group_needs[process_key] = function
        return function

    return register


def groups_needed(process_key: str) -> frozenset[str]:
    """The keys of the groups that the room of a process looks for by itself."""
    need = _group_needs.get(process_key)
    return frozenset(need()) if need else frozenset()


def check_answer(case: CaseContext, element_id: str, outcome: str) -> None:
    """Raises Refusal where the room of the process does not take this answer."""
    check = _answer_checks.get(case.process_key)
    if check is not None:
        check(case, element_id, outcome)


def links_of(case: CaseContext) -> Sequence[CaseLink]:
    """The ways from the page of a case to pages of the room it belongs to."""
    source = _links.get(case.process_key)
    return source(case) if source and case.has_records else ()


def delegate_named(name: str) -> Delegate:
    """The delegate; raises KeyError where none has the name (deployment refuses such diagrams)."""
    return _delegates[name]


def set_by(name: str | None) -> Mapping[str, str]:
    """The variables that a delegate sets, with their FEEL types; none where there is no such delegate."""
    return _set_by.get(name or "", {})


def binding_of(process_key: str) -> Binding | None:
    """The binding of a process, if its forms write records."""
    return _bindings.get(process_key)


def bind_names(process_key: str) -> frozenset[str] | None:
    """What forms of a process may bind to; None where it writes no records."""
    binding = _bindings.get(process_key)
    return binding.fields if binding else None


def options(source: str) -> Sequence[Option]:
    """The choices of an option source, read once in a transaction: a page asks for them once per field and language. Those that
    are no longer offered are among them.

    Empty where none has the name.
    """
    known: dict[str, Sequence[Option]] = session.info.setdefault(options, {})
    if source not in known:
        known[source] = _sources[source]() if source in _sources else ()
    return known[source]


def delegates() -> frozenset[str]:
    """Names of all delegates."""
    return frozenset(_delegates)


def sources() -> Mapping[str, frozenset[str]]:
    """All option sources by name, with the facts that each tells of its options."""
    return _facts
