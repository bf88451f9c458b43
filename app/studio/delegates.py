"""What the service tasks of a flow change do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.studio.publish import publishing
from app.workflow.registry import CaseContext, delegate


@delegate("studio.lock_draft")
def lock_draft(case: CaseContext, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Nobody changes the draft while it is reviewed."""
    publishing.lock_draft(case_id=case.instance_id, actor=case.actor, now=case.now)
    return {}


@delegate("studio.open_draft")
def open_draft(case: CaseContext, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """The change was returned: the draft is open again."""
    publishing.open_draft(case_id=case.instance_id, actor=case.actor, now=case.now)
    return {}


@delegate("studio.publish_change")
def publish_change(case: CaseContext, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Store the version and put it in force on its day."""
    publishing.approve(case_id=case.instance_id, actor=case.actor, now=case.now)
    return {}


@delegate("studio.drop_change")
def drop_change(case: CaseContext, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """The author gives the change up."""
    publishing.drop(case_id=case.instance_id, actor=case.actor, now=case.now)
    return {}
