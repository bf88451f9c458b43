"""The page of one product: what it says, what waits, its versions, and for who keeps it what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import render_template, request

from app.kernel.errors import NotFound
from app.products import pages, queries, terms, usage
from app.products.models import Product


def found(product_key: str) -> Product:
    """The product an address names; raises NotFound."""
    product = queries.product_by_key(product_key)
    if product is None:
        raise NotFound("There is no such product.")
    return product


def page(found: Product, errors: Mapping[str, str] | None = None) -> str:
    """The page of a product; errors: what was wrong with what was asked for on it."""
    said, keeps = terms.terms_from(found), pages.keeps()
    waiting = queries.open_change_of(found.key) if pages.sees_proposals() else None
    changes = queries.changes_of([found.key], agreed_only=not pages.sees_proposals())
    versions = {c.version: terms.from_json(c.terms) for c in changes if c.version is not None}
    return render_template(
        "products/product.html",
        product=found,
        facts=zip(pages.labels().values(), pages.lines_of(said, every_language=keeps).values(), strict=True),
        waiting=pages.told([waiting], versions)[0] if waiting else None,
        history=pages.told(changes, versions),
        keeps=keeps,
        under_way=usage.under_way(found.key) if keeps else {},
        notes=pages.notes_on(found.key, said) if keeps else [],
        errors=errors or {},
        given=request.form,
    )
