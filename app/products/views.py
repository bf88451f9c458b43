"""The page of what the bank lends."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.products import queries, rules
from app.web.access import signed_in
from app.web.shell import MenuEntry, add_to_menu

blueprint = Blueprint("products", __name__, template_folder="templates")
add_to_menu(MenuEntry("products.products", "Products", None, "banknote", 60))


@blueprint.get("/products")
@signed_in
def products() -> str:
    """GET /products: the catalogue with limits, ways to repay, security and required documents."""
    lines = {line.key: line.name for line in queries.business_lines()}
    return render_template("products/products.html", products=queries.products(), lines=lines, rules=rules)
