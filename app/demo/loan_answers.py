"""What demo people enter at the stations of the credit route: the values of each form, in Chinese, from the facts of
the case. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.demo.synthetic import Customer

Values = dict[str, Any]

# The level from which a company's or a loan's size asks for guarantors is the bank's; here it only fills the tables.
DEPOSIT_RATIO = Decimal("1.6")


@dataclass(frozen=True)
class Loan:
    """The facts of one application. Amounts in yuan, income per month, rate and debt ratio in per cent.

    rating: A to E, what the officer will find. overdue_now: the pre-check refuses it. granted: what the committee
    leaves of the amount.
    """

    customer: Customer
    product: str
    line: str
    amount: Decimal
    term_months: int
    purpose: str
    repayment_method: str
    guarantee: str
    income: Decimal
    debt_ratio: Decimal
    overdue_count: int
    rating: str
    rate: Decimal
    officer: str
    second_officer: str = ""
    overdue_now: bool = False
    granted: Decimal | None = None


def answer(station: str, loan: Loan, today: date, *, against: bool = False) -> Values:
    """The values for a station's form; `against`: whoever fills it in wants the application refused."""
    fill = STATIONS.get(station)
    return fill(loan, today, against) if fill else {}


def opinion(station: str, *, against: bool) -> str:
    """A sentence of the kind that such a person writes."""
    return (OPINIONS_AGAINST if against else OPINIONS).get(station, "不同意，理由见附件。" if against else "同意。")


def _intake(loan: Loan, _today: date, _against: bool) -> Values:
    return {**_who(loan), **_what(loan), **_finances(loan), **_security(loan)}


def _who(loan: Loan) -> Values:
    customer = loan.customer
    own = {"id_number": customer.number, "employer": customer.employer}
    if customer.kind == "enterprise":
        own = {"credit_code": customer.number, "legal_representative": customer.partner}
    return {
        "customer_kind": customer.kind,
        "customer_name": customer.name,
        **own,
        "phone": customer.phone,
        "address": customer.address,
        "industry": customer.industry,
    }


def _what(loan: Loan) -> Values:
    return {
        "product": loan.product,
        "amount": loan.amount,
        "term_months": Decimal(loan.term_months),
        "purpose": loan.purpose,
        "repayment_method": loan.repayment_method,
        "guarantee": loan.guarantee,
    }


def _finances(loan: Loan) -> Values:
    source = {"enterprise": "business"}.get(loan.customer.kind, "farming" if loan.line == "agriculture" else "salary")
    values: Values = {
        "incomes": [{"kind": source, "payer": loan.customer.employer or loan.customer.name, "monthly": loan.income}],
        "monthly_outgoings": _hundreds(loan.income * loan.debt_ratio / 100),
        "current_overdue": "yes" if loan.overdue_now else "no",
        "overdue_count": Decimal(loan.overdue_count),
        "debt_ratio": loan.debt_ratio,
        "industry_restricted": "no",
    }
    if loan.customer.kind == "enterprise":
        values["annual_revenue"] = loan.income * 12
    return values


def _security(loan: Loan) -> Values:
    values: Values = {}
    if loan.guarantee in ("mortgage", "pledge", "combined"):
        kind, what = (
            ("deposit", "定期存单") if loan.guarantee == "pledge" else ("house", f"{loan.customer.address}房产")
        )
        worth = _hundreds(loan.amount * DEPOSIT_RATIO)
        values["collateral"] = [{"kind": kind, "description": what, "owner": loan.customer.name[:60], "value": worth}]
    if loan.guarantee in ("guaranteed", "combined"):
        values["guarantors"] = [{"name": loan.customer.partner, "relation": "亲属", "income": loan.income}]
    return values


def _routing(loan: Loan, _today: date, _against: bool) -> Values:
    return {"business_line": loan.line}


def _assignment(loan: Loan, _today: date, _against: bool) -> Values:
    second = {"second_officer": loan.second_officer} if loan.line == "corporate" else {}
    return {"credit_officer": loan.officer, **second, "assignment_note": "请按时完成调查。"}


def _retail_documents(_loan: Loan, _today: date, against: bool) -> Values:
    return {
        "retail_identity_ok": "yes",
        "retail_income_ok": "no" if against else "yes",
        "retail_purpose_ok": "yes",
        "retail_document_findings": "收入证明与流水不一致。" if against else "资料齐全，与原件一致。",
    }


def _retail_phone(_loan: Loan, today: date, against: bool) -> Values:
    return {
        "retail_call_date": today,
        "retail_borrower_reached": "yes",
        "retail_employer_confirms": "no" if against else "yes",
        "retail_aware": "no" if against else "yes",
        "retail_phone_findings": "单位否认在职情况。" if against else "本人知悉贷款，单位确认在职。",
    }


def _retail_signing(loan: Loan, today: date, _against: bool) -> Values:
    return {
        "retail_signing_date": today,
        "retail_signing_place": "支行营业厅",
        "retail_face_match": "yes",
        "retail_will": "yes",
        "retail_interview": f"客户本人到场，确认申请{loan.amount:,.0f}元，用于{loan.purpose}。",
    }


def _retail_valuation(loan: Loan, today: date, _against: bool) -> Values:
    return {
        "retail_valuation_date": today,
        "retail_valuer": "云溪市诚信房地产评估所",
        "retail_property_value": _hundreds(loan.amount * DEPOSIT_RATIO),
        "retail_loan_to_value": (100 / DEPOSIT_RATIO).quantize(Decimal("0.01")),
        "retail_title_clear": "yes",
    }


def _micro_visit(loan: Loan, today: date, _against: bool) -> Values:
    return {
        "micro_visit_date": today,
        "micro_visit_place": loan.customer.address,
        "micro_daily_takings": _hundreds(loan.income / 26),
        "micro_stock": _hundreds(loan.income * 2),
        "micro_visit_findings": "店面正常经营，存货与台账基本一致。",
    }


def _micro_phone(loan: Loan, _today: date, against: bool) -> Values:
    return {
        "micro_calls": [{"who": loan.customer.partner, "role": "supplier", "answer": "合作三年，回款正常。"}],
        "micro_phone_findings": "供应商反映近期拖欠货款。" if against else "上下游核实一致。",
    }


def _micro_validation(loan: Loan, _today: date, _against: bool) -> Values:
    return {
        "micro_character": loan.rating,
        "micro_product": "B",
        "micro_collateral": "B",
        "micro_water_bill": Decimal(420),
        "micro_power_bill": Decimal(2800),
        "micro_tax": _hundreds(loan.income * Decimal("0.03")),
        "micro_verified_income": loan.income,
        "micro_deviation": Decimal(8),
    }


def _agriculture_visit(loan: Loan, today: date, _against: bool) -> Values:
    return {
        "agriculture_visit_date": today,
        "agriculture_village": f"{loan.customer.address}所在村",
        "agriculture_household": Decimal(4),
        "agriculture_labour": Decimal(2),
        "agriculture_visit_findings": "家庭和睦，有多年种养经验。",
    }


def _agriculture_projects(loan: Loan, _today: date, _against: bool) -> Values:
    return {
        "agriculture_projects": [{"kind": "水稻", "scale": Decimal(25), "yearly_income": _hundreds(loan.income * 12)}],
        "agriculture_season": "四月插秧，十月收割后还款",
        "agriculture_insured": "yes",
        "agriculture_project_findings": "长势正常，已投保。",
    }


def _agriculture_village(loan: Loan, today: date, against: bool) -> Values:
    return {
        "agriculture_review_date": today,
        "agriculture_reviewers": "村支书、村会计、驻村信贷员",
        "agriculture_standing": loan.rating,
        "agriculture_disputes": "yes" if against else "no",
        "agriculture_review_findings": "邻里评价良好。",
    }


def _corporate_visit(loan: Loan, today: date, _against: bool) -> Values:
    return {
        "corporate_visit_date": today,
        "corporate_visit_place": loan.customer.address,
        "corporate_people_met": f"法定代表人{loan.customer.partner}、财务负责人",
        "corporate_premises": "厂房设备运转正常，库存合理。",
        "corporate_employees": Decimal(86),
        "corporate_market": "订单稳定，主要客户合作五年以上。",
        "corporate_accounts": [{"year": str(today.year - 1), "revenue": loan.income * 12}],
    }


def _corporate_check(_loan: Loan, today: date, against: bool) -> Values:
    return {
        "corporate_check_date": today,
        "corporate_registry_checked": "yes",
        "corporate_bank_flows_match": "no" if against else "yes",
        "corporate_tax_match": "yes",
        "corporate_differences": "流水低于申报收入三成。" if against else "无重大差异。",
    }


def _conclusion(loan: Loan, _today: date, against: bool) -> Values:
    offer = (
        {}
        if against
        else {
            "recommended_amount": loan.granted or loan.amount,
            "recommended_term_months": Decimal(loan.term_months),
            "recommended_rate": loan.rate,
        }
    )
    less = loan.granted is not None and loan.granted < loan.amount
    return {
        "rating": loan.rating,
        "rating_reason": "经营收入下滑，负债偏高。" if against else "还款来源稳定，信用记录良好。",
        "disposable_income": _hundreds(loan.income * (100 - loan.debt_ratio) / 100),
        "recommendation": "refuse" if against else "grant_less" if less else "grant",
        **offer,
        "risks": "关注还款来源集中度。",
    }


def _submission(_loan: Loan, _today: date, _against: bool) -> Values:
    return {"submission_checked": True, "submission_note": "资料齐备，提请审查。"}


def _review(loan: Loan, _today: date, against: bool) -> Values:
    return {
        "review_complete": "yes",
        "review_consistent": "no" if against else "yes",
        "review_within_policy": "yes",
        "review_exposure": loan.amount,
        "review_remarks": "收入与流水不符。" if against else "资料齐全，符合政策。",
    }


def _resolution(loan: Loan, today: date, against: bool) -> Values:
    terms = {} if against else _terms(loan)
    return {"meeting_date": today, "discussion": "委员就还款来源与担保进行了讨论。", **terms}


def _risk_review(_loan: Loan, today: date, against: bool) -> Values:
    return {
        "risk_meeting_date": today,
        "risk_level": "high" if against else "medium",
        "risk_remarks": "集中度偏高。" if against else "风险可控，注意贷后资金监控。",
    }


def _release(_loan: Loan, today: date, against: bool) -> Values:
    return {"release_date": today, "release_remarks": "条件均已落实，凭证齐全。"}


def _final(loan: Loan, _today: date, against: bool) -> Values:
    return {} if against else _terms(loan)


def _terms(loan: Loan) -> Values:
    return {
        "approved_amount": loan.granted or loan.amount,
        "approved_term_months": Decimal(loan.term_months),
        "approved_rate": loan.rate,
    }


def _hundreds(amount: Decimal) -> Decimal:
    return Decimal(round(amount / 100) * 100)


STATIONS: Mapping[str, Callable[[Loan, date, bool], Values]] = {
    "intake": _intake,
    "routing": _routing,
    "assignment": _assignment,
    "retail_document_check": _retail_documents,
    "retail_phone_check": _retail_phone,
    "retail_face_signing": _retail_signing,
    "retail_valuation": _retail_valuation,
    "retail_conclusion": _conclusion,
    "micro_site_visit": _micro_visit,
    "micro_phone_check": _micro_phone,
    "micro_cross_validation": _micro_validation,
    "micro_conclusion": _conclusion,
    "agriculture_household_visit": _agriculture_visit,
    "agriculture_project_check": _agriculture_projects,
    "agriculture_village_review": _agriculture_village,
    "agriculture_conclusion": _conclusion,
    "corporate_site_visit": _corporate_visit,
    "corporate_cross_check": _corporate_check,
    "corporate_conclusion": _conclusion,
    "submission": _submission,
    "pre_committee_review": _review,
    "committee_resolution": _resolution,
    "risk_review": _risk_review,
    "final_approval": _final,
    "conditions_release": _release,
}

OPINIONS: Mapping[str, str] = {
    "pre_committee_review": "资料齐全，同意上会。",
    "credit_committee": "还款来源可靠，同意。",
    "risk_committee": "风险可控，同意。",
    "final_approval": "同意按贷审会意见执行。",
}
OPINIONS_AGAINST: Mapping[str, str] = {
    "routing": "不符合准入条件，不予受理。",
    "retail_phone_check": "电核信息不符。",
    "micro_phone_check": "上下游反映经营异常。",
    "pre_committee_review": "收入无法核实，建议否决。",
    "credit_committee": "第一还款来源不足，不同意。",
    "risk_committee": "风险敞口过大，不同意。",
    "final_approval": "综合考虑，不予批准。",
}
