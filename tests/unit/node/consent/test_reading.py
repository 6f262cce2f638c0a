"""After reading a peer's words, what the agent sends is that peer's doing for a while."""

import msgspec

from agentmesh.node.consent.contexts import OWNERS, UNKNOWN, Setting
from agentmesh.node.consent.reading import AFTER_READING_SECONDS, KEEP_EVERY, READ, Reading
from agentmesh.protocol.ids import Amid
from agentmesh.storage.interface import SetValue
from agentmesh.storage.volatile import VolatileStore
from tests.support.world import FakeClock

ALICE, BOB, CAROL = Amid("alice"), Amid("bob"), Amid("carol")


async def test_who_read_nothing_acts_on_its_owners_word_and_an_answer_on_the_peers() -> None:
    reading = Reading(VolatileStore(), FakeClock())
    assert await reading.impulse_to(BOB) == "owner"
    assert await reading.impulse_to(BOB, answers=True) == "peer"


async def test_words_move_for_their_time() -> None:
    clock = FakeClock()
    reading = Reading(VolatileStore(), clock)
    await reading.happened(BOB)
    clock.advance(AFTER_READING_SECONDS - 1)
    assert await reading.impulse_to(BOB) == "peer"
    clock.advance(2)
    assert await reading.impulse_to(BOB) == "owner"


async def test_what_one_said_is_no_reason_to_write_to_another() -> None:
    reading = Reading(VolatileStore(), FakeClock())
    await reading.happened(BOB)
    assert await reading.impulse_to(CAROL) == "another"
    assert await reading.impulse_to(CAROL, answers=True) == "another"
    assert await reading.impulse_to(BOB) == "peer"


async def test_who_read_two_may_pass_on_words_of_one_in_an_answer_to_the_other() -> None:
    clock = FakeClock()
    reading = Reading(VolatileStore(), clock)
    await reading.happened(BOB)
    clock.advance(AFTER_READING_SECONDS / 2)
    await reading.happened(CAROL)
    assert await reading.impulse_to(BOB) == await reading.impulse_to(CAROL) == "another"
    assert await reading.impulse_to(BOB, answers=True) == "another"
    clock.advance(AFTER_READING_SECONDS / 2 + 1)
    assert await reading.impulse_to(CAROL, answers=True) == "peer"
    assert await reading.impulse_to(CAROL) == "peer"
    assert await reading.impulse_to(BOB) == "another"


async def test_a_restart_does_not_forget_it() -> None:
    clock, store = FakeClock(), VolatileStore()
    reading = Reading(store, clock)
    await reading.happened(BOB)
    await reading.happened(CAROL)
    clock.advance(AFTER_READING_SECONDS - 1)
    assert await Reading(store, clock).impulse_to(ALICE) == "another"
    clock.advance(KEEP_EVERY + 2)
    assert await Reading(store, clock).impulse_to(ALICE) == "owner"


async def test_a_clock_that_went_back_does_not_forget_it() -> None:
    clock, store = FakeClock(), VolatileStore()
    await Reading(store, clock).happened(BOB)
    clock.jump(-400 * 86400)
    assert await Reading(store, clock).impulse_to(BOB) == "peer"


async def test_the_time_is_written_down_now_and_then_only() -> None:
    clock, store = FakeClock(), VolatileStore()
    reading = Reading(store, clock)
    await reading.happened(BOB)
    clock.advance(KEEP_EVERY - 1)
    await reading.happened(BOB)
    clock.advance(AFTER_READING_SECONDS)
    assert await Reading(store, clock).impulse_to(BOB) == "peer"
    clock.advance(2)
    assert await Reading(store, clock).impulse_to(BOB) == "owner"


async def test_in_a_peers_own_session_it_is_that_peer_who_moves_to_whomever_it_goes() -> None:
    clock = FakeClock()
    reading, bobs = Reading(VolatileStore(), clock), Setting(peer=BOB)
    for _ in range(2):
        assert await reading.impulse_to(BOB, bobs) == "peer"
        assert await reading.impulse_to(CAROL, bobs) == "another"
        assert await reading.impulse_to(CAROL, bobs, answers=True) == "another"
        await reading.happened(BOB, bobs)
        clock.advance(AFTER_READING_SECONDS * 2)


async def test_what_was_read_in_a_peers_session_moves_nobody_in_the_owners() -> None:
    reading = Reading(VolatileStore(), FakeClock())
    await reading.happened(BOB, Setting(peer=BOB))
    assert await reading.impulse_to(CAROL, OWNERS) == "owner"
    assert await reading.impulse_to(CAROL, UNKNOWN) == "another"  # whoever shows no token
    await reading.happened(BOB, OWNERS)
    assert await reading.impulse_to(CAROL, OWNERS) == "another"


async def test_what_was_read_nobody_knows_where_counts_everywhere_but_in_a_peers_session() -> None:
    reading = Reading(VolatileStore(), FakeClock())
    await reading.happened(BOB)
    assert await reading.impulse_to(CAROL, OWNERS) == "another"
    assert await reading.impulse_to(CAROL, Setting(peer=CAROL)) == "peer"


async def test_places_are_remembered_over_a_restart_and_what_was_kept_without_them() -> None:
    clock, store = FakeClock(), VolatileStore()
    await Reading(store, clock).happened(BOB, Setting(peer=BOB))
    assert await Reading(store, clock).impulse_to(CAROL, OWNERS) == "owner"
    assert await Reading(store, clock).impulse_to(CAROL) == "another"
    before = msgspec.msgpack.encode({BOB: clock.now()})
    await store.commit([SetValue(READ, before)])
    assert await Reading(store, clock).impulse_to(CAROL, OWNERS) == "another"
