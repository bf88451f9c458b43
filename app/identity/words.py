"""What roles and permissions are called on pages; English is the key of the translation."""

from __future__ import annotations

from collections.abc import Mapping

from app.web.access import Permission as P

ROLE_NAMES: Mapping[str, str] = {
    "customer_manager": "Customer manager",
    "staff": "Credit staff",
    "employee": "Employee",
    "supervisor": "Supervisor of cases",
    "branch_supervisor": "Supervisor of a branch's cases",
    "analyst": "Process analyst",
    "route_reviewer": "Reviewer of routes",
    "auditor": "Auditor",
    "compliance": "Compliance",
    "administrator": "Administrator",
    "business_administrator": "Business administrator",
}

PERMISSION_NAMES: Mapping[P, str] = {
    P.CASE_START: "Start a case",
    P.CASE_WORK: "Work on tasks",
    P.CASE_SEE_ALL: "See every case",
    P.CASE_SUPERVISE: "Supervise: reassign, suspend, send back",
    P.BANK_SUPERVISE: "Supervise the whole bank",
    P.CUSTOMER_SEE: "See customers",
    P.CUSTOMER_EDIT: "Enter and change customers",
    P.CUSTOMER_RELATED: "Keep related parties",
    P.DEPLOY: "Design and publish routes",
    P.DEFINITION_SEE: "See routes and tables",
    P.REPORT_SEE: "See reports",
    P.USER_MANAGE: "Manage accounts and rights",
    P.CALENDAR_MANAGE: "Keep the bank's calendar",
    P.STAFF_HAND_OVER: "Hand over a colleague's work",
    P.AUDIT_SEE: "See the audit",
    P.OPERATE: "Look after jobs and messages",
    P.NOTICE_EDIT: "Word the notices",
    P.PRODUCT_MANAGE: "Keep the product catalogue",
}
