"""Making a home of a backup: whole, beside its place, and put there in one step at the end."""

import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import msgspec

from agentmesh.control import answers, offline
from agentmesh.daemon.backup import ALLOWED, DATABASE, MANIFEST, MAX_MANIFEST, Item, Manifest
from agentmesh.errors import AgentMeshError, UsageError
from agentmesh.node.restored import begin_anew
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.audit_line import Event
from agentmesh.protocol.times import to_text
from agentmesh.protocol.world import Clock, Entropy
from agentmesh.storage.backup_file import Reader, damaged
from agentmesh.storage.failures import explain_os
from agentmesh.storage.home import Home
from agentmesh.storage.key_access import sync_directory, write_private
from agentmesh.storage.key_files import Choice, KeyFiles, Means
from agentmesh.storage.key_passphrase import passphrase
from agentmesh.storage.open_keys import OpenKeys
from agentmesh.storage.sqlite import SqliteStore

_CHUNK = 1 << 20
_MAX_HEAD = 1024
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CHOICES: dict[str, Choice] = {"keyring": "auto", "passphrase": "passphrase", "file": "file"}


async def restore(
    home: Path, asked: offline.Restore, world: tuple[Clock, Entropy]
) -> answers.Restored:
    """Make a home of a backup. Whatever goes wrong, all is as it was before."""
    clock, entropy = world
    with _vacant(home, replace=asked.replace), _staging(home, entropy) as staging:
        with _opened(Path(asked.path)) as file:
            reader = Reader(file, passphrase(asked.passphrase.encode()))
            manifest = _manifest(reader)
            count = _unpack(reader, staging)
        keys = _keys(staging, manifest, asked, world)
        async with SqliteStore(staging / DATABASE, keys.vault(entropy)) as store:
            sessions = await begin_anew(store, clock, entropy)
        log = AuditLog(staging / "logs", keys.audit_key(), clock)
        log.record(Event.RESTORED, sessions=sessions)
        log.close()
        aside = _put_in_place(staging, home, replace=asked.replace)
    return answers.Restored(
        amid=manifest.amid,
        made_at=to_text(manifest.made_at),
        files=count,
        sessions=sessions,
        key_storage=keys.storage,
        set_aside=str(aside or ""),
    )


@contextmanager
def _vacant(home: Path, *, replace: bool) -> Iterator[None]:
    """Refuse a place where something is; with the owner's word, hold it against a daemon."""
    if not _is_taken(home):
        yield
    elif replace and home.is_dir() and not home.is_symlink():
        with Home(home):
            yield
    else:
        raise _taken(home)


def _is_taken(home: Path) -> bool:
    return os.path.lexists(home) and (home.is_symlink() or not home.is_dir() or any(home.iterdir()))


def _taken(home: Path) -> UsageError:
    return UsageError(
        "home_not_empty",
        f"{home} is not empty; a backup is restored into a new home.",
        "Set AGENTMESH_HOME to another directory, or have this one moved aside: --replace",
    )


@contextmanager
def _staging(home: Path, entropy: Entropy) -> Iterator[Path]:
    """Yield a private directory beside the home, locked; it is gone in the end."""
    name = f".{home.name}.restoring"
    staging = home.with_name(f"{name}-{entropy(8).hex()}")
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        for left in home.parent.glob(f"{glob.escape(name)}-*"):
            _erase_left(left)
        with Home(staging):
            yield staging
    except OSError as error:
        raise explain_os(error, staging) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _erase_left(staging: Path) -> None:
    """Erase what a crash has left, and nothing that another restore is at work on."""
    with suppress(AgentMeshError), Home(staging):
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError("file_unreadable", f"{path}: {error.strerror}.") from None
    with file:
        yield file


def _manifest(reader: Reader) -> Manifest:
    item = _item(reader)
    if item.name != MANIFEST or item.size > MAX_MANIFEST:
        raise damaged()
    data = reader.read(item.size)
    try:
        said = msgspec.msgpack.decode(data, type=dict[str, object])
        if said.get("format") != 1:
            raise UsageError(
                "backup_newer", "A newer AgentMesh made this backup.", "Update AgentMesh."
            )
        return msgspec.msgpack.decode(data, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise damaged() from None


def _item(reader: Reader) -> Item:
    length = int.from_bytes(reader.read(4), "big")
    if length > _MAX_HEAD:
        raise damaged()
    try:
        return msgspec.msgpack.decode(reader.read(length), type=Item)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise damaged() from None


def _unpack(reader: Reader, staging: Path) -> int:
    count = 0
    while (item := _item(reader)).name:
        if not ALLOWED.fullmatch(item.name):
            raise damaged()
        path = staging / item.name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            handle = os.open(path, _FLAGS, 0o600)
        except FileExistsError:
            raise damaged() from None
        with os.fdopen(handle, "wb") as file:
            left = item.size
            while left:
                chunk = reader.read(min(left, _CHUNK))
                file.write(chunk)
                left -= len(chunk)
            file.flush()
            os.fsync(file.fileno())
        count += 1
    reader.finish()
    return count


def _keys(
    staging: Path, manifest: Manifest, asked: offline.Restore, world: tuple[Clock, Entropy]
) -> OpenKeys:
    """Put the keys down, kept as they were unless the owner wants it otherwise."""
    clock, entropy = world
    words = passphrase(asked.passphrase.encode())
    means = Means(clock=clock, entropy=entropy, passphrase=words)
    choice = _CHOICES[manifest.keys.storage] if asked.key_storage == "auto" else asked.key_storage
    keys = KeyFiles(staging / "keys", means).restore(manifest.keys, choice)
    if keys.identity.amid != manifest.amid:
        raise damaged()
    _follow(staging / "config.json", keys.storage, entropy)
    return keys


def _follow(config: Path, storage: str, entropy: Entropy) -> None:
    """Let the settings say how the keys are kept now: the daemon would move them back."""
    if not config.is_file():
        return
    try:
        said = msgspec.json.decode(config.read_bytes(), type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return  # the owner has to mend it, as before
    if said.get("key_storage", "auto") != "auto":
        told = msgspec.json.format(msgspec.json.encode({**said, "key_storage": storage})) + b"\n"
        write_private(config, told, entropy)


def _put_in_place(staging: Path, home: Path, *, replace: bool) -> Path | None:
    """Put the home there; return where the one is that was there."""
    aside = None
    if _is_taken(home):
        if not replace:
            raise _taken(home)
        aside = home.with_name(f"{home.name}.before-{staging.name[-16:]}")
        home.rename(aside)
    elif home.is_dir():
        home.rmdir()
    try:
        staging.rename(home)
    except OSError:
        if aside is not None:
            aside.rename(home)
        raise
    sync_directory(home.parent)
    return aside
