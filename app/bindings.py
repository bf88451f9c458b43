"""Importing every room that offers something to diagrams or workers: delegates, record bindings, option sources, jobs."""

from app.credit_applications import bindings as credit_application_bindings
from app.credit_applications import delegates as credit_application_delegates
from app.notifications import jobs as notification_jobs
from app.products import bindings as product_bindings
from app.studio import bindings as studio_bindings
from app.studio import delegates as studio_delegates
from app.studio import examinations
from app.studio import jobs as studio_jobs
from app.studio.reports import report
from app.studio.trials import dry_run_examiner, impact_examiner
from app.workflow import case_documents, notice_subjects
from app.workflow import jobs as workflow_jobs
from app.workflow.assigning import people_choices
from app.workflow.migrating import migration_runs
from app.workflow.monitoring import staffing_runs

__all__ = [
    "case_documents",
    "credit_application_bindings",
    "credit_application_delegates",
    "dry_run_examiner",
    "examinations",
    "impact_examiner",
    "migration_runs",
    "notice_subjects",
    "notification_jobs",
    "people_choices",
    "product_bindings",
    "report",
    "staffing_runs",
    "studio_bindings",
    "studio_delegates",
    "studio_jobs",
    "workflow_jobs",
]
