"""What a product allows, and the closed lists of lending, each with its words in three languages: pure.

Sources: repayment methods and guarantee kinds as the Chinese Civil Code (arts. 388, 681) and common loan contracts name them;
industries are the twenty sections of GB/T 4754-2017, each label led by the section's letter.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

Texts = Mapping[str, str]


class CustomerKind(StrEnum):
    """Whom the bank lends to."""

    INDIVIDUAL = "individual"
    ENTERPRISE = "enterprise"


class RepaymentMethod(StrEnum):
    """How a loan is paid back."""

    EQUAL_INSTALMENT = "equal_instalment"
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_FIRST = "interest_first"
    BULLET = "bullet"
    CUSTOM = "custom"


class GuaranteeKind(StrEnum):
    """What stands behind a loan besides the borrower's word."""

    CREDIT = "credit"
    GUARANTEED = "guaranteed"
    MORTGAGE = "mortgage"
    PLEDGE = "pledge"
    COMBINED = "combined"


class Act(StrEnum):
    """What a proposed change does to the catalogue."""

    CREATE = "create"
    CHANGE = "change"
    WITHDRAW = "withdraw"
    OFFER = "offer"


class ChangeState(StrEnum):
    """What has become of a proposed change."""

    OPEN = "open"
    AGREED = "agreed"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"


def texts(en: str, zh_Hans: str, zh_Hant: str) -> Texts:
    """One text in the three languages of the program."""
    return {"en": en, "zh_Hans": zh_Hans, "zh_Hant": zh_Hant}


CUSTOMER_KINDS: Mapping[str, Texts] = {
    CustomerKind.INDIVIDUAL: texts("Individual", "个人", "個人"),
    CustomerKind.ENTERPRISE: texts("Enterprise", "企业", "企業"),
}

REPAYMENT_METHODS: Mapping[str, Texts] = {
    RepaymentMethod.EQUAL_INSTALMENT: texts("Equal instalments", "等额本息", "等額本息"),
    RepaymentMethod.EQUAL_PRINCIPAL: texts("Equal principal", "等额本金", "等額本金"),
    RepaymentMethod.INTEREST_FIRST: texts(
        "Interest monthly, principal at maturity", "按月付息，到期还本", "按月付息，到期還本"
    ),
    RepaymentMethod.BULLET: texts("All at maturity", "到期一次还本付息", "到期一次還本付息"),
    RepaymentMethod.CUSTOM: texts("By agreed plan", "按约定计划还款", "按約定計劃還款"),
}

GUARANTEE_KINDS: Mapping[str, Texts] = {
    GuaranteeKind.CREDIT: texts("Unsecured", "信用", "信用"),
    GuaranteeKind.GUARANTEED: texts("Guarantor", "保证", "保證"),
    GuaranteeKind.MORTGAGE: texts("Mortgage", "抵押", "抵押"),
    GuaranteeKind.PLEDGE: texts("Pledge", "质押", "質押"),
    GuaranteeKind.COMBINED: texts("Combined", "组合担保", "組合擔保"),
}

INDUSTRIES: Mapping[str, Texts] = {
    "farming": texts("A Agriculture, forestry, animal husbandry, fishery", "A 农、林、牧、渔业", "A 農、林、牧、漁業"),
    "mining": texts("B Mining", "B 采矿业", "B 採礦業"),
    "manufacturing": texts("C Manufacturing", "C 制造业", "C 製造業"),
    "utilities": texts(
        "D Electricity, heat, gas, water", "D 电力、热力、燃气及水生产和供应业", "D 電力、熱力、燃氣及水生產和供應業"
    ),
    "construction": texts("E Construction", "E 建筑业", "E 建築業"),
    "wholesale_retail": texts("F Wholesale and retail", "F 批发和零售业", "F 批發和零售業"),
    "transport": texts("G Transport, storage, post", "G 交通运输、仓储和邮政业", "G 交通運輸、倉儲和郵政業"),
    "catering": texts("H Hotels and catering", "H 住宿和餐饮业", "H 住宿和餐飲業"),
    "technology": texts(
        "I Information technology", "I 信息传输、软件和信息技术服务业", "I 資訊傳輸、軟體和資訊技術服務業"
    ),
    "finance": texts("J Finance", "J 金融业", "J 金融業"),
    "real_estate": texts("K Real estate", "K 房地产业", "K 房地產業"),
    "business_services": texts("L Leasing and business services", "L 租赁和商务服务业", "L 租賃和商務服務業"),
    "research": texts("M Research and technical services", "M 科学研究和技术服务业", "M 科學研究和技術服務業"),
    "environment": texts(
        "N Water, environment, public facilities", "N 水利、环境和公共设施管理业", "N 水利、環境和公共設施管理業"
    ),
    "household_services": texts(
        "O Household, repair, other services", "O 居民服务、修理和其他服务业", "O 居民服務、修理和其他服務業"
    ),
    "education": texts("P Education", "P 教育", "P 教育"),
    "health": texts("Q Health and social work", "Q 卫生和社会工作", "Q 衛生和社會工作"),
    "culture": texts("R Culture, sports, entertainment", "R 文化、体育和娱乐业", "R 文化、體育和娛樂業"),
    "public_sector": texts(
        "S Public administration, associations", "S 公共管理、社会保障和社会组织", "S 公共管理、社會保障和社會組織"
    ),
    "international": texts("T International organisations", "T 国际组织", "T 國際組織"),
    "other": texts("Other", "其他", "其他"),
}


class Offer(Protocol):
    """What a product says about the loans it covers. Amounts in yuan, terms in months, both ends included."""

    @property
    def customer_kind(self) -> str | None: ...

    @property
    def min_amount(self) -> Decimal: ...

    @property
    def max_amount(self) -> Decimal: ...

    @property
    def min_term_months(self) -> int: ...

    @property
    def max_term_months(self) -> int: ...

    @property
    def repayment_methods(self) -> Sequence[str]: ...

    @property
    def guarantee_kinds(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Wish:
    """What a borrower asks of a product; None is not said yet and is not judged."""

    customer_kind: str | None = None
    amount: Decimal | None = None
    term_months: int | None = None
    repayment_method: str | None = None
    guarantee: str | None = None


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field: an English sentence, also the key of its translation, and what fills its {places}."""

    field: str
    text: str
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)


def wish_faults(offer: Offer, wish: Wish) -> list[Fault]:
    """Everything in the wish that the product does not cover, in the order of a form; empty means it fits."""
    found = (
        _kind_fault(offer, wish.customer_kind),
        _amount_fault(offer, wish.amount),
        _term_fault(offer, wish.term_months),
        _choice_fault("repayment_method", offer.repayment_methods, wish.repayment_method),
        _choice_fault("guarantee", offer.guarantee_kinds, wish.guarantee),
    )
    return [fault for fault in found if fault is not None]


KIND_FAULTS = {
    CustomerKind.INDIVIDUAL: "Product: this one is for individuals only.",
    CustomerKind.ENTERPRISE: "Product: this one is for enterprises only.",
}


def _kind_fault(offer: Offer, kind: str | None) -> Fault | None:
    if kind is None or offer.customer_kind in (None, kind):
        return None
    return Fault("product", KIND_FAULTS[CustomerKind(offer.customer_kind or kind)])


def _amount_fault(offer: Offer, amount: Decimal | None) -> Fault | None:
    if amount is None or offer.min_amount <= amount <= offer.max_amount:
        return None
    limits = {"least": f"{offer.min_amount:,.2f}", "most": f"{offer.max_amount:,.2f}"}
    return Fault("amount", "Amount: this product is given from {least} to {most} yuan.", limits)


def _term_fault(offer: Offer, months: int | None) -> Fault | None:
    if months is None or offer.min_term_months <= months <= offer.max_term_months:
        return None
    limits = {"least": offer.min_term_months, "most": offer.max_term_months}
    return Fault("term_months", "Term: this product is given for {least} to {most} months.", limits)


CHOICE_FAULTS = {
    "repayment_method": "Repayment method: this product can't be repaid in this way.",
    "guarantee": "Guarantee: this product is not given against this kind of guarantee.",
}


def _choice_fault(name: str, allowed: Sequence[str], chosen: str | None) -> Fault | None:
    return None if chosen is None or chosen in allowed else Fault(name, CHOICE_FAULTS[name])
