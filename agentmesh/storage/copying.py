"""A copy of the database as it is at one moment, while the daemon goes on writing."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from agentmesh.storage.connection import connect
from agentmesh.storage.failures import explain, explain_os

_COPY = ".copy"


@contextlib.contextmanager
def copied(database: Path, folder: Path) -> Iterator[Path]:
    """Yield a copy in `folder`, which is erased in the end; what a crash left there goes too."""
    for left in folder.glob(f"*{_COPY}"):
        left.unlink(missing_ok=True)
    copy = folder / f"{os.getpid()}-{database.name}{_COPY}"
    try:
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        with contextlib.closing(connect(database)) as opened:
            opened.execute("VACUUM INTO ?", (str(copy),)).fetchall()
        yield copy
    except sqlite3.Error as error:
        raise explain(error, database) from error
    except OSError as error:
        raise explain_os(error, database) from error
    finally:
        copy.unlink(missing_ok=True)
