"""The products of the demo bank: what a small Chinese city bank lends, with limits as such banks publish them.

Data, not rules: a real bank keeps its own catalogue in the table. Keys are those that the decision tables of the credit route read.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.products.rules import CustomerKind, GuaranteeKind, RepaymentMethod, texts

P, R, G = CustomerKind, RepaymentMethod, GuaranteeKind
ANY_GUARANTEE = list(G)
SECURED = [G.GUARANTEED, G.MORTGAGE, G.PLEDGE, G.COMBINED]
IDENTITY = ["id_card", "credit_report_authorisation"]


def _product(key: str, line: str, amounts: tuple[int, int], terms: tuple[int, int], **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "business_line": line,
        "min_amount": Decimal(amounts[0]),
        "max_amount": Decimal(amounts[1]),
        "min_term_months": terms[0],
        "max_term_months": terms[1],
        **more,
    }


DEMO_PRODUCTS: list[dict[str, Any]] = [
    _product(
        "consumer",
        "retail",
        (1_000, 500_000),
        (3, 84),
        name=texts("Personal consumer loan", "个人消费贷款", "個人消費貸款"),
        summary=texts(
            "For furnishing, travel, study, cars and durable goods.",
            "用于装修、旅游、教育、购车及耐用消费品。",
            "用於裝修、旅遊、教育、購車及耐用消費品。",
        ),
        customer_kind=P.INDIVIDUAL,
        repayment_methods=[R.EQUAL_INSTALMENT, R.EQUAL_PRINCIPAL, R.INTEREST_FIRST],
        guarantee_kinds=ANY_GUARANTEE,
        required_documents=[*IDENTITY, "income_proof", "purpose_evidence"],
    ),
    _product(
        "housing",
        "retail",
        (50_000, 10_000_000),
        (12, 360),
        name=texts("Home mortgage loan", "个人住房按揭贷款", "個人住房按揭貸款"),
        summary=texts(
            "For a new or second-hand home, secured on it.",
            "购买一手或二手住房，以所购住房抵押。",
            "購買一手或二手住房，以所購住房抵押。",
        ),
        customer_kind=P.INDIVIDUAL,
        repayment_methods=[R.EQUAL_INSTALMENT, R.EQUAL_PRINCIPAL],
        guarantee_kinds=[G.MORTGAGE, G.COMBINED],
        required_documents=[*IDENTITY, "income_proof", "purpose_evidence", "collateral_papers"],
    ),
    _product(
        "personal_business",
        "micro",
        (10_000, 10_000_000),
        (3, 120),
        name=texts("Personal business loan", "个人经营贷款", "個人經營貸款"),
        summary=texts(
            "For owners of shops and firms, for the running of their business.",
            "个体工商户、小微企业主用于日常经营周转。",
            "個體工商戶、小微企業主用於日常經營週轉。",
        ),
        customer_kind=P.INDIVIDUAL,
        repayment_methods=[R.EQUAL_INSTALMENT, R.EQUAL_PRINCIPAL, R.INTEREST_FIRST, R.BULLET],
        guarantee_kinds=ANY_GUARANTEE,
        required_documents=[*IDENTITY, "income_proof", "purpose_evidence"],
    ),
    _product(
        "micro_business",
        "micro",
        (10_000, 5_000_000),
        (3, 36),
        name=texts("Small business quick loan", "小微快贷", "小微快貸"),
        summary=texts(
            "For small and micro firms, on tax, invoice and account data.",
            "面向小微企业，依据纳税、开票及结算数据快速授信。",
            "面向小微企業，依據納稅、開票及結算資料快速授信。",
        ),
        customer_kind=None,
        repayment_methods=[R.EQUAL_INSTALMENT, R.INTEREST_FIRST, R.BULLET],
        guarantee_kinds=ANY_GUARANTEE,
        required_documents=[*IDENTITY, "income_proof"],
    ),
    _product(
        "agriculture",
        "agriculture",
        (1_000, 1_000_000),
        (3, 60),
        name=texts("Farm household loan", "农户小额贷款", "農戶小額貸款"),
        summary=texts(
            "For planting, breeding and farm machinery; repaid with the harvest.",
            "用于种植、养殖及农机购置，可按收成还款。",
            "用於種植、養殖及農機購置，可按收成還款。",
        ),
        customer_kind=P.INDIVIDUAL,
        repayment_methods=[R.EQUAL_INSTALMENT, R.INTEREST_FIRST, R.BULLET, R.CUSTOM],
        guarantee_kinds=ANY_GUARANTEE,
        required_documents=[*IDENTITY],
    ),
    _product(
        "working_capital",
        "corporate",
        (500_000, 200_000_000),
        (3, 36),
        name=texts("Working capital loan", "流动资金贷款", "流動資金貸款"),
        summary=texts(
            "For an enterprise's purchases and running costs; at most three years.",
            "满足企业日常生产经营周转，期限原则上不超过三年。",
            "滿足企業日常生產經營週轉，期限原則上不超過三年。",
        ),
        customer_kind=P.ENTERPRISE,
        repayment_methods=[R.EQUAL_PRINCIPAL, R.INTEREST_FIRST, R.BULLET, R.CUSTOM],
        guarantee_kinds=ANY_GUARANTEE,
        required_documents=[*IDENTITY, "income_proof", "purpose_evidence"],
    ),
    _product(
        "fixed_assets",
        "corporate",
        (1_000_000, 500_000_000),
        (12, 180),
        name=texts("Fixed asset loan", "固定资产贷款", "固定資產貸款"),
        summary=texts(
            "For plant, equipment and technical renewal.",
            "用于厂房建设、设备购置及技术改造。",
            "用於廠房建設、設備購置及技術改造。",
        ),
        customer_kind=P.ENTERPRISE,
        repayment_methods=[R.EQUAL_PRINCIPAL, R.EQUAL_INSTALMENT, R.INTEREST_FIRST, R.CUSTOM],
        guarantee_kinds=SECURED,
        required_documents=[*IDENTITY, "income_proof", "purpose_evidence", "collateral_papers"],
    ),
    _product(
        "supply_chain",
        "corporate",
        (100_000, 50_000_000),
        (1, 12),
        name=texts("Supply chain finance", "供应链融资", "供應鏈融資"),
        summary=texts(
            "Against receivables from a core enterprise.",
            "以核心企业应收账款为还款来源的短期融资。",
            "以核心企業應收帳款為還款來源的短期融資。",
        ),
        customer_kind=P.ENTERPRISE,
        repayment_methods=[R.BULLET, R.INTEREST_FIRST],
        guarantee_kinds=[G.CREDIT, G.GUARANTEED, G.PLEDGE, G.COMBINED],
        required_documents=[*IDENTITY, "purpose_evidence"],
    ),
]
