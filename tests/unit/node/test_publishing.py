"""What others can find of us, whatever becomes of the registry."""

import pytest

from agentmesh.crypto import x25519
from agentmesh.discovery.interface import RateLimited
from agentmesh.errors import Refused, StorageError, TransportError
from agentmesh.node import publishing
from agentmesh.node.publishing import LONGEST_PAUSE, MISSED_SECONDS
from agentmesh.protocol.limits import (
    EXCHANGE_KEY_ROTATION_SECONDS,
    MAILBOX_SECONDS,
    PREKEY_GRACE_SECONDS,
)
from tests.support.node import RELAY
from tests.support.node_pair import Pair


async def test_a_registry_that_lost_what_it_knew_is_told_again(pair: Pair) -> None:
    node = pair.low
    node.directory.shelf.records.clear()
    node.directory.shelf.one_time[node.amid].clear()
    with pytest.raises(Refused):
        await node.publisher._publish()
    await node.publisher._publish()
    assert node.amid in node.directory.shelf.records
    assert node.directory.shelf.one_time[node.amid]


async def test_other_refusals_do_not_register_anew(pair: Pair) -> None:
    node = pair.low
    node.directory.asked.clear()
    node.directory.fails_with = Refused("not_permitted")
    with pytest.raises(Refused):
        await node.publisher._publish()
    node.directory.fails_with = None
    await node.publisher._publish()
    assert node.directory.asked == ["set_status", "set_status"]


async def test_a_registry_that_is_away_for_months_is_asked_with_bounded_pauses(pair: Pair) -> None:
    publisher = pair.low.publisher
    publisher._failures = 100_000
    assert LONGEST_PAUSE / 2 <= publisher._pause() <= LONGEST_PAUSE


async def test_what_waits_for_the_registry_goes_on_as_soon_as_it_is_back(pair: Pair) -> None:
    node = pair.low
    node.directory.fails_with = TransportError("registry_unreachable")
    said = await node.say(pair.high, "hello")
    async with node.publisher as publisher:
        await publisher.first_try(5)
        await pair.settle()
        assert await node.fate_of(said) == ("queued", "registry_unreachable")
        node.directory.fails_with = None
        publisher.show("online")
        await pair.settle()
    assert await pair.high.texts() == ["hello"]


async def test_whoever_keeps_our_exchange_key_is_told_the_new_one(pair: Pair) -> None:
    node = pair.low
    told: list[bytes] = []
    node.publisher._exchange_key_is = told.append
    before = x25519.public_key(node.hand.keys.ring.exchange_private)
    pair.clock.advance(EXCHANGE_KEY_ROTATION_SECONDS + 1)
    await node.publisher._publish()
    ring = node.hand.keys.ring
    assert told == [x25519.public_key(ring.exchange_private)]
    assert told != [before]


async def test_key_files_that_cannot_be_written_keep_nobody_from_finding_us(pair: Pair) -> None:
    def full(_: bytes) -> None:
        raise StorageError("disk_full")

    node = pair.low
    node.publisher._exchange_key_is = full
    node.directory.asked.clear()
    pair.clock.advance(EXCHANGE_KEY_ROTATION_SECONDS + 1)
    await node.publisher._publish()
    assert "register" in node.directory.asked


async def test_publishing_survives_whatever_the_registry_does(pair: Pair) -> None:
    node, asked = pair.low, pair.low.directory.asked
    failures: list[Exception | None] = [
        RateLimited(60),
        TransportError("registry_unreachable"),
        KeyError("oops"),
        None,
    ]
    async with node.publisher:
        for failure in failures:
            before = len(asked)
            node.directory.fails_with = failure  # type: ignore[assignment]
            node.publisher.show("away")
            await pair.settle()
            assert len(asked) > before
    assert node.directory.shown[-1] == "away"


async def test_offline_is_said_once_and_nothing_else(pair: Pair) -> None:
    pair.low.directory.asked.clear()
    pair.low.publisher._keys_due = 0
    pair.low.publisher.status = "offline"
    await pair.low.publisher._publish()
    assert pair.low.directory.asked == ["set_status"]


async def test_prekeys_are_replaced_after_a_week_and_kept_for_the_grace(pair: Pair) -> None:
    node = pair.low
    week, kept = 7 * 86400 + 1, PREKEY_GRACE_SECONDS + MAILBOX_SECONDS + 1
    await node.publisher._publish()
    (first,) = [row.id for row in await node.store.prekeys("signed")]
    ids: list[list[int]] = []
    for pause in (week, kept):
        pair.clock.jump(pause)
        node.publisher._keys_due = 0
        await node.publisher._publish()
        ids.append([row.id for row in await node.store.prekeys("signed")])
    assert ids == [[first, first + 1], [first + 1]]


async def test_whoever_may_have_been_called_gone_says_how_it_is(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = pair.low
    monkeypatch.setattr(publishing, "MISSED_SECONDS", 0.0)
    node.incoming.tell_when_missed(node.publisher.missed)
    async with node.publisher as publisher:
        await publisher.first_try(5)
        await pair.settle()
        said = len(node.directory.shown)
        node.incoming.connected(RELAY, is_missed=False)
        await pair.settle()
        assert len(node.directory.shown) == said
        node.incoming.connected(RELAY, is_missed=True)
        await pair.settle()
        assert node.directory.shown[said:] == ["online"]


async def test_agents_that_were_missed_together_do_not_speak_at_once(pair: Pair) -> None:
    publisher = pair.low.publisher
    drawn = [publisher._drawn(MISSED_SECONDS) for _ in range(100)]
    assert 0 <= min(drawn) < MISSED_SECONDS / 4
    assert MISSED_SECONDS * 3 / 4 < max(drawn) <= MISSED_SECONDS
