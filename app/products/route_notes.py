"""What the routes in force make of a product: tables that do not know its key, forms that do not take its amounts and terms.

A table asks for a product where a column reads the variable `product`; what it does with a key that no cell names is what it does
with every other product it does not know, which is seldom meant for a new one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.feel.dmn.examples import values_named
from app.products.terms import Terms
from app.web.i18n import text_of
from app.workflow.deploying import definitions
from app.workflow.deploying.definitions import Loaded
from app.workflow.forms import Field, FormError

VARIABLE = "product"
# What a form must take for a product to be applied for in full: where it is bound to, and the ends of what the product allows.
BOUNDED = {
    "application.amount": ("min_amount", "max_amount"),
    "application.term_months": ("min_term_months", "max_term_months"),
}


@dataclass(frozen=True)
class Narrow:
    """A field of a form that takes less than the product allows: both labels, and the bounds of the field (None: none)."""

    form: str
    field: str
    least: Decimal | None
    most: Decimal | None


def strange_to(key: str) -> list[str]:
    """The decisions of the routes in force that tell products apart and have no cell for this one, as their diagrams call them."""
    return list(dict.fromkeys(name for loaded in _in_force() for name, keys in _tables(loaded) if key not in keys))


def narrower_than(terms: Terms) -> list[Narrow]:
    """The fields of forms in force that do not take everything the product allows."""
    return list(dict.fromkeys(one for loaded in _in_force() for one in _narrow(loaded, terms)))


def _in_force() -> Sequence[Loaded]:
    return [definitions.load(row.id) for row in definitions.actives()]


def _tables(loaded: Loaded) -> Iterator[tuple[str, frozenset[str]]]:
    """Each table with a column for the product, and the keys that its cells name."""
    for decision_id, model in loaded.compiled.decisions.items():
        decision = model.decisions[decision_id]
        for table in decision.tables:
            for number, column in enumerate(table.inputs):
                if column.text.strip() == VARIABLE and (keys := values_named(table, number)):
                    yield _name_of(loaded, decision_id), keys


def _name_of(loaded: Loaded, decision_id: str) -> str:
    """What the diagram calls the task that asks the decision."""
    nodes = (node for process in loaded.compiled.processes.values() for node in process.nodes)
    asking = next((node.id for node in nodes if node.decision == decision_id), "")
    return text_of(loaded.compiled.labels.get(asking)) or decision_id


def _narrow(loaded: Loaded, terms: Terms) -> Iterator[Narrow]:
    for key in dict.fromkeys(step.form for step in loaded.compiled.steps.values() if step.form):
        try:
            form = loaded.form(key)
        except FormError:
            continue
        for field in form.fields.values():
            if field.editable and field.bind in BOUNDED and _takes_less(field, terms):
                yield Narrow(text_of(form.title), text_of(field.label), field.limits.minimum, field.limits.maximum)


def _takes_less(field: Field, terms: Terms) -> bool:
    least, most = (getattr(terms, name) for name in BOUNDED[field.bind or ""])
    too_high = field.limits.minimum is not None and least < field.limits.minimum
    return too_high or (field.limits.maximum is not None and most > field.limits.maximum)
