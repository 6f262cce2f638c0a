"""Owners end sessions while words are on their way: what is said of each word is true."""

import random

import pytest

from agentmesh.node.breakers import LIVING
from agentmesh.node.outbox import Fate
from agentmesh.protocol.limits import MAILBOX_SECONDS
from tests.support.node import Node
from tests.support.node_pair import Pair, node_pair

STEPS = 40


async def step(pair: Pair, luck: random.Random, said: dict[str, tuple[Node, Node, Fate]]) -> None:
    """Do something on either side, over a wire that loses more or less."""
    me, other = luck.sample((pair.low, pair.high), 2)
    loss = luck.choice((0, 0, 0.3, 0.6))
    # Receipts get lost often: the good-bye has to tell what had come.
    pair.wire.loses = lambda it: luck.random() < max(loss, 0.7 * (it.message_type == "receipt"))
    match luck.choices(("say", "kill", "wait", "reconnect"), (6, 2, 1, 1))[0]:
        case "say":
            for _ in range(luck.randrange(1, 4)):
                text = f"word {len(said)}"
                said[text] = me, other, await me.say(other, text)
        case "kill":
            rows = [row for row in await me.store.sessions() if row.phase in LIVING]
            for row in rows[:1]:
                await me.breakers.kill(row.session_id)
        case "wait":
            await pair.later(luck.choice((1, 40, 200)))
        case _:
            await pair.reconnect()
    if luck.random() < 0.6:
        await pair.settle()


async def calm_down(pair: Pair) -> None:
    """Let everything come through that may, until all else has expired."""
    pair.wire.loses = lambda _: False
    for _ in range(30):
        await pair.reconnect()
        await pair.later(600)
    for _ in range(4):
        await pair.later(MAILBOX_SECONDS / 2)
        for node in (pair.low, pair.high):
            await node.steward.look_round()
        await pair.reconnect()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*range(3), None])
async def test_what_is_said_to_have_failed_did_not_arrive_and_the_rest_did(
    seed: int | None,
) -> None:
    seed = random.randrange(10**6) if seed is None else seed
    luck, said = random.Random(seed), dict[str, tuple[Node, Node, Fate]]()
    async with node_pair() as pair:
        for _ in range(STEPS):
            await step(pair, luck, said)
        await calm_down(pair)
        for text, (me, other, fate) in said.items():
            outcome, reason = await me.fate_of(fate)
            has_arrived = (await other.texts()).count(text)
            expected = {"delivered": 1, "consumed": 1, "refused": 0, "undeliverable": 0}
            assert expected.get(outcome) == has_arrived, (seed, text, outcome, reason)
