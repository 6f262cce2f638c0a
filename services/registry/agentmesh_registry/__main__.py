"""`agentmesh-registry`: options in, a registry that serves until it is told to stop."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable

import click
import platformdirs

import agentmesh
from agentmesh.errors import AgentMeshError, UsageError
from agentmesh.observability.logs import record, write_logs
from agentmesh.observability.world import SystemClock
from agentmesh_registry.config import Config, Rates, parse_address
from agentmesh_registry.server import running

_log = logging.getLogger("agentmesh_registry")
_DEFAULTS = Rates()
WRONG_SETTINGS, TRY_AGAIN = 2, 75


def _rate(name: str, meaning: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(
        f"--{name.replace('_', '-')}-per-minute",
        name,
        type=click.IntRange(min=0),
        default=getattr(_DEFAULTS, name),
        envvar=f"AGENTMESH_REGISTRY_{name.upper()}_PER_MINUTE",
        help=meaning,
    )


@click.command(context_settings={"auto_envvar_prefix": "AGENTMESH_REGISTRY", "show_default": True})
@click.option("--listen", metavar="HOST:PORT", default="127.0.0.1:8080", help="Port 0: any free.")
@click.option(
    "--database",
    metavar="URL",
    help="sqlite:////path/to/file or postgresql://user:password@host/name.",
    default=lambda: str(platformdirs.user_data_path("agentmesh") / "registry.db"),
    show_default="a SQLite file in the user's data directory",
)
@click.option(
    "--origin",
    "origins",
    envvar="AGENTMESH_REGISTRY_ORIGIN",
    metavar="URL",
    multiple=True,
    help="The public address that agents sign for. May be repeated.",
    show_default="the address it listens on",
)
@click.option("--admin", metavar="HOST:PORT", help="Serve /metrics there.")
@click.option("--trust-proxy", is_flag=True, help="Take addresses from X-Forwarded-For.")
@_rate("requests", "Requests of one address.")
@_rate("registrations", "Registrations of one address.")
@_rate("agent_requests", "Signed requests of one agent.")
@_rate("fetches", "Prekey bundles for one agent.")
@_rate("one_time", "One-time prekeys of one agent; beyond, bundles come without.")
@_rate("one_time_pair", "One-time prekeys of one agent for one other agent.")
@click.version_option(agentmesh.__version__)
def main(
    *,
    listen: str,
    database: str,
    origins: tuple[str, ...],
    admin: str | None,
    trust_proxy: bool,
    **rates: int,
) -> None:
    """Run an AgentMesh registry. A rate of 0 is no limit."""
    write_logs()
    try:
        config = Config(
            listen=parse_address(listen),
            database=database,
            origins=origins,
            admin=parse_address(admin) if admin else None,
            trust_proxy=trust_proxy,
            rates=Rates(**rates),
        )
        asyncio.run(_serve(config))
    except AgentMeshError as error:
        click.echo(f"agentmesh-registry: {error.message}", err=True)
        if error.hint:
            click.echo(error.hint, err=True)
        sys.exit(WRONG_SETTINGS if isinstance(error, UsageError) else TRY_AGAIN)


async def _serve(config: Config) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(config, SystemClock()) as registry:
        click.echo(f"listening on {registry.url}")
        if registry.admin_url:
            click.echo(f"admin on {registry.admin_url}")
        await stop.wait()
    record(_log, logging.INFO, "registry.stopped")


if __name__ == "__main__":
    main()
