"""The room in the menu, and its pages, imported for their effect."""

from __future__ import annotations

from flask import Flask

from app.studio import draft_views, examination_views
from app.studio.editors import editor_views, modeler_views, outline_views, table_views
from app.studio.files import draft_file_views, export_views, file_views, history_views, import_views
from app.studio.forms import form_preview_views, form_views
from app.studio.monitoring import monitoring_views, staffing_views
from app.studio.pages import blueprint
from app.studio.publish import migration_views, process_views, publish_views
from app.studio.reports import difference_views, report_views
from app.studio.trials import dry_run_views, impact_views, scenario_views, what_if_views
from app.web import shell
from app.web.access import Permission
from app.web.shell import MenuEntry

__all__ = [
    "blueprint",
    "difference_views",
    "draft_file_views",
    "draft_views",
    "dry_run_views",
    "editor_views",
    "examination_views",
    "export_views",
    "file_views",
    "form_preview_views",
    "form_views",
    "history_views",
    "impact_views",
    "import_views",
    "install",
    "migration_views",
    "modeler_views",
    "monitoring_views",
    "outline_views",
    "process_views",
    "publish_views",
    "report_views",
    "scenario_views",
    "staffing_views",
    "table_views",
    "what_if_views",
]


def install(app: Flask) -> None:
    """Take part in the menu."""
    shell.add_to_menu(MenuEntry("studio.list_drafts", "Studio", Permission.DEFINITION_SEE, "workflow", 40))
    app.register_blueprint(blueprint)
