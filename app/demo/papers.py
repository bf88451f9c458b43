"""The documents of generated cases: one small PDF per type, the same bytes everywhere, that says what it stands for."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from io import BytesIO

from app.documents import operations, queries, types
from app.identity.rules import Person

PAGE = (595, 842)


def attach(instance_id: uuid.UUID, required: Iterable[str], *, element_id: str, person: Person, now: datetime) -> int:
    """Add the required documents that the case does not have yet; returns how many."""
    missing = queries.missing_types("case", instance_id, required)
    for key in missing:
        operations.add_document(
            owner_type="case",
            owner_id=instance_id,
            type_key=key,
            file_name=f"{types.label(key)['zh_Hans']}.pdf",
            stream=BytesIO(paper(key)),
            element_id=element_id,
            actor=person.actor,
            now=now,
        )
    return len(missing)


@cache
def paper(type_key: str) -> bytes:
    """A PDF of one page with the English name of the document type."""
    title = types.label(type_key)["en"].replace("(", "").replace(")", "")
    return pdf([f"Creditflow demo: {title}", "This page stands for a scanned document. Nobody real is meant."])


def pdf(lines: list[str]) -> bytes:
    """A PDF 1.4 of one A4 page with the lines in Helvetica; ASCII without brackets only."""
    text = "BT /F1 18 Tf 60 760 Td 28 TL " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {PAGE[0]} {PAGE[1]}] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    written, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(written))
        written += f"{number} 0 obj\n{body}\nendobj\n".encode("ascii")
    entries = "".join(f"{place:010d} 00000 n \n" for place in places)
    table = f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{entries}"
    end = f"trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R >>\nstartxref\n{len(written)}\n%%EOF\n"
    return written + (table + end).encode("ascii")
