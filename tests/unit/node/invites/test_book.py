"""Our invites, as the disk has them."""

import asyncio

import pytest

from agentmesh.crypto.seal import make_reply_key
from agentmesh.errors import UsageError
from agentmesh.node.invites.book import KEPT_SECONDS, MAX_SLOT, InviteBook, Use
from tests.support.node_pair import Pair
from tests.support.world import FakeEntropy


async def test_an_invite_has_the_lowest_free_slot(pair: Pair) -> None:
    book = pair.low.invites.book
    made = [await book.make(note, 600) for note in ("", "for Bob", "")]
    assert [(invite.slot, invite.note) for invite in made] == [(1, ""), (2, "for Bob"), (3, "")]
    assert len({invite.words for invite in made}) == 3


async def test_a_slot_serves_again_only_when_its_invite_is_forgotten(pair: Pair) -> None:
    book = pair.low.invites.book
    await book.make("", 600)
    await book.revoke(1)
    assert (await book.all())[0].state(pair.clock.now()) == "expired"
    assert (await book.make("", 600)).slot == 2
    pair.clock.advance(KEPT_SECONDS)
    await pair.low.store.clean(pair.clock.now())
    assert (await book.make("", 600)).slot == 1


async def test_invites_are_bounded(pair: Pair) -> None:
    book = pair.low.invites.book
    for _ in range(MAX_SLOT):
        await book.make("", 600)
    with pytest.raises(UsageError) as caught:
        await book.make("", 600)
    assert caught.value.code == "too_many_invites"


async def test_tries_survive_a_restart(pair: Pair) -> None:
    book = pair.low.invites.book
    invite = await book.make("", 600)
    for left in (2, 1, 0):
        charged = await book.charge(invite.slot)
        assert charged is not None
        assert charged.tries_left == left
        assert await InviteBook(pair.low.hand).find(1) == charged
    assert charged.state(pair.clock.now()) == "dead"
    assert await InviteBook(pair.low.hand).charge(1) is None


async def test_what_happens_to_an_invite_at_once_happens_one_after_the_other(pair: Pair) -> None:
    book = pair.low.invites.book
    made = await asyncio.gather(*(book.make("", 600) for _ in range(5)))
    assert [invite.slot for invite in made] == [1, 2, 3, 4, 5]
    charged = await asyncio.gather(*(book.charge(1) for _ in range(10)))
    assert sorted(it.tries_left for it in charged if it is not None) == [0, 1, 2]
    await asyncio.gather(book.charge(2), book.revoke(2), book.charge(2))
    (ended,) = [invite for invite in await book.all() if invite.slot == 2]
    assert ended.state(pair.clock.now()) == "expired", "no try makes it open again"


async def test_an_invite_serves_one_peer(pair: Pair) -> None:
    book = pair.low.invites.book
    await book.make("", 600)
    key, _ = make_reply_key(FakeEntropy())
    use = Use(by=pair.high.amid, attempt="one", reply_key=key, tag=bytes(32))
    await book.use(1, use)
    (used,) = await InviteBook(pair.low.hand).all()
    assert (used.use, used.state(pair.clock.now())) == (use, "used")
    assert await book.charge(1) is None
    assert (await book.revoke(1)).state(pair.clock.now()) == "used"


async def test_time_ends_an_invite_and_no_clock_makes_it_young_again(pair: Pair) -> None:
    invite = await pair.low.invites.book.make("", 600)
    now = pair.clock.now()
    assert [invite.state(at) for at in (now, now + 599, now + 600, now - 4e7)] == [
        "open", "open", "expired", "expired",
    ]  # fmt: skip
    await pair.low.store.clean(now + 600 + KEPT_SECONDS)
    assert await pair.low.invites.book.all() == []


async def test_a_code_names_the_inviter_its_slot_and_the_words(pair: Pair) -> None:
    invite = await pair.low.invites.book.make("", 600)
    code = pair.low.invites.book.code(invite)
    assert (code.inviter, code.slot, code.words) == (pair.low.amid, 1, invite.words)


async def test_an_unknown_invite_is_not_revoked(pair: Pair) -> None:
    with pytest.raises(UsageError) as caught:
        await pair.low.invites.book.revoke(7)
    assert caught.value.code == "unknown_invite"
