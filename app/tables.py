"""Every room's tables in one place, for the migrations and for whoever needs the whole metadata."""

from app.audit import models as audit
from app.bank_calendar import models as bank_calendar
from app.credit_applications import models as credit_applications
from app.customers import models as customers
from app.documents import models as documents
from app.identity import models as identity
from app.jobs import models as jobs
from app.kernel import keys
from app.kernel.db import Base
from app.notifications import models as notifications
from app.products import models as products
from app.replay import models as replay
from app.studio import models as studio
from app.studio.files import import_models as imports
from app.supervision import models as supervision
from app.workflow import models as workflow
from app.workflow.assigning import handover_models as handovers
from app.workflow.committees import vote_models as votes
from app.workflow.deploying import deployment_models as deployments
from app.workflow.migrating import migration_models as migrations
from app.workflow.monitoring import models as monitoring
from app.workflow.moves import move_models as moves

__all__ = [
    "Base",
    "audit",
    "bank_calendar",
    "credit_applications",
    "customers",
    "deployments",
    "documents",
    "handovers",
    "identity",
    "imports",
    "is_ours",
    "jobs",
    "keys",
    "migrations",
    "monitoring",
    "moves",
    "notifications",
    "products",
    "replay",
    "studio",
    "supervision",
    "votes",
    "workflow",
]


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether the migrations of this program keep a table (Alembic asks so); Procrastinate's come from its own SQL."""
    return kind != "table" or not (name or "").startswith("procrastinate_")
