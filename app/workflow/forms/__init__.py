"""Forms: one JSON file says what a step shows, what it may change and what is right; page, check and schema all come
from it.

Terms: form (of one step, includes resolved), field, access (what this step may do with a field: hidden, read, edit,
required), section, table (rows of columns), rule (a check across fields), submission (what a request brought, typed,
with reasons of refusal), draft (what was typed, unchecked), finding (what is wrong with a form file).

Pure: no database and no Flask; choices come from a callback. Expressions are FEEL.
"""

from app.workflow.forms.files import check, is_part, load
from app.workflow.forms.findings import Finding, FormError, Severity
from app.workflow.forms.model import Access, Choice, Field, FieldType, Form, Option, OptionSource, Rule, Section
from app.workflow.forms.pages import prefilled
from app.workflow.forms.rendering import PlainItem, PlainSection, PlainTable, plain, render, show
from app.workflow.forms.stored import from_json, json_schema, to_json
from app.workflow.forms.submissions import Submission, is_refresh, read, read_draft, to_posted
from app.workflow.forms.values import ValueRefused, parse

__all__ = [
    "Access",
    "Choice",
    "Field",
    "FieldType",
    "Finding",
    "Form",
    "FormError",
    "Option",
    "OptionSource",
    "PlainItem",
    "PlainSection",
    "PlainTable",
    "Rule",
    "Section",
    "Severity",
    "Submission",
    "ValueRefused",
    "check",
    "from_json",
    "is_part",
    "is_refresh",
    "json_schema",
    "load",
    "parse",
    "plain",
    "prefilled",
    "read",
    "read_draft",
    "render",
    "show",
    "to_json",
    "to_posted",
]
