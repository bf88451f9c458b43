"""Drawing what customers ask for: product, amount, term, purpose, income, standing, as the profile has them. Pure and seeded.

The logs are Dutch consumer loans in euro; a Chinese bank lends to firms and farms too. So the spread comes from the
profile and the scale from here: per product a factor on the measured amount, all of it times 7.8 yuan to the euro, and
twelve yuan of today's income for a mark of 1994.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.demo.loan_answers import Loan
from app.demo.profile import Profile, Shares
from app.demo.staff import STAFF
from app.demo.synthetic import Customer, enterprise, individual
from app.products.catalogue import DEMO_PRODUCTS

YUAN_PER_EURO = 7.8
YUAN_PER_MARK = 12
LINE_SHARES = Shares.of({"retail": 0.46, "micro": 0.24, "agriculture": 0.14, "corporate": 0.16})
HIGHEST_UNSECURED = Decimal(1_000_000)


@dataclass(frozen=True)
class Kind:
    """A product as it is asked for here. scale: its amounts against those measured. guarantees: in order of preference."""

    product: str
    scale: float
    repayment_method: str
    guarantees: tuple[str, ...]
    purposes: tuple[str, ...]


# Keys are the purposes of the loan log of 2017; what it calls unknown is somebody's consumption.
RETAIL: Mapping[str, Kind] = {
    "car": Kind("consumer", 1, "equal_instalment", ("credit", "guaranteed"), ("购置家用轿车", "购置新能源汽车")),
    "home improvement": Kind("consumer", 1.2, "equal_instalment", ("credit", "mortgage"), ("住房装修", "厨卫改造")),
    "existing loan takeover": Kind("housing", 9, "equal_instalment", ("mortgage",), ("购买二手住房", "购买首套住房")),
    "remaining debt home": Kind("housing", 7, "equal_principal", ("mortgage",), ("购买改善型住房",)),
    "other": Kind("consumer", 1, "interest_first", ("credit", "pledge"), ("子女留学", "旅游消费", "购置家电")),
}
OTHERS: Mapping[str, Sequence[Kind]] = {
    "micro": (
        Kind("micro_business", 4, "equal_instalment", ("credit", "guaranteed"), ("采购原材料", "店面装修", "备货周转")),
        Kind("personal_business", 7, "interest_first", ("mortgage", "guaranteed"), ("扩大经营", "购置加工设备")),
    ),
    "agriculture": (
        Kind("agriculture", 1.3, "bullet", ("guaranteed", "credit"), ("购买化肥种子", "扩建养殖大棚", "购置插秧机")),
    ),
    "corporate": (
        Kind("working_capital", 110, "interest_first", ("guaranteed", "mortgage"), ("采购原料", "支付货款")),
        Kind("fixed_assets", 320, "equal_principal", ("mortgage",), ("新建厂房", "引进生产线")),
        Kind("supply_chain", 45, "bullet", ("pledge", "guaranteed"), ("应收账款融资",)),
    ),
}
PRODUCTS = {fields["key"]: fields for fields in DEMO_PRODUCTS}


def draw_loan(profile: Profile, draw: random.Random, number: int, *, overdue_now: bool, weak: bool) -> Loan:
    """The application with this number. overdue_now: the pre-check is to refuse it; weak: it is refused later on."""
    line = LINE_SHARES.at(draw.random())
    kind = _kind(profile, line, draw)
    customer = _customer(line, kind.product, number)
    amount = _amount(profile, kind, draw)
    # An amount beyond what is given without security takes the second kind of guarantee, which is secured.
    guarantee = draw.choice(kind.guarantees)
    if guarantee == "credit" and amount > HIGHEST_UNSECURED:
        guarantee = kind.guarantees[1]
    officers = sorted(member.username for member in STAFF if f"{line}_officers" in member.groups)
    officer, second = draw.sample(officers, 2)
    overdue = int(profile.shares["months_overdue"].at(draw.random()))
    return Loan(
        customer=customer,
        product=kind.product,
        line=line,
        amount=amount,
        term_months=_term(profile, kind.product, draw),
        purpose=draw.choice(kind.purposes),
        repayment_method=kind.repayment_method,
        guarantee=guarantee,
        income=_income(profile, customer, amount, draw),
        debt_ratio=Decimal(str(round(profile.curves["debt_ratio"].at(draw.random()), 2))),
        overdue_count=overdue,
        rating=_rating(overdue, draw, weak=weak),
        rate=Decimal("3.45") + Decimal(draw.randrange(0, 16)) * Decimal("0.25"),
        officer=officer,
        second_officer=second,
        overdue_now=overdue_now,
        granted=_hundreds(amount * Decimal("0.8")) if draw.random() < 0.15 else None,
    )


def _kind(profile: Profile, line: str, draw: random.Random) -> Kind:
    if line != "retail":
        return draw.choice(OTHERS[line])
    purpose = profile.shares["purpose"].at(draw.random())
    return RETAIL.get(purpose, RETAIL["other"])


def _customer(line: str, product: str, number: int) -> Customer:
    seed = f"demo {number}"
    is_firm = PRODUCTS[product]["customer_kind"] == "enterprise" or (product == "micro_business" and number % 2 == 0)
    if is_firm:
        return enterprise(seed)
    industry = {"agriculture": "farming", "micro": "wholesale_retail"}.get(line)
    return individual(seed, industry=industry)


def _amount(profile: Profile, kind: Kind, draw: random.Random) -> Decimal:
    """Rounded as people ask: to two digits that matter, within the limits of the product."""
    wanted = profile.curves["amount_eur"].at(draw.random()) * YUAN_PER_EURO * kind.scale
    limits = PRODUCTS[kind.product]
    rounded = Decimal(f"{Decimal(wanted):.1e}").quantize(Decimal(1))
    return min(max(rounded, limits["min_amount"]), limits["max_amount"])


def _term(profile: Profile, product: str, draw: random.Random) -> int:
    """Months, in half years where the product allows it."""
    limits = PRODUCTS[product]
    months = round(profile.curves["term_months"].at(draw.random()) / 6) * 6
    scaled = months * 3 if product == "housing" else months
    return int(min(max(scaled, limits["min_term_months"]), limits["max_term_months"]))


def _income(profile: Profile, customer: Customer, amount: Decimal, draw: random.Random) -> Decimal:
    """Per month: a person's as measured, a firm's in proportion to what it asks for."""
    measured = Decimal(profile.curves["income_dem_month"].at(draw.random()) * YUAN_PER_MARK)
    return _hundreds(amount / 6 + measured if customer.kind == "enterprise" else measured + 2_000)


def _rating(overdue: int, draw: random.Random, *, weak: bool) -> str:
    place = draw.random() + min(overdue, 4) * 0.08 + (0.35 if weak else 0)
    return next((grade for grade, limit in (("A", 0.25), ("B", 0.7), ("C", 1.05), ("D", 1.3)) if place < limit), "E")


def _hundreds(amount: Decimal) -> Decimal:
    return Decimal(round(amount / 100) * 100)
