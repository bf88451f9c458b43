"""Form files for tests: a loan intake much like a bank's, and small ones made to measure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from app.workflow import forms

INTAKE = "credit/intake"


def three(en: str, zh_hans: str = "", zh_hant: str = "") -> dict[str, str]:
    """A text in three languages."""
    return {"en": en, "zh_Hans": zh_hans or f"{en}（简）", "zh_Hant": zh_hant or f"{en}（繁）"}


def component(kind: str, key: str, **more: Any) -> dict[str, Any]:
    """One component with a label made from its key."""
    return {"type": kind, "key": key, "label": three(key.replace("_", " ").capitalize()), **more}


def file_of(*components: dict[str, Any], key: str = "test/form", **top: Any) -> dict[str, bytes]:
    """A deployment of one form file."""
    data = {"schemaVersion": 1, "key": key, "title": three("Test"), "components": list(components), **top}
    return {f"{key}.form": json.dumps(data, ensure_ascii=False).encode()}


def form_of(*components: dict[str, Any], **top: Any) -> forms.Form:
    """The loaded form of these components."""
    return forms.load("test/form", file_of(*components, **top))


def options(source: str) -> Sequence[forms.Option]:
    """What the house offers: two products and two officers."""
    offered = {
        "products": [("working_capital", "流动资金贷款"), ("mortgage", "个人住房贷款")],
        "users": [("li.min", "李敏"), ("wang.jg", "王建国")],
        "groups": [("market", "市场部")],
    }
    return [forms.Choice(value, three(label, label, label)) for value, label in offered.get(source, [])]


def intake_files(**access: str) -> dict[str, bytes]:
    """An intake with a shared customer part: every type of field, conditions, a table, a calculated sum and rules."""
    customer = {
        "schemaVersion": 1,
        "key": "credit/_customer",
        "components": [
            {
                "type": "section",
                "key": "customer",
                "label": three("Customer", "客户", "客戶"),
                "components": [
                    component(
                        "radio",
                        "kind",
                        values=[
                            {"value": "individual", "label": three("Individual", "个人", "個人")},
                            {"value": "enterprise", "label": three("Enterprise", "企业", "企業")},
                        ],
                        validate={"required": True},
                    ),
                    component("textfield", "name", validate={"required": True, "maxLength": 80}, bind="customer.name"),
                    component("idnumber", "id_number", visible='kind = "individual"', validate={"required": True}),
                    component("creditcode", "credit_code", visible='kind = "enterprise"', validate={"required": True}),
                    component("phone", "phone"),
                ],
            }
        ],
    }
    intake = {
        "schemaVersion": 1,
        "key": INTAKE,
        "title": three("Loan application", "贷款申请", "貸款申請"),
        "include": ["credit/_customer"],
        "access": {"*": "edit", **access},
        "components": [
            {
                "type": "section",
                "key": "loan",
                "label": three("Loan", "贷款", "貸款"),
                "components": [
                    component("select", "product", source="products", validate={"required": True}),
                    component(
                        "number",
                        "amount",
                        decimals=2,
                        unit=three("yuan", "元", "元"),
                        bind="application.amount",
                        validate={"required": True, "min": "1000", "max": "500000000"},
                        help=three("In yuan", "以元为单位", "以元為單位"),
                    ),
                    component("number", "term_months", validate={"min": "1", "max": "360"}),
                    component("date", "needed_by", validate={"min": "today"}),
                    component("textarea", "purpose", validate={"maxLength": 500}),
                    component("checkbox", "consent", validate={"required": True}),
                    component("user", "officer"),
                    component("group", "department"),
                    {"type": "text", "text": three("All amounts in yuan.", "金额单位为元。", "金額單位為元。")},
                ],
            },
            {
                "type": "section",
                "key": "income",
                "label": three("Income", "收入", "收入"),
                "folded": True,
                "components": [
                    component(
                        "table",
                        "incomes",
                        columns=[
                            component("textfield", "source", validate={"required": True}),
                            component("number", "monthly", decimals=2, validate={"min": "0"}),
                            component("checkbox", "proven"),
                        ],
                        validate={"maxRows": 3},
                    ),
                    component("number", "total", decimals=2, calculated="sum(incomes.monthly)"),
                ],
            },
        ],
        "rules": [
            {
                "check": "amount <= 200 * total",
                "field": "amount",
                "message": three("Too much for this income.", "金额超出收入。", "金額超出收入。"),
            }
        ],
    }
    return {
        "credit/_customer.form": json.dumps(customer, ensure_ascii=False).encode(),
        "credit/intake.form": json.dumps(intake, ensure_ascii=False).encode(),
    }


def filled() -> dict[str, str]:
    """A request that enters a complete application."""
    return {
        "kind": "individual",
        "name": "周海燕",
        "id_number": "11010519000127893X",
        "phone": "138 0013 8000",
        "product": "mortgage",
        "amount": "1,200,000.00",
        "term_months": "240",
        "needed_by": "2031-01-15",
        "purpose": "购房\r\n首套",
        "consent": "true",
        "officer": "li.min",
        "department": "market",
        "incomes.rows": "2",
        "incomes.0.source": "工资",
        "incomes.0.monthly": "18,500",
        "incomes.0.proven": "true",
        "incomes.1.source": "租金",
        "incomes.1.monthly": "3200.5",
    }
