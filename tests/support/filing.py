"""Two nodes with rooms for files, joined by the wire of `node_pair`; real disks, real threads."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from agentmesh.node.files.arrivals import Arrivals
from agentmesh.node.files.carrier import Carrier
from agentmesh.node.files.departures import Departures
from agentmesh.node.files.mail import FileMail
from agentmesh.node.files.room import Files
from agentmesh.node.files.transfers import Transfer, Transfers
from agentmesh.node.files.ways import Ways
from agentmesh.policy.document import FileRules
from agentmesh.protocol.ids import Amid
from agentmesh.storage.home import prepare
from agentmesh.storage.quarantine import QUARANTINE, Quarantine
from agentmesh.transport.interface import Transport
from tests.support.node import OPEN_DOOR, Node
from tests.support.node_pair import Pair, WireEnd, node_pair
from tests.support.patience import until


@dataclass
class Desk:
    """One node's files, and its owner's hand on them."""

    node: Node
    home: Path
    end: WireEnd
    files: Files
    transfers: Transfers
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def amid(self) -> Amid:
        return self.node.amid

    def rules(self, **rules: Any) -> None:
        """Set what the policy says about files."""
        self.node.policy = msgspec.structs.replace(OPEN_DOOR, files=FileRules(**rules))

    def write(self, name: str = "data.bin", data: bytes = b"words") -> Path:
        """Return a file of the owner's."""
        path = self.home.parent / name
        path.write_bytes(data)
        return path

    async def send(self, peer: "Desk", path: Path) -> str:
        return (await self.files.send(peer.amid, path)).file_id

    async def until(self, file_id: str, state: str) -> Transfer:
        """Return a transfer once it is in this state."""
        await until(lambda: self.state(file_id) == state)
        return self.files.find(file_id)

    def state(self, file_id: str) -> str:
        found = self.transfers.get(file_id)
        return found.state if found is not None else ""

    @property
    def quarantined(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.home / QUARANTINE).iterdir()}

    @property
    def faults(self) -> set[str]:
        return set(self.node.incoming.faults)

    async def restart(self) -> None:
        """End the rooms for files and begin anew with what is on the disk."""
        await self.stack.aclose()
        self.files, self.transfers = files_of(self.node, self.end, self.home)
        await self.stack.enter_async_context(self.files)


@dataclass
class Desks:
    """Alice sends, Bob receives."""

    alice: Desk
    bob: Desk
    pair: Pair


def desk(node: Node, pair: Pair, home: Path) -> Desk:
    """Return a node's files, with their home in a folder."""
    end = WireEnd(pair.wire)
    end.us = node.amid
    node.hand = replace(node.hand, policy=lambda: node.policy)
    return Desk(node, home, end, *files_of(node, end, home))


def files_of(node: Node, end: Transport, home: Path) -> tuple[Files, Transfers]:
    """Return a room for files, joined to a node as the daemon joins it."""
    prepare(home)
    transfers = Transfers(node.hand)
    carrier = Carrier(node.hand, end, node.peers)
    ways = Ways(FileMail(node.hand, node.house_mail), carrier, node.peers, node.consent.grants)
    departures = Departures(node.hand, transfers, ways, home)
    arrivals = Arrivals(node.hand, transfers, ways, Quarantine(home))
    files = Files(node.hand, transfers, departures, arrivals)
    node.incoming.bring_files_to(files)
    node.house_mail.employ({**node.consent.takers(), **files.takers()})
    return files, transfers


@asynccontextmanager
async def desks_in(folder: Path) -> AsyncIterator[Desks]:
    """Yield two desks that are at work."""
    async with node_pair() as pair:
        desks = Desks(
            desk(pair.low, pair, folder / "alice" / "home"),
            desk(pair.high, pair, folder / "bob" / "home"),
            pair,
        )
        both = (desks.alice, desks.bob)
        for each in both:
            await each.stack.enter_async_context(each.files)
        try:
            yield desks
        finally:
            for each in both:
                await each.stack.aclose()
