"""The catalogue of document types: what a paper is, in three languages. Diagrams name a type in `<credit:document type="…"/>`."""

from __future__ import annotations

from collections.abc import Mapping

TYPES: Mapping[str, Mapping[str, str]] = {
    "id_card": {"en": "Identity card", "zh_Hans": "身份证", "zh_Hant": "身分證"},
    "business_licence": {"en": "Business licence", "zh_Hans": "营业执照", "zh_Hant": "營業執照"},
    "income_proof": {"en": "Proof of income", "zh_Hans": "收入证明", "zh_Hant": "收入證明"},
    "bank_statement": {"en": "Bank statement", "zh_Hans": "银行流水", "zh_Hant": "銀行流水"},
    "financial_statements": {"en": "Financial statements", "zh_Hans": "财务报表", "zh_Hant": "財務報表"},
    "collateral_papers": {"en": "Title of collateral", "zh_Hans": "抵押物权证", "zh_Hant": "抵押物權證"},
    "contract": {"en": "Contract", "zh_Hans": "合同", "zh_Hant": "合約"},
    "site_photos": {"en": "Site photographs", "zh_Hans": "现场照片", "zh_Hant": "現場照片"},
    "credit_report": {"en": "Credit report", "zh_Hans": "征信报告", "zh_Hant": "徵信報告"},
    "credit_report_authorisation": {
        "en": "Authorisation to obtain the credit report",
        "zh_Hans": "征信授权书",
        "zh_Hant": "徵信授權書",
    },
    "investigation_report": {"en": "Investigation report", "zh_Hans": "调查报告", "zh_Hant": "調查報告"},
    "purpose_evidence": {"en": "Evidence of purpose", "zh_Hans": "用途证明", "zh_Hant": "用途證明"},
    "committee_minutes": {"en": "Committee minutes", "zh_Hans": "贷审会会议纪要", "zh_Hant": "貸審會會議紀要"},
    "face_signing_photo": {"en": "Photograph of the signing", "zh_Hans": "面签照片", "zh_Hant": "面簽照片"},
    "valuation_report": {"en": "Valuation report", "zh_Hans": "评估报告", "zh_Hant": "評估報告"},
    "receipt": {"en": "Receipt or invoice", "zh_Hans": "票据发票", "zh_Hant": "票據發票"},
    "other": {"en": "Other document", "zh_Hans": "其他资料", "zh_Hant": "其他資料"},
}


def is_type(key: str) -> bool:
    """Whether the catalogue has the type; deployment refuses diagrams that name another one."""
    return key in TYPES


def label(key: str) -> Mapping[str, str]:
    """The name of a type per language; a type that has left the catalogue is shown by its key."""
    return TYPES.get(key) or {"en": key, "zh_Hans": key, "zh_Hant": key}
