"""Alembic's way in: it works on the connection that it is handed."""

from agentmesh_registry.storage.tables import metadata
from alembic import context

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
