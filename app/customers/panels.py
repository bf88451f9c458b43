"""What rooms above add to a customer's page (his applications, later his loans), so that this room needs not know them."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from app.customers.models import Customer
from app.identity.rules import Person

Panel = Callable[[Customer, Person], Markup | str]

_panels: list[Panel] = []


def panel(function: Panel) -> Panel:
    """Show what the function renders on every customer's page."""
    _panels.append(function)
    return function


def panels_for(customer: Customer, person: Person) -> list[Markup | str]:
    """The panels of a customer's page, in the order the rooms offered them."""
    return [function(customer, person) for function in _panels]
