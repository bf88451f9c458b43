"""Every room's tables in one place, for the migrations and for whoever needs the whole metadata."""

from app.audit import models as audit
from app.identity import models as identity
from app.kernel import keys
from app.kernel.db import Base
from app.notifications import models as notifications
from app.workflow import models as workflow

__all__ = ["Base", "audit", "identity", "keys", "notifications", "workflow"]
