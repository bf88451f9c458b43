"""Keeping the catalogue: entering and changing products, withdrawing them, and the second person's page."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app.documents import types as papers
from app.identity import queries as people
from app.kernel.clock import now
from app.kernel.errors import NotFound, Refusal
from app.products import entry, operations, pages, product_page, queries, rules, terms, usage
from app.products.models import Product, ProductChange
from app.products.operations import InvalidProduct, WaitsAlready
from app.products.pages import blueprint
from app.products.product_page import found
from app.products.rules import ChangeState
from app.products.terms import Terms
from app.web.access import Permission, requires, signed_in
from app.web.errors import translated
from app.web.i18n import LANGUAGES, text_of

KEEP = Permission.PRODUCT_MANAGE
# A name has a field for each language; a sentence about it as a whole stands at the first.
PLACES = {"name": "name_zh_Hans", "summary": "summary_zh_Hans"}
ORDER = [
    "key",
    *(f"{name}_{code}" for name in PLACES for code in ("zh_Hans", "zh_Hant", "en")),
    *(name for name in terms.NAMES if name not in PLACES),
    "reason",
]
Answer = str | tuple[str, int] | BaseResponse


@blueprint.get("/new-product")
@requires(KEEP)
def new_product() -> str:
    """GET /new-product?copy=<key>: the form of a new product, empty or begun with another one's terms."""
    copied = request.args.get("copy", "")
    return _form(None, entry.shown(terms.terms_from(found(copied)) if copied else None), copied=copied)


@blueprint.post("/new-product")
@requires(KEEP)
def propose_product() -> Answer:
    """POST /new-product: propose it."""
    key = request.form.get("key", "").replace("\0", "").strip()
    try:
        wanted = _said(operations.wrong_key(key))
        change = operations.propose_product(
            key=key, wanted=wanted, reason=_reason(), actor=current_user.actor, now=now()
        )
    except (InvalidProduct, WaitsAlready) as refusal:
        return _form(None, request.form, _errors(refusal)), refusal.status
    return _proposed(change)


@blueprint.get("/products/<product_key>/change")
@requires(KEEP)
def edit_product(product_key: str) -> str:
    """GET /products/<key>/change: the form with what holds now."""
    product = found(product_key)
    return _form(product, entry.shown(terms.terms_from(product)))


@blueprint.post("/products/<product_key>/change")
@requires(KEEP)
def propose_change(product_key: str) -> Answer:
    """POST /products/<key>/change: propose other terms."""
    product = found(product_key)
    try:
        wanted = _said(operations.wrong_reason(_reason()))
        change = operations.propose_change(
            product=product, wanted=wanted, reason=_reason(), actor=current_user.actor, now=now()
        )
    except Refusal as refusal:
        return _form(product, request.form, _errors(refusal)), refusal.status
    return _proposed(change)


@blueprint.post("/products/<product_key>/sale")
@requires(KEEP)
def propose_sale(product_key: str) -> Answer:
    """POST /products/<key>/sale: propose to withdraw a product (`on` empty), or to bring it back."""
    product, on_sale = found(product_key), bool(request.form.get("on"))
    try:
        change = operations.propose_sale(
            product=product, on_sale=on_sale, reason=_reason(), actor=current_user.actor, now=now()
        )
    except InvalidProduct as refusal:
        return product_page.page(product, _errors(refusal)), refusal.status
    return _proposed(change)


@blueprint.get("/product-changes/<uuid:change_id>")
@signed_in
def change_page(change_id: uuid.UUID) -> str:
    """GET /product-changes/<id>: what would change, old and new side by side, and who may decide it."""
    return _change_page(_change(change_id))


@blueprint.post("/product-changes/<uuid:change_id>/agree")
@requires(KEEP)
def agree_change(change_id: uuid.UUID) -> BaseResponse:
    """POST: put it in force."""
    product = operations.agree(change_id=change_id, person=current_user, now=now())
    flash(gettext("%(name)s: in force from now on.", name=text_of(product.name)), "success")
    return redirect(url_for("products.product", product_key=product.key))


@blueprint.post("/product-changes/<uuid:change_id>/refuse")
@requires(KEEP)
def refuse_change(change_id: uuid.UUID) -> Answer:
    """POST: leave the catalogue as it is, with a reason."""
    try:
        operations.refuse(change_id=change_id, answer=request.form.get("answer", ""), person=current_user, now=now())
    except InvalidProduct as refusal:
        return _change_page(_change(change_id), _errors(refusal)), refusal.status
    flash(gettext("The proposal is refused; what held before goes on."), "success")
    return redirect(url_for("products.products"))


@blueprint.post("/product-changes/<uuid:change_id>/take-back")
@requires(KEEP)
def take_back_change(change_id: uuid.UUID) -> BaseResponse:
    """POST: one's own proposal is off the table."""
    operations.take_back(change_id=change_id, person=current_user, now=now())
    flash(gettext("Your proposal is taken back."), "success")
    return redirect(url_for("products.products"))


def _said(wrong_besides: Mapping[str, Refusal]) -> Terms:
    """What the form says. Raises InvalidProduct with everything wrong on the page at once."""
    return entry.read(request.form, lambda wanted: {**wrong_besides, **operations.wrong_with(wanted)}, now().date())


def _reason() -> str:
    return request.form.get("reason", "").replace("\0", "")


def _errors(refusal: Refusal) -> dict[str, str]:
    """What the page says at its fields; a refusal that is about none of them stands on top."""
    if not isinstance(refusal, InvalidProduct):
        return {"": translated(refusal)}
    said = {PLACES.get(field, field): translated(one) for field, one in refusal.faults.items()}
    return {field: said[field] for field in sorted(said, key=lambda field: ORDER.index(field) if field in ORDER else 0)}


def _proposed(change: ProductChange) -> BaseResponse:
    flash(gettext("Proposed. It comes into force when a second person agrees."), "success")
    return redirect(url_for("products.change_page", change_id=change.id))


def _change(change_id: uuid.UUID) -> ProductChange:
    """The proposal, for who may know of it: what is in force is known to everybody."""
    change = queries.change_by_id(change_id)
    if change is None or not (change.state == ChangeState.AGREED or pages.sees_proposals()):
        raise NotFound("There is no such proposal.")
    return change


def _change_page(change: ProductChange, errors: Mapping[str, str] | None = None) -> str:
    before, after = pages.before_of(change), terms.from_json(change.terms)
    is_open, mine = change.state == ChangeState.OPEN, change.proposed_by == current_user.id
    keepers = people.overseers(KEEP, None) if is_open and pages.keeps() else []
    return render_template(
        "products/change.html",
        change=change,
        told=pages.told([change], {})[0],
        name=text_of(after.name),
        is_new=before is None,
        product=queries.product_by_key(change.key),
        rows=pages.compared(before, after, all_fields=True),
        under_way=usage.under_way(change.key) if is_open and before else {},
        notes=pages.notes_on(change.key, after) if is_open and after.active else [],
        mine=mine,
        may_decide=is_open and pages.keeps() and not mine,
        may_take_back=is_open and pages.keeps() and mine,
        nobody_else=bool(keepers) and set(keepers) <= {change.proposed_by},
        errors=errors or {},
        given=request.form,
    )


def _form(
    product: Product | None, given: MultiDict[str, str], errors: Mapping[str, str] | None = None, copied: str = ""
) -> str:
    lines = queries.business_lines()
    return render_template(
        "products/product_form.html",
        product=product,
        given=given,
        copied=copied,
        errors=dict(errors or {}),
        labels=pages.labels(),
        titles=_titles(),
        lines=[(line.key, text_of(line.name)) for line in lines],
        boxes=_boxes(),
        kinds=[(key, pages.customer_words(None if key == entry.EVERYBODY else key)) for key in _kinds()],
        under_way=usage.under_way(product.key) if product else {},
        may_manage_people=current_user.may(Permission.USER_MANAGE),
    )


def _titles() -> dict[str, str]:
    """What the list of mistakes calls each field."""
    plain = pages.labels()
    of_language = {f"{name}_{code}": f"{plain[name]} · {LANGUAGES[code]}" for name in PLACES for code in LANGUAGES}
    return {**plain, **of_language, "key": gettext("Key"), "reason": gettext("Reason")}


def _kinds() -> list[str]:
    return [*map(str, rules.CUSTOMER_KINDS), entry.EVERYBODY]


def _boxes() -> dict[str, list[tuple[str, str]]]:
    words = {
        "repayment_methods": rules.REPAYMENT_METHODS,
        "guarantee_kinds": rules.GUARANTEE_KINDS,
        "required_documents": papers.TYPES,
    }
    return {name: [(str(key), text_of(text)) for key, text in texts.items()] for name, texts in words.items()}
