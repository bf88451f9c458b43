"""Form files made into forms: JSON read, includes put in, access decided per field, everything checked.

A deployment hands over all its files at once ("<process>/<name>.form" → bytes). Files whose name begins with "_" are
shared parts: they are included by others and are no step of their own. Included components come first, in the order
of `include`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.workflow.forms import limits
from app.workflow.forms.checks import Offers, check_form
from app.workflow.forms.components import read_component
from app.workflow.forms.findings import Finding, Findings, FormError
from app.workflow.forms.model import Access, Field, Form, Note, Rule, Section
from app.workflow.forms.properties import Properties

SUFFIX = ".form"


@dataclass
class _File:
    """One file read: what it says itself, without its includes."""

    title: Mapping[str, str]
    includes: tuple[str, ...]
    access: Mapping[str, Any]
    components: list[Field | Note | Section]
    rules: list[Rule]


def load(key: str, files: Mapping[str, bytes]) -> Form:
    """The form `key` ("<process>/<step>") with its includes; raises `FormError` where anything in it is wrong."""
    form, findings = _load(key, files, Offers())
    if form is None or findings.blocking:
        raise FormError(tuple(findings))
    return form


def check(
    files: Mapping[str, bytes],
    *,
    sources: Mapping[str, Collection[str]] | Collection[str] | None = None,
    binds: Callable[[str], Collection[str] | None] | None = None,
) -> tuple[Finding, ...]:
    """Everything wrong in all form files of a deployment, each finding once, in the order of the files.

    `sources` are the option sources there are, as a mapping with the facts that each tells of its options; `binds` gives the
    bind names of a process. None checks neither (files alone, without a running system).
    """
    offers = Offers(sources, binds)
    found: dict[tuple[str, str, str, str], Finding] = {}
    for name in sorted(name for name in files if name.endswith(SUFFIX)):
        _, findings = _load(name.removesuffix(SUFFIX), files, offers)
        for finding in findings:
            found.setdefault((finding.file, finding.component, finding.code, finding.message["en"]), finding)
    return tuple(found.values())


def is_part(key: str) -> bool:
    """Whether the key names a shared part, which is no step's form."""
    return key.rpartition("/")[2].startswith("_")


def _load(key: str, files: Mapping[str, bytes], offers: Offers) -> tuple[Form | None, Findings]:
    findings = Findings(key + SUFFIX)
    own = _read(key, files, findings)
    if own is None:
        return None, findings
    components, rules = _with_includes(key, own, files, findings, (key,))
    form = _assemble(key, own, components, rules, findings)
    check_form(form, own.access, offers, findings, part=is_part(key))
    return form, findings


def _read(key: str, files: Mapping[str, bytes], findings: Findings) -> _File | None:
    data = _parse(files.get(key + SUFFIX), findings)
    if data is None:
        return None
    properties = Properties(data, "", findings)
    properties.integer("schemaVersion", 1, least=1, most=1)
    properties.take("type")
    found = properties.string("key", required=True)
    if found and found != key:
        findings.error("wrong_key", found=found, wanted=key)
    file = _File(
        title=properties.texts("title", required=not is_part(key)) or {},
        includes=tuple(_included(properties)),
        access=properties.take("access") or {},
        components=[c for c in (read_component(item, findings) for item in properties.objects("components")) if c],
        rules=[rule for item in properties.objects("rules") if (rule := _rule(item, findings))],
    )
    properties.finish()
    return file


def _parse(content: bytes | None, findings: Findings) -> dict[str, Any] | None:
    if content is None:
        findings.error("missing_include", found=findings.file.removesuffix(SUFFIX))
        return None
    if len(content) > limits.FILE_BYTES:
        findings.error("too_large", found=len(content), what="bytes", most=limits.FILE_BYTES)
        return None
    try:
        data = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except (ValueError, RecursionError) as refused:
        findings.error("unreadable", reason=str(refused)[:200])
        return None
    if not isinstance(data, dict):
        findings.error("unreadable", reason="{…} expected")
        return None
    return data


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A repeated name would silently win over the first one."""
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} stands twice in one object")
    return members


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _included(properties: Properties) -> Iterable[str]:
    value = properties.take("include") or []
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return value
    properties.findings.error("wrong_value", property="include", found=repr(value)[:60], wanted='["process/_part"]')
    return []


def _rule(data: dict[str, Any], findings: Findings) -> Rule | None:
    properties = Properties(data, "rules", findings)
    condition, message = properties.expression("check"), properties.texts("message", required=True)
    field = properties.string("field") or None
    if not data.get("check"):
        findings.error("missing", "rules", property="check", wanted="FEEL")
    properties.finish()
    return Rule(condition, message or {}, field) if condition else None


def _with_includes(
    key: str, file: _File, files: Mapping[str, bytes], findings: Findings, path: tuple[str, ...]
) -> tuple[list[Field | Note | Section], list[Rule]]:
    """Components and rules of the included files, depth first, then those of `file`."""
    components: list[Field | Note | Section] = []
    rules: list[Rule] = []
    for name in file.includes:
        if name in path or len(path) > limits.INCLUDE_DEPTH:
            findings.error("include_circle", found=name)
            continue
        if name + SUFFIX not in files:
            findings.error("missing_include", found=name)
            continue
        inside = Findings(name + SUFFIX)
        part = _read(name, files, inside)
        if part is not None:
            more, further = _with_includes(name, part, files, inside, (*path, name))
            components += more
            rules += further
        findings.add(inside)
    return components + file.components, rules + file.rules


def _assemble(
    key: str, own: _File, components: list[Field | Note | Section], rules: list[Rule], findings: Findings
) -> Form:
    sections: list[Section] = []
    loose: list[Field | Note] = []
    for component in components:
        if isinstance(component, Section):
            _close(loose, sections)
            sections.append(component)
        else:
            loose.append(component)
    _close(loose, sections)
    access = own.access if isinstance(own.access, Mapping) else {}
    decided = tuple(_with_access(section, access) for section in sections)
    fields: dict[str, Field] = {}
    for section in decided:
        for field in section.fields:
            if field.key in fields:
                findings.error("duplicate_key", field.key, found=field.key)
            fields.setdefault(field.key, field)
    section_of = {field.key: section for section in decided for field in section.fields}
    return Form(key, own.title, decided, tuple(rules), fields, section_of)


def _close(loose: list[Field | Note], sections: list[Section]) -> None:
    """What stood outside of all sections becomes an anonymous one, in its place."""
    if loose:
        sections.append(Section("", {}, tuple(loose)))
        loose.clear()


def _with_access(section: Section, access: Mapping[str, Any]) -> Section:
    items = tuple(
        replace(item, **_rights(item, section.key, access)) if isinstance(item, Field) else item
        for item in section.items
    )
    return replace(section, items=items)


def _rights(field: Field, section: str, access: Mapping[str, Any]) -> dict[str, Any]:
    """The field's own entry, else its section's, else that of all ("*"), else edit."""
    stated = next((access[name] for name in (field.key, section, "*") if name and name in access), Access.EDIT)
    decided = Access(stated) if stated in list(Access) else Access.HIDDEN
    inside = Access.EDIT if decided.editable else decided
    return {"access": decided, "columns": tuple(replace(column, access=inside) for column in field.columns)}
