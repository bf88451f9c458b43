"""The pages of what the bank lends, for everybody: the catalogue, one product with its versions, the catalogue as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flask import render_template, request
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.kernel.clock import now
from app.products import (
    keeping_views,  # noqa: F401 - pages of the same room
    pages,
    product_page,
    queries,
    rules,
    terms,
)
from app.products.models import ProductChange
from app.products.pages import blueprint
from app.products.queries import Wanted
from app.products.rules import ChangeState
from app.supervision import exports
from app.supervision.exports import Cell
from app.web.access import Permission, signed_in
from app.web.i18n import text_of
from app.web.shell import MenuEntry, add_to_menu, count_in_menu

add_to_menu(MenuEntry("products.products", "Products", None, "banknote", 60))


def waiting_for_me() -> int:
    """How many proposals wait for the reader's answer."""
    return queries.count_for(current_user.id) if pages.keeps() else 0


count_in_menu("products.products", waiting_for_me)


@blueprint.get("/products")
@signed_in
def products() -> str:
    """GET /products?q=&line=&sale=: the catalogue; for who keeps it, with what waits for a second person."""
    wanted = _wanted()
    lines = {line.key: line.name for line in queries.business_lines()}
    waiting = pages.told(queries.open_changes(), {}) if pages.sees_proposals() else []
    return render_template(
        "products/products.html",
        products=queries.listed(wanted),
        wanted=wanted,
        is_empty=not queries.products(active_only=False),
        waiting=waiting,
        names=_names_of(queries.open_changes()) if waiting else {},
        lines=lines,
        sale={"on": gettext("On sale"), "off": gettext("Withdrawn from sale")},
        rules=rules,
        pages=pages,
        may_manage_people=current_user.may(Permission.USER_MANAGE),
    )


@blueprint.get("/products.<kind>")
@signed_in
def products_file(kind: str) -> BaseResponse:
    """GET /products.csv, /products.xlsx: the products that match the filter of the page, with everything they say."""
    wanted, name = _wanted(), f"products-{now():%Y%m%d-%H%M}"
    header = [gettext("Key"), *pages.labels().values(), gettext("Version")]
    return exports.answer(kind, name, header, lambda: _rows(wanted))


@blueprint.get("/products/<product_key>")
@signed_in
def product(product_key: str) -> str:
    """GET /products/<key>: everything a product says, its versions, and for who keeps it what can be done with it."""
    return product_page.page(product_page.found(product_key))


def _wanted() -> Wanted:
    return Wanted(
        text=request.args.get("q", "")[:80], line=request.args.get("line", "")[:40], sale=request.args.get("sale", "on")
    )


def _names_of(changes: Sequence[ProductChange]) -> dict[str, str]:
    """The products that open proposals are about, by the id of the proposal."""
    return {str(change.id): text_of(change.terms["name"]) for change in changes if change.state == ChangeState.OPEN}


def _rows(wanted: Wanted) -> Iterator[Sequence[Cell]]:
    for row in queries.listed(wanted):
        said = terms.terms_from(row)
        words = {name: "; ".join(lines) for name, lines in pages.lines_of(said).items()}
        exact = {name: getattr(said, name) for name in terms.NUMBERS}
        yield [row.key, *({**words, **exact}[name] for name in terms.NAMES), row.version]
