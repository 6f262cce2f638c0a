"""What the process hands in, and whom it asks: a clock that hears what time others say it is."""

from dataclasses import dataclass

from agentmesh.daemon.config import Config
from agentmesh.discovery.chain import Chain
from agentmesh.discovery.registry import RegistryDirectory
from agentmesh.node.certificates.cabinet import TrustCards
from agentmesh.node.certificates.rooms import Authority
from agentmesh.node.transparency.cabinet import LogCabinet
from agentmesh.observability.steady_clock import SteadyClock
from agentmesh.protocol.signed import Purpose
from agentmesh.protocol.world import Entropy
from agentmesh.storage.interface import Store
from agentmesh.storage.open_keys import OpenKeys
from agentmesh.transport.caller import Caller


@dataclass(frozen=True, kw_only=True)
class World:
    """What the process hands in."""

    clock: SteadyClock
    entropy: Entropy


@dataclass(frozen=True, kw_only=True)
class Services:
    """Our registry, and how we dial relays."""

    registry: RegistryDirectory
    directory: Chain
    authority: Authority
    caller: Caller


def services_of(config: Config, keys: OpenKeys, world: World, store: Store) -> Services:
    """Return whom a daemon asks; nobody is asked yet."""
    registry = RegistryDirectory(
        config.settings.registry,
        keys.identity,
        (world.clock, world.entropy),
        LogCabinet(store, config.settings.registry, world.clock),
    )
    registry.tell_time_to(world.clock.heard)
    caller = Caller(
        amid=keys.identity.amid,
        sign=lambda claim: keys.identity.sign(claim, Purpose.CONNECT),
        clock=world.clock,
        entropy=world.entropy,
        heard=world.clock.heard,
        private_relays=config.private_relays,
    )
    cards = TrustCards(store, config.settings.registry, world.clock)
    directory = Chain([registry], world.clock)
    trusted = frozenset(config.settings.trusted_cas)
    office, trust = registry.certificates(directory.asking, cards, trusted)
    authority = Authority(office=office, trust=trust)
    return Services(registry=registry, directory=directory, authority=authority, caller=caller)
