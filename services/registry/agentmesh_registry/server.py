"""The registry's life: database, listeners, and a clean end."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec

from agentmesh.protocol.world import Clock, Entropy
from agentmesh_registry.app import admin_application, application, unreadable
from agentmesh_registry.authority.files import claim_authority, opened_authority
from agentmesh_registry.config import (
    MAX_CONNECTIONS,
    MAX_CONNECTIONS_EACH,
    Config,
    audiences,
    log_key_path,
)
from agentmesh_registry.desk import Desk, Keys
from agentmesh_registry.figures import Figures
from agentmesh_registry.listener import Crowd, bind, bound, serving
from agentmesh_registry.log_key import HeadSigner, open_key
from agentmesh_registry.storage.database import opened
from agentmesh_registry.sweeping import Sweeping

_ADMIN_CROWD = Crowd(20, 20)


class Running(msgspec.Struct, frozen=True):
    """Where the registry listens."""

    url: str
    admin_url: str | None


@asynccontextmanager
async def running(config: Config, clock: Clock, entropy: Entropy) -> AsyncIterator[Running]:
    """Enter a registry that serves; leave it, and it has stopped."""
    async with AsyncExitStack() as stack:
        # The socket comes first: with port 0 only it knows what agents have to sign for.
        listener = stack.enter_context(bind(config.listen))
        database = await stack.enter_async_context(opened(config.database))
        signer = HeadSigner(open_key(log_key_path(config), entropy), clock)
        keys = Keys(signer, opened_authority(config))
        desk = Desk(config, database, keys, audiences(config, bound(listener)))
        await desk.ledger.begin(desk.now())
        await claim_authority(desk.certificates, keys.authority)
        await stack.enter_async_context(Sweeping(desk))
        figures = Figures(clock)
        admin_url = None
        if config.admin:
            admin = stack.enter_context(bind(config.admin))
            admin_url = bound(admin).url()
            await stack.enter_async_context(
                serving(
                    admin_application(desk, figures),
                    admin,
                    lambda: unreadable(clock.now()),
                    arrival_seconds=config.arrival_seconds,
                    crowd=_ADMIN_CROWD,
                )
            )
        await stack.enter_async_context(
            serving(
                application(desk, config, figures),
                listener,
                lambda: unreadable(clock.now()),
                arrival_seconds=config.arrival_seconds,
                crowd=_crowd(config),
            )
        )
        yield Running(bound(listener).url(), admin_url)


def _crowd(config: Config) -> Crowd:
    # All that comes through a proxy comes from one address.
    return Crowd(MAX_CONNECTIONS, MAX_CONNECTIONS if config.trust_proxy else MAX_CONNECTIONS_EACH)
