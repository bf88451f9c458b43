"""A small route that a program deploys by itself: apply, review, a vote, a message from outside, payout. For tests only."""

from __future__ import annotations

import io
import json
from typing import Any

from tests.engine import drawing as d

KEY = "small_loan"
NAME = f"{KEY}/{KEY}.bpmn"


def texts(text: str) -> dict[str, str]:
    """The same words in all languages."""
    return dict.fromkeys(("en", "zh_Hans", "zh_Hant"), text)


def outcome(key: str, kind: str, opinion: str = "") -> str:
    """A button of a station."""
    required = f' opinion="{opinion}"' if opinion else ""
    return f'<credit:outcome id="{key}" kind="{kind}"{required}/>'


def candidates(rule: str, value: str = "") -> str:
    """Who may do a station."""
    return f'<credit:candidates rule="{rule}"' + (f' value="{value}"/>' if value else "/>")


def diagram(name: str = "小额贷款") -> bytes:
    """The BPMN."""
    review = (
        candidates("group", "market_department")
        + '<credit:fourEyes step="apply"/><credit:sendBack to="any" modes="straight step" default="straight"/>'
        + outcome("approve", "approve")
        + outcome("refuse", "refuse", "required")
    )
    vote = (
        candidates("group", "credit_committee") + '<credit:vote electorate="credit_committee" quorum="1/2" pass="1/2"/>'
    )
    return d.document(
        '<bpmn:message id="funds" name="funds_ready"/>',
        d.process(
            KEY,
            d.start("asked"),
            d.user("apply", config=candidates("initiator"), form=f"{KEY}/apply"),
            d.user("review", config=review, form=f"{KEY}/review", due="P2D"),
            d.xor("reviewed", default="reviewed_to_refused"),
            d.user("committee", config=vote),
            d.catch("funds_wait", d.message("funds")),
            d.xor("funds_known", default="funds_known_to_payout"),
            d.user("payout", config=candidates("initiator")),
            d.end("paid"),
            d.end("refused"),
            d.end("no_funds"),
            d.path("asked", "apply", "review", "reviewed"),
            d.flow("reviewed", "committee", 'review_result = "approve"'),
            d.flow("reviewed", "refused"),
            d.path("committee", "funds_wait", "funds_known"),
            d.flow("funds_known", "no_funds", 'funds_source = "none"'),
            d.path("funds_known", "payout", "paid"),
        ).replace("<bpmn:process ", f'<bpmn:process name="{name}" ', 1),
    )


def form(step: str, access: dict[str, str], *more: dict[str, Any]) -> bytes:
    """A form with the fields of the loan."""
    parts = {
        "type": "table",
        "key": "parts",
        "label": texts("Parts"),
        "columns": [
            {"type": "textfield", "key": "item", "label": texts("Item")},
            {"type": "number", "key": "cost", "decimals": 2, "label": texts("Cost")},
        ],
    }
    fields = [
        {"type": "number", "key": "amount", "decimals": 2, "label": texts("Amount"), "validate": {"min": "1"}},
        {"type": "textfield", "key": "purpose", "label": texts("Purpose"), "validate": {"maxLength": 20}},
        {"type": "date", "key": "wanted_on", "label": texts("Wanted on")},
        {"type": "checkbox", "key": "urgent", "label": texts("Urgent")},
        {"type": "textfield", "key": "margin", "label": texts("Margin")},
        parts,
        *more,
    ]
    body = {"schemaVersion": 1, "key": f"{KEY}/{step}", "title": texts(step), "access": access, "components": fields}
    return json.dumps(body, ensure_ascii=False).encode()


def files(name: str = "小额贷款") -> dict[str, bytes]:
    """Everything of the route, by name."""
    apply = form("apply", {"*": "edit", "amount": "required", "margin": "hidden"})
    review = form("review", {"*": "read", "margin": "edit", "wanted_on": "hidden"})
    return {NAME: diagram(name), f"{KEY}/apply.form": apply, f"{KEY}/review.form": review}


def multipart(files: dict[str, bytes], **texts: str) -> dict[str, Any]:
    """The parts of a deployment request."""
    parts: dict[str, Any] = {name.replace("_", "-"): text for name, text in texts.items()}
    return parts | {f"file{n}": (io.BytesIO(content), name) for n, (name, content) in enumerate(files.items())}


APPLICATION = {
    "amount": {"value": "120000.50", "type": "String"},
    "purpose": {"value": "装修", "type": "String"},
    "wanted_on": {"value": "2026-05-01T00:00:00.000+0800", "type": "Date"},
    "urgent": {"value": True, "type": "Boolean"},
    "parts": {"value": '[{"item": "木地板", "cost": "20000.05"}]', "type": "Json"},
}
