"""Questions about applications."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import joinedload

from app.credit_applications.models import CreditApplication
from app.identity.models import Branch, BusinessLine, Group, Membership, User
from app.kernel.db import session
from app.products.models import Product
from app.workflow.models import CaseState, ProcessInstance

# Every completed step of the credit route asks this; it is put together once.
OF_CASE = (
    select(CreditApplication)
    .where(CreditApplication.instance_id == bindparam("case"))
    .options(joinedload(CreditApplication.customer), joinedload(CreditApplication.product))
)


def application_of(instance_id: uuid.UUID) -> CreditApplication | None:
    """The application of a case with its customer and product: one statement, none where this transaction has it already."""
    known = session.info.get((CreditApplication, instance_id))
    if known is not None and known in session:
        return known
    found = session.scalars(OF_CASE, {"case": instance_id}).first()
    return remember(found) if found is not None else None


def remember(application: CreditApplication) -> CreditApplication:
    """Keep the application at hand until the transaction ends: loading and saving a form asks for it twice."""
    session.info[CreditApplication, application.instance_id] = application
    return application


def applications_of_customer(customer_id: uuid.UUID) -> Sequence[tuple[CreditApplication, ProcessInstance]]:
    """A customer's applications, newest first, with their products and cases."""
    statement = select(CreditApplication, ProcessInstance).options(joinedload(CreditApplication.product))
    statement = statement.join(ProcessInstance, ProcessInstance.id == CreditApplication.instance_id)
    statement = statement.where(CreditApplication.customer_id == customer_id).order_by(CreditApplication.id.desc())
    return [(row[0], row[1]) for row in session.execute(statement)]


def live_cases_of(customer_id: uuid.UUID) -> Sequence[uuid.UUID]:
    """The cases of a customer's applications that are under way, in the order in which they are to be locked."""
    statement = select(ProcessInstance.id).join(CreditApplication, CreditApplication.instance_id == ProcessInstance.id)
    live = ProcessInstance.state.in_([CaseState.ACTIVE, CaseState.SUSPENDED])
    return session.scalars(
        statement.where(CreditApplication.customer_id == customer_id, live).order_by(ProcessInstance.id)
    ).all()


def under_way_by_version(product_key: str) -> dict[int, int]:
    """How many applications under way use a product, by the version they were entered under."""
    version = CreditApplication.product_version
    statement = select(version, func.count()).join(Product, Product.id == CreditApplication.product_id)
    statement = statement.join(ProcessInstance, ProcessInstance.id == CreditApplication.instance_id)
    live = ProcessInstance.state.in_([CaseState.ACTIVE, CaseState.SUSPENDED])
    return {
        row[0]: row[1] for row in session.execute(statement.where(Product.key == product_key, live).group_by(version))
    }


def has_other_applications(application: CreditApplication) -> bool:
    """Whether the customer of this application has more of them."""
    others = CreditApplication.customer_id == application.customer_id, CreditApplication.id != application.id
    return bool(session.scalar(select(exists().where(*others))))


def branch_of_case(instance_id: uuid.UUID) -> int | None:
    """The branch a case belongs to; the row is in memory while somebody acts on it."""
    instance = session.get(ProcessInstance, instance_id)
    return instance.branch_id if instance else None


def officers() -> Sequence[tuple[User, Branch | None, BusinessLine]]:
    """The credit officers of every business line (groups `<line>_officers`) with their branch, by line and name."""
    statement = (
        select(User, Branch, BusinessLine)
        .join(Membership, Membership.user_id == User.id)
        .join(Group, Group.id == Membership.group_id)
        .join(BusinessLine, Group.key == BusinessLine.key + "_officers")
        .outerjoin(Branch, Branch.id == User.branch_id)
        .where(User.active)
        .order_by(BusinessLine.id, User.name, User.id)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]
