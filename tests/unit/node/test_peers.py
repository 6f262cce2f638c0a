"""The owner's address book."""

import asyncio

import pytest

from agentmesh.errors import StorageError, TransportError, UsageError
from agentmesh.protocol.ids import Amid
from tests.support.node import RELAY, Node
from tests.support.node_pair import Pair

ONE = Amid("2DrjgbD6qNf3DqTgGLQ6wnCWzGB1")


async def _contact(node: Node, amid: str, alias: str, name: str = "") -> None:
    await node.peers.trust(Amid(amid), 1, name=name)
    await node.peers.describe(Amid(amid), alias=alias)


async def test_a_contact_is_found_by_alias_then_name_in_any_case(pair: Pair) -> None:
    await _contact(pair.low, "a", alias="Ada", name="Somebody")
    await _contact(pair.low, "b", alias="bee", name="Ada")
    assert await pair.low.peers.find("ADA ") == "a"
    assert await pair.low.peers.find("somebody") == "a"
    assert await pair.low.peers.find("BEE") == "b"


async def test_a_name_that_two_have_is_not_guessed_at(pair: Pair) -> None:
    for amid in ("a", "b"):
        await _contact(pair.low, amid, alias=f"alias of {amid}", name="Ada")
    with pytest.raises(UsageError) as caught:
        await pair.low.peers.find("ada")
    assert caught.value.code == "ambiguous_peer"


async def test_an_amid_is_a_peer_and_a_strangers_name_is_not(pair: Pair) -> None:
    assert await pair.low.peers.find(pair.high.amid) == pair.high.amid
    await pair.low.peers.trust(Amid("x"), 0, name="Stranger")
    with pytest.raises(UsageError) as caught:
        await pair.low.peers.find("Stranger")
    assert caught.value.code == "unknown_peer"


@pytest.mark.parametrize(("level", "is_kept"), [(1, True), (0, False)])
async def test_a_contact_does_not_take_another_name_by_itself(
    pair: Pair, level: int, is_kept: bool
) -> None:
    high = pair.high.amid
    await pair.low.peers.trust(high, level, name="Accounting")
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    row = await pair.low.peers.row(high)
    assert row is not None
    assert (row.name == "Accounting") is is_kept
    assert row.name


async def test_an_alias_belongs_to_one(pair: Pair) -> None:
    await _contact(pair.low, "a", alias="Ada")
    with pytest.raises(UsageError) as caught:
        await _contact(pair.low, "b", alias="ada")
    assert caught.value.code == "alias_taken"


async def test_blanks_around_an_alias_or_a_description_are_none_of_it(pair: Pair) -> None:
    described = await pair.low.peers.describe(Amid("a"), alias=" Ada ", description=" counts ")
    assert (described.alias, described.description) == ("Ada", "counts")
    assert (await pair.low.peers.describe(Amid("a"), description="  ")).description == ""
    await pair.low.peers.trust(Amid("a"), 1)
    await _contact(pair.low, "b", alias="  ")
    assert {row.alias for row in await pair.low.peers.contacts()} == {"Ada", ""}
    await pair.low.peers.describe(Amid("a"), alias="")
    await _contact(pair.low, "b", alias="ada")


async def test_whom_a_name_means_is_found_without_reading_all_contacts(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has a seal to open: with 5,000 that held up the daemon for 46 ms."""
    await _contact(pair.low, "a", alias="Ada")
    monkeypatch.delattr(type(pair.low.store), "contacts")
    await _contact(pair.low, "b", alias="Bob")
    assert await pair.low.peers.find("ada") == "a"
    with pytest.raises(UsageError):
        await pair.low.peers.find("  ")


async def test_a_forgotten_contact_is_gone(pair: Pair) -> None:
    await _contact(pair.low, "a", alias="Ada")
    await pair.low.peers.forget(Amid("a"))
    assert await pair.low.peers.row(Amid("a")) is None
    with pytest.raises(UsageError):
        await pair.low.peers.forget(Amid("a"))


async def test_a_lookup_is_remembered_without_making_a_contact(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    row = await pair.low.peers.row(pair.high.amid)
    assert row is not None
    assert row.suites == ("pqxdh-dr.v1", "olm.v1", "x3dh-only.v1")
    assert row.signing_key == pair.high.hand.keys.ring.identity.public_key
    assert await pair.low.peers.contacts() == []
    known = await pair.low.peers.known_suites(pair.high.amid)
    assert known.suites == row.suites
    assert (await pair.low.peers.known_suites(ONE)).suites == ()


async def test_a_relay_is_remembered_for_when_the_registry_is_away(pair: Pair) -> None:
    assert await pair.low.peers.relay_of(pair.high.amid) == RELAY
    pair.low.directory.fails_with = TransportError("registry_unreachable")
    assert await pair.low.peers.relay_of(pair.high.amid) == RELAY
    with pytest.raises(TransportError):
        await pair.low.peers.relay_of(ONE)


async def test_what_a_relay_was_learnt_by_is_saved_after_the_frame(pair: Pair) -> None:
    await pair.low.peers.relay_of(pair.high.amid)
    name = f"relay/{pair.high.amid}"
    assert await pair.low.store.value(name) is None
    await pair.low.peers.keep_news(pair.high.amid)
    assert await pair.low.store.value(name) == RELAY.encode()


async def test_words_about_a_contact_at_the_same_time_are_all_kept(pair: Pair) -> None:
    peers = pair.low.peers
    await peers.trust(ONE, 1)
    await asyncio.gather(peers.describe(ONE, alias="one"), peers.trust(ONE, 2))
    row = await pair.low.store.contact(ONE)
    assert row is not None
    assert (row.alias, row.trust) == ("one", 2)


async def test_what_could_not_be_saved_of_a_contact_is_not_believed(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    peers = pair.low.peers
    await peers.trust(ONE, 1)

    async def full(_: object) -> None:
        raise StorageError("disk_full")

    with monkeypatch.context() as patch:
        patch.setattr(pair.low.store, "commit", full)
        with pytest.raises(StorageError):
            await peers.trust(ONE, 3)
    row = await peers.row(ONE)
    assert row is not None
    assert row.trust == 1
