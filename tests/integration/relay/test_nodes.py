"""Two relays and NATS as processes: agents at different nodes meet as if there were one."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import pytest

from agentmesh.observability.world import SystemClock
from agentmesh.protocol.relay_frames import (
    Acked,
    Failure,
    PresenceQuery,
    PresenceResponse,
    Receive,
)
from tests.support.mesh import bugs_in
from tests.support.nats_server import NatsServer, nats_server
from tests.support.patience import PATIENCE, until
from tests.support.processes import Program, running
from tests.support.relay_client import RelayClient, agent, amid_called, message

LISTEN = ("--listen", "127.0.0.1:0", "--origin", "ws://relay.example")
RATES = ("--knocks-per-minute", 4, "--messages-per-minute", 100_000)


class Nodes(NamedTuple):
    nats: NatsServer
    programs: list[Program]
    east: str
    west: str


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with living() as nodes:
        yield nodes


@pytest.fixture
def mortal() -> Iterator[Nodes]:
    with living() as nodes:
        yield nodes


@contextmanager
def living() -> Iterator[Nodes]:
    """Two nodes and their NATS."""
    with ExitStack() as stack:
        nats = stack.enter_context(nats_server())
        programs = [
            stack.enter_context(running("agentmesh_relay", *LISTEN, *RATES, "--nats", nats.url))
            for _ in range(2)
        ]
        yield Nodes(nats, programs, *(it.said("listening on ") for it in programs))
        for program in programs:
            assert not bugs_in(program.output), program.output


async def online(asker: RelayClient, name: str) -> None:
    """Wait until the asker sees this agent."""
    while True:
        await asker.say(PresenceQuery(amid=amid_called(name)))
        if (await asker.hear(PresenceResponse)).status == "online":
            return


async def test_a_message_is_forwarded_across_nodes_and_its_ack_comes_back(nodes: Nodes) -> None:
    async with agent(nodes.east, "alice0") as alice, agent(nodes.west, "bob0", "alice0") as bob:
        await online(alice, "bob0")
        answer = await alice.send(message(amid_called("bob0"), "1", want_acked=True))
        assert answer.outcome == "forwarded"
        assert (await bob.take()).id == "1"
        assert (await alice.hear(Acked)).ids == ("1",)


async def test_whoever_is_not_listed_cannot_tell_that_somebody_is_there(nodes: Nodes) -> None:
    async with agent(nodes.east, "mallory1") as mallory, agent(nodes.west, "bob1", "alice1") as bob:
        answer = await mallory.send(message(amid_called("bob1"), "1", want_acked=True))
        assert answer.outcome == "queued"
        assert (await bob.take()).id == "1"
        await mallory.say(PresenceQuery(amid=amid_called("bob1")))
        assert (await mallory.hear(PresenceResponse)).status == "offline"
        assert await mallory.hears_nothing_more(Acked)


async def test_a_message_waits_for_an_agent_that_comes_to_another_node(nodes: Nodes) -> None:
    async with agent(nodes.west, "bob2"):
        pass
    async with agent(nodes.east, "alice2") as alice:
        for number in range(3):
            assert (await alice.send(message(amid_called("bob2"), str(number)))).outcome == "queued"
    async with agent(nodes.west, "bob2") as bob:
        assert [(await bob.take()).id for _ in range(3)] == ["0", "1", "2"]
    pending = -1
    while pending:  # the last ack may still be on its way to the mailbox
        async with agent(nodes.east, "bob2") as bob:
            assert bob.connected is not None
            pending = bob.connected.pending_messages


async def test_a_second_connection_elsewhere_displaces_the_first_and_gets_what_it_had(
    nodes: Nodes,
) -> None:
    async with agent(nodes.east, "alice3") as alice, agent(nodes.east, "bob3", "alice3") as first:
        assert (await alice.send(message(amid_called("bob3"), "1"))).outcome == "forwarded"
        await first.hear(Receive)
        async with agent(nodes.west, "bob3", "alice3") as second:
            assert (await first.hear(Failure)).code == "DISPLACED"
            received = await second.take()
            assert (received.id, received.attempt) == ("1", 2)
            await online(alice, "bob3")
            assert (await alice.send(message(amid_called("bob3"), "2"))).outcome == "forwarded"
            assert (await second.take()).id == "2"


async def test_limits_go_with_the_agent_from_node_to_node(nodes: Nodes) -> None:
    bob, began = amid_called("bob4"), SystemClock().monotonic()
    outcomes = []
    async with agent(nodes.west, "bob4"):
        for turn in range(8):
            async with agent((nodes.east, nodes.west)[turn % 2], "alice4") as alice:
                for number in range(4):
                    knock = message(bob, f"{turn}.{number}", message_type="knock")
                    outcomes.append((await alice.send(knock)).code or "taken")
    minutes = (SystemClock().monotonic() - began) / 60
    assert outcomes[:4] == ["taken"] * 4
    assert outcomes.count("taken") <= 4 + 4 * minutes + 1
    assert set(outcomes) == {"taken", "RATE_LIMITED"}


async def test_what_a_node_had_forwarded_is_offered_again_after_its_death_and_kept(
    mortal: Nodes,
) -> None:
    async with agent(mortal.east, "alice5") as alice:
        async with agent(mortal.west, "bob5", "alice5") as bob:
            await online(alice, "bob5")
            assert (await alice.send(message(amid_called("bob5"), "1"))).outcome == "forwarded"
            await bob.hear(Receive)
            mortal.programs[1].kill()
            # Nobody knows yet; the answer comes all the same, and is the truth.
            assert (await alice.send(message(amid_called("bob5"), "2"))).outcome == "queued"
        async with agent(mortal.east, "bob5") as bob:
            assert (await bob.take()).id == "2"


async def test_without_nats_neighbours_on_a_node_go_on_and_the_rest_is_refused_with_a_time(
    mortal: Nodes,
) -> None:
    async with (
        agent(mortal.east, "alice6") as alice,
        agent(mortal.east, "bob6", "alice6") as bob,
        agent(mortal.west, "carol", "alice6"),
    ):
        mortal.nats.kill()
        assert (await alice.send(message(amid_called("bob6"), "1"))).outcome == "forwarded"
        assert (await bob.take()).id == "1"
        refused = await alice.send(message(amid_called("carol"), "2"))
        assert (refused.outcome, refused.code) == ("refused", "INTERNAL_ERROR")
        assert refused.retry_after_seconds
        without = 503, {"mailbox": "nats_unreachable", "nodes": "nats_unreachable"}
        await until(lambda: _ready(mortal.west) == without)  # nobody asked it for anything yet
        async with agent(mortal.west, "dora") as dora:  # one can come in, too
            assert dora.connected is not None
        mortal.nats.start()
        while (answer := await alice.send(message(amid_called("carol"), "2"))).code is not None:
            assert answer.code == "INTERNAL_ERROR"
        assert answer.outcome in {"queued", "forwarded"}


def _ready(url: str) -> tuple[int, dict[str, str]]:
    """Return what a node says about itself."""
    address = url.replace("ws://", "http://").replace("/v1/connect", "/readyz")
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)["checks"]
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["checks"]


async def test_what_was_forwarded_and_not_acknowledged_is_kept_when_its_node_is_stopped(
    mortal: Nodes,
) -> None:
    async with agent(mortal.east, "alice7") as alice:
        async with agent(mortal.west, "bob7", "alice7") as bob:
            await online(alice, "bob7")
            for number in range(20):
                assert (
                    await alice.send(message(amid_called("bob7"), str(number)))
                ).outcome == "forwarded"
            await bob.hear_all(Receive, 20)
            assert mortal.programs[1].terminate() == 0
        async with agent(mortal.east, "bob7") as bob:
            assert [(await bob.take()).id for _ in range(20)] == [str(it) for it in range(20)]
