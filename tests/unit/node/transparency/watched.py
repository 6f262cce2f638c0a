"""Two nodes, and the watch of one of them over a log in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from agentmesh.discovery.chain import Chain
from agentmesh.node.transparency.gossip import Gossip
from agentmesh.node.transparency.watch import ALARM, LogWatch
from tests.support.fake_log import FakeLog
from tests.support.node import Node
from tests.support.node_pair import Pair, node_pair


class Watched(NamedTuple):
    """`low` watches; `high` is its peer."""

    pair: Pair
    log: FakeLog
    watch: LogWatch
    gossip: Gossip

    @property
    def node(self) -> Node:
        return self.pair.low

    def alarms(self) -> list[str]:
        """Return what the owner was told of the registry."""
        return [str(it.fields["reason"]) for it in self.node.notices if it.kind == ALARM]


@asynccontextmanager
async def watched() -> AsyncIterator[Watched]:
    async with node_pair() as pair:
        log = FakeLog(pair.clock)
        node = pair.low
        gossip = Gossip(node.hand, node.talks, node.house_mail, log.follower())
        node.house_mail.employ(gossip.takers())
        directory = Chain([node.directory], pair.clock)
        watch = LogWatch(node.hand, gossip, directory, node.consent.key_changes, node.breakers)
        yield Watched(pair, log, watch, gossip)
