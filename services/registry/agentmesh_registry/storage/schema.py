"""Bringing the tables up to date, by Alembic's numbered steps."""

from importlib.resources import as_file, files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config


def upgrade(connection: sa.Connection) -> None:
    """Run the migrations that this database lacks, in the transaction of its one writer."""
    with as_file(files("agentmesh_registry.storage") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
