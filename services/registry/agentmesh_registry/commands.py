"""What an operator does besides serving: look, back up, bring up to date."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from agentmesh.errors import AgentMeshError, UsageError, plain
from agentmesh.observability.private_file import write_once
from agentmesh.observability.world import SystemClock, system_entropy
from agentmesh.protocol.certificates.revocation_list import Reason
from agentmesh.protocol.ids import parse_amid
from agentmesh.protocol.revocation import RevocationReason
from agentmesh_registry.authority.files import create
from agentmesh_registry.config import Config, authority_path, log_key_path, parse_command
from agentmesh_registry.log_key import HeadSigner, open_key
from agentmesh_registry.storage.certificates import CertificateStore
from agentmesh_registry.storage.copying import Copied, copy_in, copy_out
from agentmesh_registry.storage.database import Database, opened
from agentmesh_registry.storage.ledger import Ledger
from agentmesh_registry.storage.revoking import Revocations, RevokeOutcome
from agentmesh_registry.storage.verifying import Report, counted, verified

T = TypeVar("T")
WRONG_SETTINGS, DAMAGED, TRY_AGAIN = 2, 8, 75


def failed(error: AgentMeshError) -> int:
    """Say what went wrong, and return the exit code."""
    click.echo(f"agentmesh-registry: {error.message}", err=True)
    if error.hint:
        click.echo(error.hint, err=True)
    return WRONG_SETTINGS if isinstance(error, UsageError) else TRY_AGAIN


def migrate(config: Config) -> None:
    """Bring the tables up to date."""

    async def work(_: Database) -> None:
        pass

    _with(config, work)
    click.echo("The tables are up to date.")


def report(config: Config, *, verify: bool) -> None:
    """Say what the registry holds; with `verify`, whether its log and tables fit each other."""

    async def work(database: Database) -> Report:
        if not verify:
            return await database.survey(counted)
        return await database.survey(lambda connection: verified(connection, _progress))

    found = _with(config, work)
    click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
    if found.problems:
        click.echo("agentmesh-registry: the log and the tables do not fit each other.", err=True)
        click.echo("Stop it, keep the database as it is, and restore a backup.", err=True)
        sys.exit(DAMAGED)


def revoke(config: Config, revocation: tuple[str, RevocationReason, str]) -> None:
    """Take an agent's identity back in the registry's name: AMID, reason, and a note for owners."""
    text, reason, note = revocation
    key = log_key_path(config)
    if not key.is_file():
        hint = "Name the file that this registry serves with: --log-key /path/to/log.key"
        _refuse(UsageError("log_key_missing", f"There is no key of a log in {key}.", hint))

    async def work(database: Database) -> RevokeOutcome:
        signer = HeadSigner(open_key(key, system_entropy), SystemClock())
        now = int(signer.clock.now() * 1000)
        await Ledger(database, signer).begin(now)
        amid = parse_amid(text)
        signed = msgspec.msgpack.encode(signer.revocation(amid, reason, note))
        return await Revocations(database).put(amid, signed, now)

    outcome = _with(config, work)
    if outcome == "unknown":
        _refuse(UsageError("agent_not_found", f"No agent {text} is registered here."))
    if outcome == "other":
        hint = "The first revocation counts, for good."
        _refuse(UsageError("already_revoked", f"{text} was revoked before.", hint))
    click.echo(
        f"{text} was revoked ({plain(reason)}), for good. Daemons that are online act on it within "
        "a minute, and show its contacts' owners the reason and the note."
    )


def backup(config: Config, file: Path) -> None:
    """Copy the registry into a file, and the log's key beside it, while it may be serving."""
    key = _key_of(file)
    if file.exists() or key.exists():
        _refuse(UsageError("file_exists", f"{file} exists already.", "Name a new file."))
    place = log_key_path(config)
    if not place.is_file():
        hint = "Name the file that this registry serves with: --log-key /path/to/log.key"
        _refuse(UsageError("log_key_missing", f"There is no key of a log in {place}.", hint))
    draft = file.with_name(file.name + ".part")

    async def work(database: Database) -> Copied:
        return await database.survey(lambda connection: copy_out(connection, draft))

    with _explained(file):
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600, exist_ok=False)  # nobody else puts one there meanwhile
        try:
            copied = _with(config, work)
            with draft.open("rb") as written:
                os.fsync(written)
            write_once(key, place.read_bytes())
            draft.rename(file)
        finally:
            draft.unlink(missing_ok=True)
    click.echo(
        f"{copied.agents} agents and {copied.log_entries} entries of the log are in {file}, "
        f"the log's key is in {key}."
    )


def restore(config: Config, file: Path) -> None:
    """Fill an empty database from a backup, and put the log's key in its place."""
    if not file.is_file() or not _key_of(file).is_file():
        message = f"{file} and {_key_of(file)} make a backup; one of them is not there."
        _refuse(UsageError("no_such_file", message))
    place = log_key_path(config)
    with _explained(file):
        key = _key_of(file).read_bytes()
        is_other = place.exists() and place.read_bytes() != key
    if is_other:
        hint = "Move it away, or name another place: --log-key /path/to/log.key"
        _refuse(UsageError("log_key_differs", f"{place} holds another log's key.", hint))

    async def work(database: Database) -> Copied:
        return await database.fill(lambda connection: copy_in(connection, file))

    copied = _with(config, work)
    with _explained(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        write_once(place, key)
    click.echo(
        f"{copied.agents} agents and {copied.log_entries} entries of the log were restored. "
        "What was registered after the backup is gone: agents who saw it will say so."
    )


def create_authority(database: str, authority: str, program: str) -> None:
    """Make an authority, and say what its owner has to know."""
    try:
        argv = parse_command(program)
        config = Config(database=database, authority=authority, authority_program=argv)
        made, place = create(config, SystemClock(), system_entropy)
    except AgentMeshError as error:
        sys.exit(failed(error))
    where = "behind the program" if config.authority_program else f"in {authority_path(config)}"
    click.echo(f"{made.certificate.contents.name}: its key is {where}, its certificate in {place}.")
    click.echo("Keep a copy of both away from this machine; a registry's backup has neither.")


def revoke_certificate(config: Config, subject: str, reason: Reason) -> None:
    """Take back what the authority gave a domain or an agent."""
    now = int(SystemClock().now() * 1000)

    async def work(database: Database) -> int:
        return await CertificateStore(database).revoke(subject, reason, now)

    count = _with(config, work)
    if not count:
        hint = "An organisation takes back itself what it issued: agentmesh org revoke"
        why = f"The authority has given {subject} no certificate."
        _refuse(UsageError("certificate_not_found", why, hint))
    click.echo(f"{count} certificates of {subject} were revoked; agents learn it within a minute.")


def _with(config: Config, work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        async with opened(config.database) as database:
            return await work(database)

    try:
        return asyncio.run(run())
    except AgentMeshError as error:
        code = failed(error)
        sys.exit(DAMAGED if error.code == "not_a_backup" else code)


def _refuse(error: UsageError) -> None:
    sys.exit(failed(error))


def _key_of(file: Path) -> Path:
    return file.with_name(file.name + ".log-key")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Say what the system has against it."""
    try:
        yield
    except OSError as error:
        message = f"{error.filename or path} cannot be written or read: {error.strerror}."
        _refuse(UsageError("file_unusable", message, "Name another file, or make room there."))


def _progress(entries: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{entries} entries", err=True, nl=False)
