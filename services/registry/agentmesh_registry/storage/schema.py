"""Bringing the tables up to date, by Alembic's numbered steps."""

from importlib.resources import as_file, files

import sqlalchemy as sa

NEWEST = "0008"
"""The last of the steps."""


def upgrade(connection: sa.Connection) -> None:
    """Run the migrations that this database lacks, in the transaction of its one writer."""
    if not _is_newest(connection):
        _migrate(connection)


def _is_newest(connection: sa.Connection) -> bool:
    if not sa.inspect(connection).has_table("alembic_version"):
        return False
    step = sa.text("SELECT version_num FROM alembic_version")
    return connection.execute(step).scalars().all() == [NEWEST]


def _migrate(connection: sa.Connection) -> None:
    # Half of what a registry's start takes is loading this, and it is needed once in a version.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    with as_file(files("agentmesh_registry.storage") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
