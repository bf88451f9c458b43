"""What the supervisors' pages share."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("supervision", __name__, template_folder="templates", url_prefix="/supervision")
