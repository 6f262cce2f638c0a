"""Making a home of what was found: beside the place, and moved there once it is whole."""

import asyncio
import os
import shutil
from pathlib import Path

import msgspec

from agentmesh.crypto.vault import Vault
from agentmesh.daemon.assemble import DATABASE, KEYS, POLICY
from agentmesh.daemon.config import CONFIG
from agentmesh.daemon.moving.draft import Draft
from agentmesh.errors import StorageError, UsageError
from agentmesh.identity.keys import PublicIdentity
from agentmesh.node.peers import CONTACT
from agentmesh.policy import settings
from agentmesh.storage.draft_keys import PUBLIC
from agentmesh.storage.home import Home
from agentmesh.storage.interface import Change, ContactRow, Put
from agentmesh.storage.key_access import sync_directory, write_private
from agentmesh.storage.key_files import SEALED, Choice, KeyFiles, Means
from agentmesh.storage.open_keys import OpenKeys
from agentmesh.storage.sqlite import SqliteStore

_ASIDE = ".moving-in"


def check_free(home: Path, old: Path) -> None:
    """Refuse a place where somebody lives: keys that exist are never overwritten."""
    if home.resolve() == old.resolve():
        raise UsageError(
            "import_into_itself",
            f"{old} is the home of this agent, and the one to import.",
            f"mv '{old}' '{old}-0.2' && agentmesh import agentmesh-0.2 '{old}-0.2'",
        )
    if home.is_symlink() or (home.exists() and (not home.is_dir() or any(home.iterdir()))):
        raise UsageError(
            "home_not_empty",
            f"{home} is not empty: keys that exist are never overwritten.",
            "Set AGENTMESH_HOME to a directory that does not exist yet.",
        )


def lives_in(home: Path) -> str:
    """Return the AMID of the agent that has its keys in a home, "" if there is none."""
    keys = home / KEYS
    if not (keys / SEALED).exists():
        return ""
    try:
        return msgspec.json.decode((keys / PUBLIC).read_bytes(), type=PublicIdentity).amid
    except (OSError, msgspec.MsgspecError):
        return ""


def settle(home: Path, draft: Draft, means: Means, choice: Choice) -> OpenKeys:
    """Make the home. Until it is whole it lies beside its place; what fails leaves nothing."""
    aside = home.with_name(home.name + _ASIDE)
    shutil.rmtree(aside, ignore_errors=True)  # of an attempt that a crash ended
    try:
        with Home(aside):
            keys = KeyFiles(aside / KEYS, means).adopt(draft.seed, draft.created_at, choice)
            write_private(aside / POLICY, settings.write(draft.policy), means.entropy)
            if draft.capabilities:
                said = msgspec.json.encode({"capabilities": draft.capabilities})
                write_private(aside / CONFIG, msgspec.json.format(said) + b"\n", means.entropy)
            asyncio.run(_keep(aside / DATABASE, draft, keys, means))
        home.parent.mkdir(parents=True, exist_ok=True)
        os.rename(aside, home)  # over an empty directory, or where there is none: never over a home
        sync_directory(home.parent)
    except OSError as error:
        raise StorageError("import_failed", f"{home}: {error.strerror}.") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return keys


async def _keep(database: Path, draft: Draft, keys: OpenKeys, means: Means) -> None:
    vault: Vault = keys.vault(means.entropy)
    now = means.clock.now()
    changes: list[Change] = [
        Put(ContactRow(amid=amid, signing_key=b"", trust=CONTACT, added_at=now))
        for amid in draft.contacts
        if amid != keys.identity.amid
    ]
    async with SqliteStore(database, vault) as store:
        if changes:
            await store.commit(changes)
