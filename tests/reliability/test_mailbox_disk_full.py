"""A relay whose disk is really full: refused with a reason, and what was promised is kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.protocol import limits
from tests.support.disks import fill, small_disk
from tests.support.processes import running
from tests.support.relay_client import RelayClient, agent, amid_called, message

LETTER = bytes(30_000)
BOB, CAROL = amid_called("bob"), amid_called("carol")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    with small_disk(place, 4 * 1024 * 1024):
        yield place


async def queued_until_refused(sender: RelayClient, name: str) -> list[str]:
    """Send to Bob, who is away, until there is no room; return what the relay promised to keep."""
    promised = []
    for number in range(limits.MAILBOX_MESSAGES):
        answer = await sender.send(message(BOB, f"{name}{number}", LETTER))
        if answer.outcome == "refused":
            assert answer.code == "INTERNAL_ERROR"
            assert answer.retry_after_seconds
            return promised
        assert answer.outcome == "queued"
        promised.append(answer.id)
    raise AssertionError("a full disk takes everything")


async def test_a_full_disk_costs_nothing_that_was_promised(disk: Path) -> None:
    ballast = disk / "ballast"
    own = ("agentmesh_relay", "--listen", "127.0.0.1:0", "--data", disk / "relay")
    with running(*own) as relay:
        url = relay.said("listening on ")
        async with agent(url, "bob"):
            pass
        async with agent(url, "alice") as alice, agent(url, "carol", "alice") as carol:
            assert (await alice.send(message(BOB, "first", LETTER))).outcome == "queued"
            fill(ballast)
            promised = ["first", *await queued_until_refused(alice, "a")]
            for number in range(20):  # those who are here do not need the disk
                online = await alice.send(message(CAROL, str(number), LETTER))
                assert online.outcome == "forwarded"
                assert (await carol.take()).id == str(number)
            assert (await alice.send(message(BOB, "again", LETTER))).outcome == "refused"
            ballast.unlink()
            assert (await alice.send(message(BOB, "later", LETTER))).outcome == "queued"
            fill(ballast)
            promised += ["later", *await queued_until_refused(alice, "b")]
        relay.kill()
        assert " ERROR " not in relay.output
    ballast.unlink()
    with running(*own) as relay:
        async with agent(relay.said("listening on "), "bob") as bob:
            assert [(await bob.take()).id for _ in promised] == promised
    assert " ERROR " not in relay.output
