"""Whatever is full, lost or late: each word comes once, and in each session as it was said."""

import random
from collections import defaultdict

import pytest
from msgspec.structs import replace

from agentmesh.messages.body import Body
from agentmesh.messages.strict_json import read_json, write_json
from agentmesh.node.inbox import Wanted, envelope_of
from agentmesh.policy.document import SessionLimits
from agentmesh.protocol.relay_frames import Send
from tests.support.node import CHAT, OPEN_DOOR, Node
from tests.support.node_pair import Pair, Rule

STEPS = 20
STEP = ("say", "say", "say", "lose", "bring late", "reconnect", "agree to less", "agree to more")
FEW = replace(OPEN_DOOR, session_limits=SessionLimits(max_messages=3))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
async def test_all_that_is_said_comes_once_and_in_order(pair: Pair, seed: int) -> None:
    luck = random.Random(seed)
    said = {pair.low.amid: 0, pair.high.amid: 0}
    late: list[Send] = []
    for _ in range(STEPS):
        us, them = luck.sample((pair.low, pair.high), 2)
        match luck.choice(STEP):
            case "say":
                words = range(said[us.amid], said[us.amid] + luck.choice((1, 2, 5)))
                await us.outbox.say(them.amid, [Body("text", write_json(it)) for it in words], CHAT)
                said[us.amid] = words.stop
            case "lose":
                pair.wire.loses = _losing(late, luck.choice((0, 0.5, 1)), luck)
            case "bring late":
                came = [frame for frame in late if frame.to == them.amid]
                if came:
                    pair.wire.bring(us.amid, *luck.sample(came, len(came)))
            case "reconnect":
                await pair.reconnect()
            case agreed:
                us.policy = FEW if agreed == "agree to less" else OPEN_DOOR
        if luck.random() < 0.5:
            await pair.settle()
    pair.wire.loses = lambda _: False
    for _ in range(6):
        await pair.reconnect()
        await pair.later(60)
    for us, them in ((pair.low, pair.high), (pair.high, pair.low)):
        heard = await _heard(them)
        assert sorted(word for words in heard for word in words) == list(range(said[us.amid]))
        assert heard == [sorted(words) for words in heard]


def _losing(late: list[Send], share: float, luck: random.Random) -> Rule:
    """Return a rule that swallows a share of the frames, and keeps them for later."""

    def loses(frame: Send) -> bool:
        is_lost = luck.random() < share
        if is_lost:
            late.append(frame)
        return is_lost

    return loses


async def _heard(node: Node) -> list[list[int]]:
    """Return what was heard, session by session."""
    sessions = defaultdict(list)
    for row in await node.inbox.list(Wanted(limit=10_000)):
        sessions[row.session_id].append((row.sequence, read_json(envelope_of(row).payload)))
    return [[word for _, word in sorted(words)] for words in sessions.values()]
