"""Two nodes of which one works for Acme, and says so; and a clock that goes on for days."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agentmesh.policy.document import Policy
from agentmesh.protocol.certificates.contents import DAY, Validity, for_agent
from agentmesh.protocol.certificates.form import write
from tests.support.node import Node
from tests.support.node_pair import Pair, node_pair
from tests.support.vouching import ACME, NOW, fleet, serial

ONLY_ORGANIZATIONS = Policy(consent="policy", accept_tiers=frozenset({1.5}))
STEP = 1800.0


def works_for_acme(pair: Pair, node: Node, until: int = NOW + 80 * DAY, name: str = "low") -> None:
    """Have a node bear a certificate of Acme's."""
    key = node.hand.keys.ring.identity.public_key
    said = for_agent(key, ACME.name, ACME.issuer, Validity(NOW - DAY, until), serial(name))
    node.hand.keys.bear((write(said, ACME.sign), fleet()[1]))


@asynccontextmanager
async def employed() -> AsyncIterator[Pair]:
    """Yield two who talk; low is let in for its organisation, and high has nobody."""
    async with node_pair() as pair:
        pair.high.registry.is_absent = False
        pair.high.policy = ONLY_ORGANIZATIONS
        works_for_acme(pair, pair.low)
        await pair.low.say(pair.high, "hello")
        await pair.settle()
        assert await pair.high.phases() == ["open"]
        yield pair


async def lasting(pair: Pair, seconds: float) -> None:
    """Let time go by, with a word now and then, and both looking at what was shown."""
    end = pair.clock.now() + seconds
    while pair.clock.now() < end:
        await pair.later(min(STEP, end - pair.clock.now()))
        for node in (pair.low, pair.high):
            keep_lists(node)
            await node.vigil.look()
        await pair.settle()


def keep_lists(node: Node) -> None:
    """Have the lists of revoked ones signed anew, as their issuers do."""
    node.registry.sign_anew(int(node.clock.now()))
