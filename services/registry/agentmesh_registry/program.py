"""`agentmesh-registry`: options in, a registry that serves until it is told to stop."""

import asyncio
import gc
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import click
import platformdirs

import agentmesh
from agentmesh.errors import AgentMeshError
from agentmesh.observability.logs import record, write_logs
from agentmesh.observability.stopping import Stopping
from agentmesh.observability.world import SystemClock, quick_loop, system_entropy
from agentmesh.protocol.certificates.revocation_list import Reason
from agentmesh.protocol.limits import MAX_NOTE_LETTERS, MAX_STAMP_BITS
from agentmesh.protocol.relay_key import relay_key_in
from agentmesh.protocol.revocation import RevocationReason
from agentmesh_registry import commands
from agentmesh_registry.config import Config, Rates, parse_address, parse_command
from agentmesh_registry.owners.providers import read_providers
from agentmesh_registry.server import running

_log = logging.getLogger("agentmesh_registry")
_DEFAULTS = Rates()
_PREFIX = "AGENTMESH_REGISTRY"
LAST_SECONDS = 30.0
"""Who waits for the database is answered first, which may be slow."""
GARBAGE = 20_000
"""So many new objects begin a search for cycles; nearly all that is made goes without one."""
SWITCH_SECONDS = 0.0005
"""How long the loop and the database's threads wait for each other while one is busy."""


def _rate(name: str, meaning: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(
        f"--{name.replace('_', '-')}-per-minute",
        name,
        type=click.IntRange(min=0),
        default=getattr(_DEFAULTS, name),
        envvar=f"{_PREFIX}_{name.upper()}_PER_MINUTE",
        help=meaning,
    )


_database = click.option(
    "--database",
    metavar="URL",
    envvar=f"{_PREFIX}_DATABASE",
    help="sqlite:////path/to/file or postgresql://user:password@host/name.",
    default=lambda: str(platformdirs.user_data_path("agentmesh") / "registry.db"),
    show_default="a SQLite file in the user's data directory",
)
_log_key = click.option(
    "--log-key",
    metavar="FILE",
    envvar=f"{_PREFIX}_LOG_KEY",
    default="",
    help="The key that signs the log's heads; made if there is none.",
    show_default="beside a SQLite file, else in the user's data directory",
)
_authority = click.option(
    "--authority",
    metavar="FILE",
    envvar=f"{_PREFIX}_AUTHORITY",
    default="",
    help="The authority's key; its certificate is in FILE.crt. `create-authority` makes both.",
    show_default="beside a SQLite file, else in the user's data directory; none if it is not there",
)
_authority_program = click.option(
    "--authority-program",
    metavar="COMMAND",
    envvar=f"{_PREFIX}_AUTHORITY_PROGRAM",
    default="",
    help="A program that holds the authority's key instead, as one in hardware (PKCS#11).",
    show_default=False,
)
_file = click.argument("file", type=click.Path(path_type=Path))


@click.group(
    invoke_without_command=True,
    context_settings={"auto_envvar_prefix": _PREFIX, "show_default": True},
)
@click.option("--listen", metavar="HOST:PORT", default="127.0.0.1:8080", help="Port 0: any free.")
@_database
@click.option(
    "--origin",
    "origins",
    envvar="AGENTMESH_REGISTRY_ORIGIN",
    metavar="URL",
    multiple=True,
    help="The public address that agents sign for. May be repeated.",
    show_default="the address it listens on",
)
@_log_key
@_authority
@_authority_program
@click.option("--dns", metavar="HOST:PORT", help="Look domains up there, not as this machine does.")
@click.option(
    "--relay",
    "relays",
    envvar="AGENTMESH_REGISTRY_RELAY",
    metavar="URL=KEY",
    multiple=True,
    help="A relay that may say who is gone: a line of its --show-key. May be repeated.",
)
@click.option("--admin", metavar="HOST:PORT", help="Serve /metrics there.")
@click.option("--trust-proxy", is_flag=True, help="Take addresses from X-Forwarded-For.")
@click.option(
    "--providers",
    metavar="FILE",
    default="",
    help="Where owners can prove who they are (TOML). Without it, nobody can.",
    show_default=False,
)
@click.option(
    "--stamp-bits",
    type=click.IntRange(0, MAX_STAMP_BITS),
    default=16,
    help="Work of a new agent in calm times: 16 takes 0.05 s, each bit more doubles it. 0: none.",
)
@_rate("requests", "Requests of one address.")
@_rate("registrations", "Registrations of one address.")
@_rate("agent_requests", "Signed requests of one agent.")
@_rate("fetches", "Prekey bundles for one agent.")
@_rate("one_time", "One-time prekeys of one agent; beyond, bundles come without.")
@_rate("one_time_pair", "One-time prekeys of one agent for one other agent.")
@click.version_option(agentmesh.__version__)
@click.pass_context
def main(context: click.Context, /, **given: Any) -> None:
    """Run an AgentMesh registry. A rate of 0 is no limit.

    Without a command it serves.
    """
    write_logs()
    context.obj = given
    if context.invoked_subcommand is None:
        _serve_or_say(given)


@main.command()
@click.pass_obj
def serve(given: dict[str, Any]) -> None:
    """Serve, until told to stop: as without a command."""
    _serve_or_say(given)


@main.command()
@_database
def migrate(database: str) -> None:
    """Bring the tables up to date, and end. Every start does the same."""
    commands.migrate(Config(database=database))


@main.command()
@_database
@click.option("--verify", is_flag=True, help="Compute the log anew and compare it to the tables.")
def report(database: str, *, verify: bool) -> None:
    """Say what the registry holds. Exit code 8: log and tables do not fit each other."""
    commands.report(Config(database=database), verify=verify)


@main.command()
@click.argument("amid")
@_database
@_log_key
@click.option("--reason", type=click.Choice(get_args(RevocationReason)), required=True)
@click.option("--note", default="", help="For the owners of its contacts: at most 280 letters.")
def revoke(amid: str, database: str, log_key: str, reason: RevocationReason, note: str) -> None:
    """Take the identity of agent AMID back, for good. It may be serving.

    Nobody finds the agent or lets it in any more. Owners whose contact it is see the reason.
    """
    if len(note) > MAX_NOTE_LETTERS:
        raise click.BadParameter(f"At most {MAX_NOTE_LETTERS} letters.", param_hint="--note")
    commands.revoke(Config(database=database, log_key=log_key), (amid, reason, note))


@main.command(short_help="Copy all of it, and the log's key, into files.")
@_file
@_database
@_log_key
def backup(file: Path, database: str, log_key: str) -> None:
    """Copy everything into FILE and the log's key into FILE.log-key. It may be serving."""
    commands.backup(Config(database=database, log_key=log_key), file)


@main.command()
@_file
@_database
@_log_key
def restore(file: Path, database: str, log_key: str) -> None:
    """Fill an empty database, of either kind, from a backup."""
    commands.restore(Config(database=database, log_key=log_key), file)


@main.command("create-authority")
@_database
@_authority
@_authority_program
def create_authority(database: str, authority: str, authority_program: str) -> None:
    """Make the authority that certificates go back to, once. Keep its key apart, and a copy."""
    commands.create_authority(database, authority, authority_program)


@main.command("revoke-certificate", short_help="Take back what the authority certified.")
@click.argument("subject", metavar="DOMAIN|AMID")
@click.option("--reason", type=click.Choice(get_args(Reason)), required=True)
@_database
def revoke_certificate(subject: str, reason: Reason, database: str) -> None:
    """Take back the certificates that the authority gave an organisation or an agent."""
    commands.revoke_certificate(Config(database=database), subject, reason)


def _serve_or_say(given: dict[str, Any]) -> None:
    try:
        config = _config(given)
        _make_way()
        with asyncio.Runner(loop_factory=quick_loop) as runner:
            runner.run(_serve(config))
    except AgentMeshError as error:
        sys.exit(commands.failed(error))


def _make_way() -> None:
    """See to it that requests are seldom held up: by the collector, or by one another's threads."""
    gc.freeze()  # what was loaded is here to stay
    gc.set_threshold(GARBAGE)
    sys.setswitchinterval(SWITCH_SECONDS)


def _config(given: dict[str, Any]) -> Config:
    return Config(
        listen=parse_address(given["listen"]),
        database=given["database"],
        log_key=given["log_key"],
        authority=given["authority"],
        authority_program=parse_command(given["authority_program"]),
        dns=parse_address(given["dns"]) if given["dns"] else None,
        origins=given["origins"],
        admin=parse_address(given["admin"]) if given["admin"] else None,
        trust_proxy=given["trust_proxy"],
        providers=read_providers(given["providers"]),
        relays=tuple(relay_key_in(line) for line in given["relays"]),
        stamp_bits=given["stamp_bits"],
        rates=Rates(**{name: given[name] for name in Rates.__struct_fields__}),
    )


async def _serve(config: Config) -> None:
    stopping = Stopping(asyncio.get_running_loop(), LAST_SECONDS)
    stopping.listen()
    async with running(config, SystemClock(), system_entropy) as registry:
        click.echo(f"listening on {registry.url}")
        if registry.admin_url:
            click.echo(f"admin on {registry.admin_url}")
        await stopping.told.wait()
    record(_log, logging.INFO, "registry.stopped")
