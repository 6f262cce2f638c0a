"""A side's keys, as a registry has them: registered once, asked for by whoever knocks."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import msgspec

from agentmesh.crypto.key_pair import KeyPair
from agentmesh.crypto.pqxdh import Responder
from agentmesh.crypto.secret import Secret
from agentmesh.discovery.book import Memory
from agentmesh.discovery.registry import RegistryDirectory
from agentmesh.identity.prekey_making import Prekey, make
from agentmesh.identity.prekeys import Name
from agentmesh.observability.world import SystemClock, system_entropy
from agentmesh.protocol.frames import Handshake
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.records import AgentRecord, OneTimePrekey, PrekeyBundle, PrekeyUpload
from agentmesh.protocol.signed import Purpose, Signed
from agentmesh.session.keyring import KeyRing
from benchmarks import plan
from tests.support.parties import Party, party
from tests.support.world import FakeClock

DAY_MS = 86_400_000
NOWHERE = "ws://127.0.0.1:1/v1/connect"  # everybody here is at the one router


def keys_of(name: str) -> Party:
    """Return an agent's keys, which follow from its name; all later randomness is real."""
    made = party(name, FakeClock(time.time()))
    return replace(made, ring=replace(made.ring, clock=SystemClock(), entropy=system_entropy))


@dataclass(frozen=True)
class Listed:
    """An agent that is registered, with a one-time prekey for each who may knock."""

    keys: Party
    one_time: dict[int, Prekey]
    directory: RegistryDirectory

    @property
    def ring(self) -> KeyRing:
        """What its sessions need."""
        return self.keys.ring

    @property
    def amid(self) -> Amid:
        """Its AMID."""
        return self.keys.amid

    def openers(self) -> tuple[Secret, Secret]:
        """Return what opens a seal to its prekeys."""
        return self.keys.openers()

    def responder(self, handshake: Handshake) -> Responder:
        """Return what it answers a handshake with."""
        assert handshake.one_time_prekey_id is not None  # there is one for each
        prekey = self.one_time[handshake.one_time_prekey_id]
        pair = KeyPair(prekey.id, prekey.public, prekey.private)
        return msgspec.structs.replace(self.keys.responder(), one_time=pair)


@asynccontextmanager
async def listed(name: str, registry: str) -> AsyncIterator[Listed]:
    """Register an agent with its prekeys; the registry can be asked as long as the block lasts."""
    keys = keys_of(name)
    ring = keys.ring
    one_time = [
        make(Name("one_time", number), ring.identity, ring.clock.now(), ring.entropy)
        for number in range(1, plan.CONTACTS + 1)
    ]
    world = ring.clock, ring.entropy
    async with RegistryDirectory(registry, ring.identity, world, Memory()) as directory:
        await directory.register(_record(ring))
        await directory.publish_prekeys(_upload(keys.bundle(), one_time))
        yield Listed(keys, {prekey.id: prekey for prekey in one_time}, directory)


def _record(ring: KeyRing) -> Signed:
    now = ring.milliseconds()
    record = AgentRecord(
        amid=ring.identity.amid,
        exchange_key=ring.exchange_key,
        display_name=ring.sender.display_name,
        capabilities=(),
        relay_endpoint=NOWHERE,
        sequence=1,
        published_at=now,
        expires_at=now + DAY_MS,
    )
    return ring.identity.sign(record, Purpose.RECORD)


def _upload(own: PrekeyBundle, one_time: Sequence[Prekey]) -> PrekeyUpload:
    return PrekeyUpload(
        exchange_key=own.exchange_key,
        signed_prekey=own.signed_prekey,
        kem_prekey=own.kem_prekey,
        suites=own.suites,
        one_time=tuple(OneTimePrekey(it.id, it.public) for it in one_time),
    )
