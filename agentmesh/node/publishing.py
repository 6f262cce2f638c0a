"""What others can find of us: our record, our prekeys, our presence, kept up to date.

Looked after at the start, every few minutes for the presence, every six hours for the keys, and at
once when somebody has drawn on them. A registry that does not answer is asked again with growing
pauses; everything else goes on meanwhile.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from agentmesh.crypto import x25519
from agentmesh.discovery.interface import Directory, RateLimited
from agentmesh.errors import AgentMeshError, Refused
from agentmesh.identity.keys import Identity
from agentmesh.identity.prekeys import next_sequence
from agentmesh.node.at_hand import AtHand
from agentmesh.node.background import Background
from agentmesh.node.notices import REGISTRY_REACHED, Notice
from agentmesh.node.prekeys import Prekeys
from agentmesh.node.transparency.own import own_record
from agentmesh.observability.logs import Code, record, record_bug
from agentmesh.protocol.bounded import Status
from agentmesh.protocol.records import AgentRecord, Capability
from agentmesh.protocol.signed import Purpose, Signed
from agentmesh.storage.interface import SetValue

PRESENCE_SECONDS = 120
KEYS_SECONDS = 6 * 3600
DRAWN_SECONDS = 60
MISSED_SECONDS = 10.0
"""Up to so long, by chance: all agents of a relay may have been cut off from it at once."""
RECORD_SECONDS = 30 * 86400
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
LAST_RECORD = "record/last"

log = logging.getLogger("agentmesh.node")


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What we say about ourselves, besides our keys."""

    display_name: str
    capabilities: tuple[Capability, ...]
    relay_endpoint: str
    shown_at: str = ""
    """The registry where everybody may see how we are; empty: nobody may."""


class Publisher:
    """Keeps the directory's picture of us true."""

    def __init__(
        self,
        hand: AtHand,
        directory: Directory,
        profile: Profile,
        *,
        exchange_key_is: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        """`exchange_key_is` is told our exchange key, in a thread, for those who keep it too."""
        self._store = hand.store
        self._directory = directory
        self._keys = hand.keys
        self._profile = profile
        self._exchange_key_is = exchange_key_is
        self.prekeys = Prekeys(hand, directory)
        self._bulletin = hand.bulletin
        hand.bulletin.listen(self._notice, {"knock_received"})
        self._wake = asyncio.Event()
        self._tried = asyncio.Event()
        self._keys_due = 0.0
        self._failures = 0
        self._background = Background()
        self.status: Status = "online"
        self.tier: float = 2

    async def __aenter__(self) -> Self:
        await self._background.begin(self._run())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._background.end()

    async def first_try(self, seconds: float) -> None:
        """Wait until others can find us or that failed once, for so many seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._tried.wait()

    @property
    def shown_at(self) -> str:
        """Where everybody may see how we are, by the owner's leave; empty: nowhere."""
        return self._profile.shown_at

    def show(self, status: Status) -> None:
        """Publish another presence."""
        self.status = status
        self._wake.set()

    def missed(self) -> None:
        """Say again soon how we are: somebody may have said that we were gone."""
        asyncio.get_running_loop().call_later(self._drawn(MISSED_SECONDS), self._wake.set)

    def _notice(self, _: Notice) -> None:
        """Look soon how many prekeys are left when somebody has used one."""
        soon = self._keys.ring.clock.monotonic() + DRAWN_SECONDS
        self._keys_due = min(self._keys_due, soon)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._publish()
            except RateLimited as error:
                pause = float(error.retry_after)
            except AgentMeshError as error:
                self._failures += 1
                pause = self._pause()
                record(log, logging.INFO, "publishing.failed", code=Code(error.code))
            except Exception as error:  # noqa: BLE001 (it is tried again; nothing else may stop)
                self._failures += 1
                pause = self._pause()
                record_bug(log, "publishing.bug", error)
            else:
                if self._failures:
                    self._bulletin.publish(Notice(kind=REGISTRY_REACHED))
                self._failures = 0
                pause = float(PRESENCE_SECONDS)
            self._tried.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    def _pause(self) -> float:
        longest = min(FIRST_PAUSE * float(2 ** min(self._failures, 20)), LONGEST_PAUSE)
        return (longest + self._drawn(longest)) / 2

    def _drawn(self, longest: float) -> float:
        return longest * int.from_bytes(self._keys.ring.entropy(2), "big") / 0xFFFF

    async def _publish(self) -> None:
        clock = self._keys.ring.clock
        if self.status == "offline":
            await self._directory.set_status("offline")
            return
        if clock.monotonic() >= self._keys_due:
            if await self.prekeys.rotate():
                await self._keys.refresh()
            await self._tell_exchange_key()
            await self._register()
            await self.prekeys.replenish()
            self._keys_due = clock.monotonic() + KEYS_SECONDS
        if self._profile.shown_at:
            await self._show_status()

    async def _show_status(self) -> None:
        try:
            await self._directory.set_status(self.status)
        except Refused as error:
            if error.code == "unknown_signer":
                self._keys_due = 0.0  # it has lost what it knew of us: begin anew
            raise

    async def _tell_exchange_key(self) -> None:
        """Tell it each time: a crash may have come between a rotation and this."""
        key = x25519.public_key(self._keys.ring.exchange_private)
        try:
            await asyncio.to_thread(self._exchange_key_is, key)
        except AgentMeshError as error:  # the store holds the key: others may find us meanwhile
            record(log, logging.WARNING, "publishing.key_files", code=Code(error.code))

    # --- our record ----------------------------------------------------------------------------

    async def _register(self) -> None:
        ring = self._keys.ring
        kept = await self._store.value(LAST_RECORD)
        last = int(kept) if kept else 0
        now = ring.clock.now()
        sequence = next_sequence(last, now)
        signed = self.record_of(ring.identity, ring.exchange_key, sequence)
        changes = [SetValue(LAST_RECORD, str(sequence).encode()), own_record(signed, now)]
        await self._store.commit(changes)
        found = await self._directory.register(signed)
        self.tier = found.tier

    def record_of(self, identity: Identity, exchange_key: Signed, sequence: int) -> Signed:
        """Return what we say about ourselves, under these keys."""
        now = self._keys.ring.clock.now()
        said = AgentRecord(
            amid=identity.amid,
            exchange_key=exchange_key,
            display_name=self._profile.display_name,
            capabilities=self._profile.capabilities,
            relay_endpoint=self._profile.relay_endpoint,
            sequence=sequence,
            published_at=int(now * 1000),
            expires_at=int((now + RECORD_SECONDS) * 1000),
        )
        return identity.sign(said, Purpose.RECORD)
