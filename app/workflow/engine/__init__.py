"""The narrow door to SpiffWorkflow: state in, `Progress` out; no database, no web, nothing of the application but FEEL.

A **definition** is a checked, immutable process. A **state** is an opaque blob that the caller stores. Every move takes
both and gives back a `Progress` with the new state; a refused move raises `EngineError` and changes nothing.
"""

from app.workflow.engine.candidates import VALUES as CANDIDATE_VALUES
from app.workflow.engine.candidates import Kind
from app.workflow.engine.candidates import every as every_rule
from app.workflow.engine.candidates import expressions as candidate_expressions
from app.workflow.engine.checking import Parsed, names_drawn
from app.workflow.engine.correspondence import Proposal, proposed, sort_of
from app.workflow.engine.deciding import decide
from app.workflow.engine.definition import Definition
from app.workflow.engine.diagnosis import WaitingJoin, waiting_joins
from app.workflow.engine.differing import ahead_of, changed_elements
from app.workflow.engine.knowing import lines_of, names_set_by
from app.workflow.engine.migrating import migrate, migrate_ticket, migration_price
from app.workflow.engine.model import inner_process
from app.workflow.engine.pacing import pace, timers_by
from app.workflow.engine.prediction import following, predicted
from app.workflow.engine.proving import Known, Proof, Proved, prove
from app.workflow.engine.restoring import Undone, restore, restore_price
from app.workflow.engine.rewinding import go_straight_back, rewind, rewind_price
from app.workflow.engine.running import complete, deliver, look, postpone, retry, start, tick
from app.workflow.engine.sandbox import check
from app.workflow.engine.soundness import Stride
from app.workflow.engine.stations import Candidates, Customs, Document, Link, Moves, Outcome, SendBack, Step, VoteRule
from app.workflow.engine.texts import Findings
from app.workflow.engine.values import (
    LANGUAGES,
    Catalogue,
    DecisionTaken,
    EngineError,
    Finding,
    Incident,
    MigrationRefused,
    NobodyWaits,
    OpenTask,
    Price,
    Progress,
    PutOff,
    RewindRefused,
    Services,
    Severity,
    Spot,
    StateUnreadable,
    TaskNotOpen,
    Texts,
    Ticket,
    Timer,
    Wait,
)
from app.workflow.engine.voting import PERSON, Threshold, groups_named, threshold

__all__ = [
    "CANDIDATE_VALUES",
    "LANGUAGES",
    "PERSON",
    "Candidates",
    "Catalogue",
    "Customs",
    "DecisionTaken",
    "Definition",
    "Document",
    "EngineError",
    "Finding",
    "Findings",
    "Incident",
    "Kind",
    "Known",
    "Link",
    "MigrationRefused",
    "Moves",
    "NobodyWaits",
    "OpenTask",
    "Outcome",
    "Parsed",
    "Price",
    "Progress",
    "Proof",
    "Proposal",
    "Proved",
    "PutOff",
    "RewindRefused",
    "SendBack",
    "Services",
    "Severity",
    "Spot",
    "StateUnreadable",
    "Step",
    "Stride",
    "TaskNotOpen",
    "Texts",
    "Threshold",
    "Ticket",
    "Timer",
    "Undone",
    "VoteRule",
    "Wait",
    "WaitingJoin",
    "ahead_of",
    "candidate_expressions",
    "changed_elements",
    "check",
    "complete",
    "decide",
    "deliver",
    "every_rule",
    "following",
    "go_straight_back",
    "groups_named",
    "inner_process",
    "lines_of",
    "look",
    "migrate",
    "migrate_ticket",
    "migration_price",
    "names_drawn",
    "names_set_by",
    "pace",
    "postpone",
    "predicted",
    "proposed",
    "prove",
    "restore",
    "restore_price",
    "retry",
    "rewind",
    "rewind_price",
    "sort_of",
    "start",
    "threshold",
    "tick",
    "timers_by",
    "waiting_joins",
]
