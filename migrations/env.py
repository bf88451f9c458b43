"""Alembic's entry: which database, which tables."""

from alembic import context
from sqlalchemy import NullPool, create_engine, text

from app.tables import Base, is_ours

LOCK = 7201002

with create_engine(context.config.attributes["url"], poolclass=NullPool).begin() as connection:
    # Several processes may start at once; one migrates, the others wait and find it done.
    connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
    context.configure(
        connection=connection, target_metadata=Base.metadata, include_name=is_ours, transaction_per_migration=False
    )
    context.run_migrations()
