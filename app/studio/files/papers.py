"""A file of a draft or a version on paper: the picture of a diagram with its outline, a decision table, the fields of a form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flask_babel import get_locale, gettext

from app.kernel import pdf
from app.kernel.errors import NotFound
from app.studio.editors import outlines
from app.studio.file_names import Kind, kind_of
from app.studio.files import tables_on_paper
from app.web.i18n import text_of
from app.workflow import forms
from app.workflow.deploying import picture
from app.workflow.engine.xmlgate import Refused


class NothingToDraw(NotFound):
    """The file has no picture: it is no diagram, can't be read, or holds no coordinates."""


def svg(name: str, files: Mapping[str, bytes]) -> str:
    """The picture of a diagram; raises NotFound, NothingToDraw."""
    if name not in files:
        raise NotFound("The draft has no file {name}.", name=name)
    drawn = _picture(files[name]) if kind_of(name) is Kind.DIAGRAM else ""
    if not drawn:
        raise NothingToDraw("This file has no picture to draw.")
    return drawn


def paper(name: str, files: Mapping[str, bytes], *, title: str, foot: str) -> bytes:
    """The file as PDF; raises NotFound."""
    if name not in files:
        raise NotFound("The draft has no file {name}.", name=name)
    writers = {Kind.DIAGRAM: _diagram, Kind.TABLE: tables_on_paper.blocks, Kind.FORM: _form, Kind.SCENARIO: _plain}
    blocks = list(writers[kind_of(name)](name, files))
    return pdf.render(pdf.Paper(title, blocks, subtitle=name, foot=(foot,), language=str(get_locale())))


def _picture(content: bytes) -> str:
    try:
        return picture.svg(content, str(get_locale()))
    except Refused:
        return ""


def _diagram(name: str, files: Mapping[str, bytes]) -> Iterator[pdf.Block]:
    drawn = _picture(files[name])
    if drawn:
        yield pdf.Picture(drawn, gettext("Diagram"))
    for outline in outlines.of_file(name, files):
        yield pdf.Heading(outline.name)
        if outline.facts:
            yield pdf.Facts(outline.facts)
        columns = (gettext("No."), gettext("Step"), gettext("What it says"), gettext("What comes next"))
        yield pdf.Table(columns, list(_rows(outline.entries)), widths=(1, 4, 7, 5))


def _rows(entries: tuple[outlines.Entry, ...]) -> Iterator[tuple[str, str, str, str]]:
    for entry in entries:
        said = "\n".join(f"{label}: {value}" for label, value in entry.facts)
        ways = "\n".join(f"{way.when} → {way.number} {way.name}".removeprefix(" → ") for way in entry.ways)
        yield entry.number, "\n".join(part for part in (entry.name, entry.kind) if part), said, ways
        yield from _rows(entry.inside)


def _plain(name: str, files: Mapping[str, bytes]) -> Iterator[pdf.Block]:
    yield pdf.Words(files[name].decode("utf-8", "replace"))


def _form(name: str, files: Mapping[str, bytes]) -> Iterator[pdf.Block]:
    try:
        form = forms.load(name.removesuffix(".form"), files)
    except forms.FormError as broken:
        yield pdf.Words("\n".join(text_of(finding.message) for finding in broken.findings))
        return
    yield pdf.Heading(text_of(form.title))
    for section in form.sections:
        if section.label:
            yield pdf.Heading(text_of(section.label))
        rows = [(text_of(field.label), str(field.type), str(field.access), field.key) for field in section.fields]
        columns = (gettext("Field"), gettext("Kind"), gettext("Right"), gettext("Key"))
        yield pdf.Table(columns, rows, widths=(5, 2, 2, 4))
