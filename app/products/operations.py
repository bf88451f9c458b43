"""Keeping the catalogue: one person proposes a change, a second one puts it in force; until then what held before holds.

Nothing is deleted. A product that is no longer sold is withdrawn; applications under way keep the version they were entered under.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from app.audit import operations as audit
from app.audit.operations import Actor
from app.documents.types import TYPES
from app.identity import queries as people
from app.identity.rules import Person
from app.kernel.db import session
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.kernel.ids import new_id
from app.notifications.operations import notify
from app.products import queries, terms
from app.products.catalogue import DEMO_PRODUCTS
from app.products.models import Product, ProductChange
from app.products.rules import Act, ChangeState
from app.products.terms import Terms
from app.web.access import Permission

KEY = re.compile(r"[a-z][a-z0-9_]{1,39}")
LONGEST_REASON = 400
ALREADY = {True: "The product is on sale already.", False: "The product is withdrawn from sale already."}


class InvalidProduct(Refusal):
    """The product is not whole or contradicts itself; `faults` are its sentences by field, all at once."""

    def __init__(self, faults: dict[str, Refusal]) -> None:
        self.faults = faults
        super().__init__("Some entries need your attention.")


class WaitsAlready(Conflict):
    """A change of this product waits for a second person; another one could not be compared with what holds."""


def propose_product(*, key: str, wanted: Terms, reason: str, actor: Actor, now: datetime) -> ProductChange:
    """A new product, on sale as soon as somebody else agrees. Raises InvalidProduct."""
    _one_at_a_time()
    _raise(wrong_key(key))
    return _propose(Act.CREATE, key, replace(_checked(wanted), active=True), 0, reason, actor, now)


def propose_change(*, product: Product, wanted: Terms, reason: str, actor: Actor, now: datetime) -> ProductChange:
    """Other terms for a product; whether it is on sale stays. Raises InvalidProduct, WaitsAlready, Refusal."""
    _one_at_a_time()
    wanted = replace(_checked(wanted), active=product.active)
    if not terms.changed(terms.terms_from(product), wanted):
        raise Refusal("Nothing is different from what holds now.")
    return _propose(Act.CHANGE, product.key, wanted, product.version, _needed(reason), actor, now)


def propose_sale(*, product: Product, on_sale: bool, reason: str, actor: Actor, now: datetime) -> ProductChange:
    """Withdraw a product from sale, or bring it back. Raises WaitsAlready, Refusal."""
    _one_at_a_time()
    if product.active == on_sale:
        raise Refusal(ALREADY[on_sale])
    wanted = replace(terms.terms_from(product), active=on_sale)
    act = Act.OFFER if on_sale else Act.WITHDRAW
    return _propose(act, product.key, wanted, product.version, _needed(reason), actor, now)


def agree(*, change_id: uuid.UUID, person: Person, now: datetime) -> Product:
    """Put in force what a colleague proposed. Raises NotFound, Forbidden (not a second person), Conflict, InvalidProduct."""
    change = _waiting(change_id)
    if change.proposed_by == person.id:
        raise Forbidden("A second person must agree to this.")
    _must_still_keep(change)
    product = queries.product_by_key(change.key)
    if (product.version if product else 0) != change.replaces:
        raise Conflict("The product has changed since this was proposed; refuse it and propose it anew.")
    wanted = _checked(terms.from_json(change.terms))
    before = terms.to_json(terms.terms_from(product)) if product else None
    _decide(change, ChangeState.AGREED, "", person, now)
    change.version = change.replaces + 1
    product = _in_force(product, change, wanted)
    _record("agree_product", change, person.actor, now, version=change.version, before=before, after=change.terms)
    _tell_proposer(change, "product_agreed", person, now)
    return product


def refuse(*, change_id: uuid.UUID, answer: str, person: Person, now: datetime) -> ProductChange:
    """Leave the catalogue as it is, and say why. Raises NotFound, Forbidden, Conflict, Refusal."""
    change = _waiting(change_id)
    if change.proposed_by == person.id:
        raise Forbidden("Take your own proposal back instead.")
    if not answer.strip():
        raise InvalidProduct({"answer": Refusal("Please give a reason.")})
    _decide(change, ChangeState.REFUSED, answer.strip()[:LONGEST_REASON], person, now)
    _record("refuse_product", change, person.actor, now, answer=change.answer)
    _tell_proposer(change, "product_refused", person, now)
    return change


def take_back(*, change_id: uuid.UUID, person: Person, now: datetime) -> ProductChange:
    """The proposer changes his mind. Raises NotFound, Forbidden, Conflict."""
    change = _waiting(change_id)
    if change.proposed_by != person.id:
        raise Forbidden("Only who proposed this takes it back.")
    _decide(change, ChangeState.TAKEN_BACK, "", person, now)
    _record("take_back_product", change, person.actor, now)
    return change


def wrong_with(wanted: Terms) -> dict[str, Refusal]:
    """What is wrong with a whole product, by field, the first thing of each."""
    found = terms.faults(wanted, [line.key for line in queries.business_lines()], TYPES)
    return {fault.field: Refusal(fault.text, **fault.values) for fault in reversed(found)}


def wrong_key(key: str) -> dict[str, Refusal]:
    """What is wrong with the key of a new product; it can't be changed later."""
    if not KEY.fullmatch(key):
        sentence = "A key begins with a small letter; small letters, digits and underscores follow, 40 at most."
        return {"key": Refusal(sentence)}
    if queries.product_by_key(key) is not None or queries.open_change_of(key) is not None:
        return {"key": Refusal("The key {name} is taken.", name=key)}
    return {}


def wrong_reason(reason: str) -> dict[str, Refusal]:
    """Whoever decides, and whoever reads the record later, wants to know why."""
    return {} if reason.strip() else {"reason": Refusal("Please give a reason.")}


def seed_products(*, actor: Actor, now: datetime) -> list[Product]:
    """Add the demo bank's products that are not there yet; those that are stay as the bank has made them. Returns the new ones."""
    known = set(session.scalars(select(Product.key)))
    missing = [entry for entry in DEMO_PRODUCTS if entry["key"] not in known]
    made = [_seed(dict(entry), actor, now) for entry in missing]
    queries.forget_catalogue()
    return made


def _seed(entry: dict[str, Any], actor: Actor, now: datetime) -> Product:
    product = Product(**entry, active=True, version=1)
    session.add(product)
    change = _new(Act.CREATE, product.key, terms.terms_from(product), 0, "", actor, now)
    change.state, change.version, change.decided_at = ChangeState.AGREED, 1, now
    session.flush()
    _record("create_product", change, actor, now)
    return product


def _propose(
    act: Act, key: str, wanted: Terms, replaces: int, reason: str, actor: Actor, now: datetime
) -> ProductChange:
    if queries.open_change_of(key) is not None:
        raise WaitsAlready("A change of this product waits for a second person already; it has to be decided first.")
    change = _new(act, key, wanted, replaces, reason.strip()[:LONGEST_REASON], actor, now)
    session.flush()
    _record("propose_product", change, actor, now, reason=change.reason, wanted=change.terms)
    others = [i for i in people.overseers(Permission.PRODUCT_MANAGE, None) if i != actor.user_id]
    notify(user_ids=others, event="product_proposed", case_id=None, now=now, params={"product": key})
    return change


def _new(act: Act, key: str, wanted: Terms, replaces: int, reason: str, actor: Actor, now: datetime) -> ProductChange:
    change = ProductChange(
        id=new_id(),
        key=key,
        act=act,
        state=ChangeState.OPEN,
        terms=terms.to_json(wanted),
        replaces=replaces,
        reason=reason,
        proposed_by=actor.user_id,
        proposed_at=now,
        answer="",
    )
    session.add(change)
    return change


def _in_force(product: Product | None, change: ProductChange, wanted: Terms) -> Product:
    if product is None:
        product = Product(key=change.key)
        session.add(product)
    for name in terms.NAMES:
        value = getattr(wanted, name)
        setattr(product, name, list(value) if isinstance(value, tuple) else value)
    product.version = change.replaces + 1
    session.flush()
    queries.read_catalogue_anew()
    return product


def _checked(wanted: Terms) -> Terms:
    _raise(wrong_with(wanted))
    return wanted


def _raise(found: dict[str, Refusal]) -> None:
    if found:
        raise InvalidProduct(found)


def _needed(reason: str) -> str:
    _raise(wrong_reason(reason))
    return reason.strip()[:LONGEST_REASON]


def _waiting(change_id: uuid.UUID) -> ProductChange:
    """The change, alone in the transaction. Raises NotFound, Conflict."""
    _one_at_a_time()
    change = queries.change_by_id(change_id)
    if change is None:
        raise NotFound("There is no such proposal.")
    session.refresh(change)
    if change.state != ChangeState.OPEN:
        raise Conflict("This has been decided already.")
    return change


def _must_still_keep(change: ProductChange) -> None:
    proposer = people.person(change.proposed_by) if change.proposed_by else None
    if proposer is None or not proposer.may(Permission.PRODUCT_MANAGE):
        raise Conflict("Whoever proposed this may no longer keep the catalogue; refuse it and propose it anew.")


def _decide(change: ProductChange, state: ChangeState, answer: str, person: Person, now: datetime) -> None:
    change.state, change.answer, change.decided_by, change.decided_at = state, answer, person.id, now


def _tell_proposer(change: ProductChange, event: str, person: Person, now: datetime) -> None:
    if change.proposed_by is not None and change.proposed_by != person.id:
        notify(user_ids=[change.proposed_by], event=event, case_id=None, now=now, params={"product": change.key})


def _one_at_a_time() -> None:
    """Two decisions at the same moment would each be about a catalogue that the other one changes."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("products"))))
    queries.read_catalogue_anew()


def _record(verb: str, change: ProductChange, actor: Actor, now: datetime, **detail: object) -> None:
    said = {"act": change.act, "change": str(change.id), **detail}
    audit.record(
        chain="products", verb=verb, object_type="product", object_id=change.key, actor=actor, now=now, detail=said
    )
