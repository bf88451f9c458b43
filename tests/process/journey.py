"""A case taken through a route by hand, through the engine's own door and with plain values. For tests only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from app.workflow import engine
from tests.process.drawing import ROOT, drawings
from tests.process.variables import fields

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)

INDIVIDUAL: Mapping[str, Any] = {
    "customer_kind": "individual",
    "product": "consumer",
    "amount": 200_000,
    "term_months": 36,
    "guarantee": "credit",
    "industry_restricted": "no",
    "current_overdue": "no",
    "overdue_count": 0,
    "debt_ratio": 35,
}
ENTERPRISE: Mapping[str, Any] = {
    **INDIVIDUAL,
    "customer_kind": "enterprise",
    "product": "working_capital",
    "amount": 12_000_000,
    "guarantee": "mortgage",
    "debt_ratio": 55,
}


@cache
def parsed() -> engine.Parsed:
    """All shipped diagrams and tables, checked together as a deployment does."""
    paths = [path for ending in ("bpmn", "dmn") for path in sorted(ROOT.glob(f"bpmn/*/*.{ending}"))]
    return engine.check({str(p.relative_to(ROOT)): p.read_bytes() for p in paths}, engine.Catalogue())


def definition(key: str) -> engine.Definition:
    """The definition of one route."""
    return next(d for d in parsed().definitions if d.key == key)


class Journey:
    """One case: what is open, what it passed, whom the service tasks called, how it ended. `strict`: an incident fails the test.
    `owes`: a condition of the case is open when its decision is recorded.
    """

    def __init__(self, key: str) -> None:
        self.definition = definition(key)
        self.passed: list[str] = []
        self.called: list[tuple[str, Any]] = []
        self.decisions: dict[str, Any] = {}
        self.strict = True
        self.owes = False
        self._take(engine.start(self.definition, {}, now=NOW, services=self._services()))

    @property
    def stations(self) -> list[str]:
        """Element ids of the open tasks, sorted."""
        return sorted(task.element_id for task in self.progress.open)

    @property
    def variables(self) -> Mapping[str, Any]:
        """The routing variables."""
        return self.progress.variables

    @property
    def end(self) -> str | None:
        """The end event reached, None while the case lives."""
        return self.progress.end_event if self.progress.finished else None

    def do(self, station: str, outcome: str | None = None, **values: Any) -> Journey:
        """Complete an open station with an outcome (its first one if not said) and field values."""
        step = self.definition.steps[station]
        chosen = outcome or step.outcomes[0].id
        assert chosen in {o.id for o in step.outcomes}, f"{station} has no outcome {chosen}"
        answer = {**values, f"{station}_result": chosen}
        self._take(
            engine.complete(
                self.definition, self.progress.state, self._task(station), answer, now=NOW, services=self._services()
            )
        )
        return self

    def send_back(self, sender: str, target: str) -> Journey:
        """The holder of `sender` sends the case back to `target`."""
        task = self._task(sender)
        self._take(
            engine.rewind(
                self.definition, self.progress.state, target, from_task=task, now=NOW, services=self._services()
            )
        )
        return self

    def retry(self, **values: Any) -> Journey:
        """Give what was missing and try again what met trouble."""
        self._take(
            engine.retry(self.definition, self.progress.state, variables=values, now=NOW, services=self._services())
        )
        return self

    def to(self, *stations: str) -> Journey:
        """Say where the case must be now."""
        assert self.stations == sorted(stations), f"{self.stations} instead of {sorted(stations)}"
        return self

    def _task(self, station: str) -> str:
        found = [task.id for task in self.progress.open if task.element_id == station]
        assert len(found) == 1, f"{station} is not open once but {len(found)} times; open: {self.stations}"
        return found[0]

    def _services(self) -> engine.Services:
        def call(delegate: str, variables: dict[str, Any]) -> Mapping[str, Any]:
            self.called.append((delegate, variables.get("decision")))
            return {"conditions_open": self.owes} if delegate == "credit_applications.record_decision" else {}

        return engine.Services(call=call)

    def _take(self, progress: engine.Progress) -> None:
        if self.strict and progress.incident is not None:
            raise AssertionError(progress.incident.message["en"])
        self.progress = progress
        self.passed += progress.passed
        self.decisions |= {taken.id: taken.result for taken in progress.decisions}


def intake(**changes: Any) -> Journey:
    """A case that has just been submitted by the customer manager."""
    kind = ENTERPRISE if changes.get("customer_kind") == "enterprise" else INDIVIDUAL
    return Journey("credit_application").do("intake", **{**kind, **changes})


def assigned(line: str, **changes: Any) -> Journey:
    """A case on the desk of the officers of one line."""
    officers = {"credit_officer": "wangli"} | ({"second_officer": "zhaoqiang"} if line == "corporate" else {})
    return intake(**changes).do("routing", business_line=line).do("assignment", **officers)


INVESTIGATIONS: Mapping[str, tuple[str, ...]] = {
    "corporate": ("corporate_site_visit", "corporate_cross_check", "corporate_conclusion", "corporate_countersign"),
    "micro": ("micro_site_visit", "micro_phone_check", "micro_cross_validation", "micro_conclusion"),
    "retail": ("retail_document_check", "retail_phone_check", "retail_face_signing", "retail_conclusion"),
    "agriculture": (
        "agriculture_household_visit",
        "agriculture_project_check",
        "agriculture_village_review",
        "agriculture_conclusion",
    ),
}


def investigated(line: str, *, rating: str = "B", **changes: Any) -> Journey:
    """A case whose investigation is done, waiting to be submitted for the committee."""
    case = assigned(line, **changes)
    for station in INVESTIGATIONS[line]:
        case.do(station, **({"rating": rating} if station.endswith("_conclusion") else {}))
    return case.to("submission")


def voted(line: str = "retail", *, vote: str = "approve", **changes: Any) -> Journey:
    """A case whose credit committee has voted and whose resolution is on record."""
    case = investigated(line, **changes).do("submission").do("pre_committee_review")
    return case.do("credit_committee", vote).do("committee_resolution")


def declared(**changes: Any) -> Journey:
    """An expense declaration just submitted."""
    facts = {"unit_kind": "faculty", "charged_to": "department", "amount": 80}
    return Journey("expense_declaration").do("declaration", **{**facts, **changes})


def required_fields(station: str) -> set[str]:
    """Names that the form of a station always asks for."""
    (step,) = [d.steps()[station] for d in drawings() if station in d.steps()]
    return {name for name, shown in fields(step.get("form", "")) if shown is None}
