"""The control call that backs everything up."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

from agentmesh.control import answers, calls
from agentmesh.crypto.secret import Secret
from agentmesh.daemon.backup import Manifest, write_home
from agentmesh.daemon.records import Records
from agentmesh.errors import StorageError, UsageError
from agentmesh.observability.audit_line import Event
from agentmesh.protocol.times import to_text
from agentmesh.storage.backup_file import Writer
from agentmesh.storage.failures import explain_os
from agentmesh.storage.key_access import sync_directory
from agentmesh.storage.key_passphrase import passphrase

Permit = calls.Permit
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


async def backup(records: Records, asked: calls.Backup, _: Permit) -> answers.BackedUp:
    """Write a backup; the log says so before it is made, so that the backup says so, too."""
    path = Path(asked.path)
    if not path.is_absolute():
        raise UsageError("invalid_path", "The path of a backup is absolute.")
    if os.path.lexists(path):
        raise _exists(path)
    words = passphrase(asked.passphrase.encode())
    records.audit().record(Event.BACKUP_MADE)
    await asyncio.to_thread(records.audit().flush)
    manifest = Manifest(
        amid=records.identity.amid, made_at=records.clock.now(), keys=records.keys()
    )
    files = await asyncio.to_thread(_write, records, path, manifest, words)
    return answers.BackedUp(
        path=str(path),
        amid=manifest.amid,
        made_at=to_text(manifest.made_at),
        files=files,
        bytes=path.stat().st_size,
    )


def _write(records: Records, path: Path, manifest: Manifest, words: Secret) -> int:
    """Write the whole file beside its place, and put it there if nothing else is."""
    new = path.with_name(f".{path.name[:100]}.{records.entropy(8).hex()}.new")
    try:
        with os.fdopen(_begun(new), "wb") as file:
            stream = Writer(file, words, records.entropy)
            files = write_home(records.home, manifest, stream)
            stream.finish()
            file.flush()
            os.fsync(file.fileno())
        _put_there(new, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise explain_os(error, path) from None
    finally:
        with suppress(OSError):
            new.unlink()
    return files


def _begun(new: Path) -> int:
    try:
        return os.open(new, _FLAGS, 0o600)
    except (FileNotFoundError, NotADirectoryError):
        raise StorageError("backup_unwritable", f"There is no directory {new.parent}.") from None


def _put_there(new: Path, path: Path) -> None:
    try:
        os.link(new, path)
    except FileExistsError:
        raise
    except OSError:  # no links on this disk
        if os.path.lexists(path):
            raise _exists(path) from None
        new.rename(path)
    sync_directory(path.parent)


def _exists(path: Path) -> UsageError:
    return UsageError("file_exists", f"{path} is there already.", "Name another one.")
