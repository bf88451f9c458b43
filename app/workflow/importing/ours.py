"""Diagrams that are ours already, exported here or drawn in our own modeler: they come back as they went out, byte for byte.

Only the names of forms that did not come along are taken off. One in which the check finds an error (a call that leads nowhere, a
line without an end) is repaired like any other.
"""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from app.workflow.engine.checking import check_here
from app.workflow.engine.values import Catalogue, Severity
from app.workflow.importing.gate import Opened
from app.workflow.importing.ledger import Ledger
from app.workflow.importing.values import Fate, Item
from app.workflow.importing.vendors import CREDIT
from app.workflow.importing.work import Work


def as_they_are(
    opened: Mapping[str, Opened], files: Mapping[str, bytes], tables: Mapping[str, bytes]
) -> frozenset[str]:
    """The names of the files that can be taken over as they are. tables: the decision files that came along."""
    own = {name for name, file in opened.items() if not file.remarks and _is_ours(file.root)}
    if not own:
        return frozenset()
    # What this bank lacks (a group, a delegate) is said by the check before deployment and mended in the modeler.
    found = check_here({**{name: files[name] for name in own}, **tables}, Catalogue()).findings
    return frozenset(own - {finding.file for finding in found if finding.severity is Severity.ERROR})


def untouched(ledger: Ledger) -> bool:
    """Whether reading found nothing to put right (such as an id that another file of the upload has too)."""
    return all(line.fate is Fate.KEPT and not line.why for line in ledger.lines)


def take_off_forms(work: Work) -> bool:
    """Take off the names of forms that are not in the upload; whether there were any."""
    taken = False
    for scope in work.diagram.scopes:
        for node in scope.nodes:
            for own in node.said["own"]:
                form = own.get("form")
                if form and form not in work.upload.own_forms:
                    del own.attrib["form"]
                    node.line.changed("form_elsewhere", form=form)
                    taken = True
    return taken


def items(ledger: Ledger, present: frozenset[str]) -> tuple[Item, ...]:
    """Every line as kept: what came out is what came in. What has no id (a line to a note) can't be looked up by it."""
    for line in ledger.lines:
        line.out = line.element
    return ledger.items(present | {""})


def _is_ours(root: etree._Element) -> bool:
    return CREDIT in root.nsmap.values()
