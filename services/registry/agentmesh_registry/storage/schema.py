"""Bringing the tables up to date, by Alembic's numbered steps."""

from importlib.resources import as_file, files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

_LOCK = 0x41474D45  # any number, the same in every registry process


def upgrade(connection: sa.Connection) -> None:
    """Run the migrations that this database lacks, in its transaction, one process at a time."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    with as_file(files("agentmesh_registry.storage") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
