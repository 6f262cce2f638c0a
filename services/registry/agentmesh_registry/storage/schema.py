"""Bringing the tables up to date, by Alembic's numbered steps."""

from importlib.resources import as_file, files

import sqlalchemy as sa

from agentmesh.errors import UsageError

NEWEST = "0008"
"""The last of the steps."""


def upgrade(connection: sa.Connection) -> None:
    """Run the migrations that this database lacks, in the transaction of its one writer."""
    last = _last_step(connection)
    if last > NEWEST:
        raise UsageError(
            "database_newer",
            f"This database is of a newer registry: its tables are at step {last}, not {NEWEST}.",
            "Run that version, or restore a backup that this one made.",
        )
    if last != NEWEST:
        _migrate(connection)


def _last_step(connection: sa.Connection) -> str:
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    step = sa.text("SELECT version_num FROM alembic_version")
    return connection.execute(step).scalar() or ""


def _migrate(connection: sa.Connection) -> None:
    # Half of what a registry's start takes is loading this, and it is needed once in a version.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    with as_file(files("agentmesh_registry.storage") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
