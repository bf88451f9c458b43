"""Who may use which endpoint. Deny by default: the program refuses to start with an endpoint that declares nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

View = TypeVar("View", bound=Callable[..., object])

PUBLIC = "public"
SIGNED_IN = "signed_in"


class Permission(StrEnum):
    """What a role may be allowed. Whether a person may touch a certain case is asked elsewhere (`workflow/rules.py`)."""

    CASE_START = "case.start"
    CASE_WORK = "case.work"
    CASE_SEE_ALL = "case.see_all"
    CASE_SUPERVISE = "case.supervise"
    BANK_SUPERVISE = "bank.supervise"
    CUSTOMER_SEE = "customer.see"
    CUSTOMER_EDIT = "customer.edit"
    CUSTOMER_RELATED = "customer.related"
    DEPLOY = "definition.deploy"
    DEFINITION_SEE = "definition.see"
    REPORT_SEE = "report.see"
    USER_MANAGE = "user.manage"
    CALENDAR_MANAGE = "calendar.manage"
    STAFF_HAND_OVER = "staff.hand_over"
    AUDIT_SEE = "audit.see"
    OPERATE = "system.operate"
    NOTICE_EDIT = "notice.edit"
    PRODUCT_MANAGE = "product.manage"


def requires(permission: Permission) -> Callable[[View], View]:
    """The endpoint is for people with `permission`."""
    return lambda view: _declare(view, permission)


def public(view: View) -> View:
    """The endpoint is for everybody, signed in or not."""
    return _declare(view, PUBLIC)


def signed_in(view: View) -> View:
    """The endpoint is for everybody who has signed in."""
    return _declare(view, SIGNED_IN)


def declared(app: Flask) -> Iterator[tuple[str, str | None]]:
    """Every endpoint with what it declares (None: nothing)."""
    for endpoint, view in app.view_functions.items():
        yield endpoint, getattr(view, "declared_permission", None)


def person() -> Any:
    """The person of this request himself; `current_user` stands for him and finds him anew at every look."""
    return current_user._get_current_object()


def install(app: Flask) -> None:
    """Guard every request. Called last, when all rooms are registered."""
    app.view_functions["static"] = public(app.view_functions["static"])
    open_doors = [endpoint for endpoint, permission in declared(app) if permission is None]
    if open_doors:
        raise RuntimeError(f"These endpoints declare no permission: {', '.join(sorted(open_doors))}")
    app.before_request(_guard)


def _declare(view: View, permission: str) -> View:
    view.declared_permission = permission  # type: ignore[attr-defined]
    return view


def _guard() -> Response | None:
    view = current_app.view_functions.get(request.endpoint or "")
    permission = getattr(view, "declared_permission", None)
    if view is None or permission == PUBLIC:
        return None
    if not current_user.is_authenticated:
        return _to_login()
    if permission != SIGNED_IN and permission not in current_user.permissions:
        abort(403)
    return None


def _to_login() -> Response:
    if request.path.startswith("/engine-rest"):
        abort(401)
    following = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("identity.login", next=following))
