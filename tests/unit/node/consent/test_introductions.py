"""A contact vouches for somebody: it is shown, and decides nothing."""

import base64

import msgspec
import pytest

from agentmesh.errors import RemoteProtocolError, UsageError
from agentmesh.messages.strict_json import write_json
from agentmesh.node.consent.introductions import MAX_OF_ONE, Introduced, read_introduction
from agentmesh.policy.document import Policy
from agentmesh.policy.facts import KnockFacts
from agentmesh.protocol.ids import Amid, amid_of, did_of
from agentmesh.protocol.introduction import Introduction
from agentmesh.protocol.signed import Purpose, Signed, read
from agentmesh.storage.interface import CardRow, Put
from tests.support.node import CHAT
from tests.support.node_pair import Pair, node_pair

CAROL = amid_of(bytes(32))


async def befriend(pair: Pair) -> None:
    """Low knows Carol and High; High knows Low."""
    await pair.low.peers.trust(CAROL, 1, name="Carol\x1b[31m")
    await pair.low.peers.trust(pair.high.amid, 1)
    await pair.high.peers.trust(pair.low.amid, 2)


async def send(pair: Pair, payload: bytes) -> None:
    await pair.low.house_mail.post(pair.high.amid, "introduction", payload, CHAT)
    await pair.settle()


def forged(pair: Pair, **changed: object) -> bytes:
    ring = pair.low.hand.keys.ring
    fields = {
        "introduced": CAROL, "timestamp": 1, "sender": pair.low.amid, "to": pair.high.amid,
        **changed,
    }  # fmt: skip
    signer = fields.pop("signer", ring.identity)
    signed = signer.sign(Introduction(**fields), Purpose.INTRODUCTION)  # type: ignore[attr-defined,arg-type]
    return write_json({"signed": base64.b64encode(msgspec.msgpack.encode(signed)).decode()})


async def test_an_introduction_is_kept_with_who_made_it(pair: Pair) -> None:
    await befriend(pair)
    payload = await pair.low.consent.introductions.payload(CAROL, pair.high.amid, "a good cook")
    await send(pair, payload)
    (kept,) = await pair.high.consent.introductions.of(CAROL)
    assert (kept.by, kept.name, kept.note) == (pair.low.amid, "Carol[31m", "a good cook")
    assert read(kept.signed, Introduction, Purpose.INTRODUCTION).to == pair.high.amid
    assert "introduction_received" in pair.high.kinds()
    await send(pair, payload)
    assert len(await pair.high.consent.introductions.all()) == 1


async def test_who_is_no_contact_any_more_vouches_for_nobody(pair: Pair) -> None:
    await befriend(pair)
    payload = await pair.low.consent.introductions.payload(CAROL, pair.high.amid, "")
    await send(pair, payload)
    introductions = pair.high.consent.introductions
    assert len(await introductions.of(CAROL)) == 1
    await pair.high.peers.trust(pair.low.amid, 0)
    assert await introductions.of(CAROL) == []


async def test_who_vouches_is_found_without_reading_all_contacts(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has a seal to open: with 10,000 that held up the daemon for 70 ms, for each KNOCK."""
    await befriend(pair)
    await send(pair, await pair.low.consent.introductions.payload(CAROL, pair.high.amid, ""))
    monkeypatch.delattr(type(pair.high.store), "contacts")
    assert len(await pair.high.consent.introductions.of(CAROL)) == 1


async def test_only_contacts_introduce_and_are_introduced(pair: Pair) -> None:
    await pair.low.peers.trust(pair.high.amid, 1)
    introductions = pair.low.consent.introductions
    with pytest.raises(UsageError):
        await introductions.payload(CAROL, pair.high.amid, "")
    with pytest.raises(UsageError):
        await introductions.payload(pair.high.amid, pair.high.amid, "")
    await send(pair, forged(pair))
    assert await pair.high.consent.introductions.all() == []


async def test_what_is_not_signed_by_the_contact_for_us_is_dropped(pair: Pair) -> None:
    await befriend(pair)
    other = pair.high.hand.keys.ring.identity
    for payload in (
        forged(pair, signer=other),
        forged(pair, to=CAROL),
        forged(pair, sender=CAROL),
        forged(pair, introduced=pair.high.amid),
        forged(pair, introduced=pair.low.amid),
        forged(pair, introduced=Amid("nobody")),
        write_json({"signed": "!"}),
        write_json({"signed": base64.b64encode(b"\xc1").decode()}),
        write_json({}),
        write_json([]),
    ):
        await send(pair, payload)
    assert await pair.high.consent.introductions.all() == []


def test_who_is_introduced_is_named_by_its_amid(pair: Pair) -> None:
    for name in (did_of(CAROL), "", "Carol"):
        with pytest.raises(RemoteProtocolError):
            read_introduction(forged(pair, introduced=name))
    _, document = read_introduction(forged(pair))
    assert document.introduced == CAROL


async def test_who_introduces_everybody_is_cut_short(pair: Pair) -> None:
    await befriend(pair)
    for number in range(MAX_OF_ONE + 2):
        await send(pair, forged(pair, introduced=amid_of(bytes([number]) * 32)))
    assert len(await pair.high.consent.introductions.all()) == MAX_OF_ONE


async def what_becomes_of_a_knock(policy: Policy, *, is_introduced: bool) -> object:
    async with node_pair() as pair:
        pair.high.policy = policy
        if is_introduced:
            await pair.high.peers.trust(CAROL, 3)
            introduced = Introduced(
                amid=pair.low.amid, by=CAROL, name="", note="", at=0.0, signed=Signed(b"", b"", b"")
            )
            body = msgspec.msgpack.encode(introduced)
            name = f"{pair.low.amid}/{CAROL}"
            row = CardRow(drawer="introduction", name=name, body=body, created_at=0.0)
            await pair.high.store.commit([Put(row)])
            assert await pair.high.consent.introductions.of(pair.low.amid)
        said = await pair.low.say(pair.high, "hello")
        await pair.settle()
        (knock,) = await pair.high.store.knocks(pending=False, limit=10)
        fate = await pair.low.fate_of(said)
        return knock.verdict, knock.reason, fate, await pair.high.texts(), pair.high.kinds()


@pytest.mark.parametrize(
    "policy",
    [Policy(), Policy(consent="policy"), Policy(strict_mode=True), Policy(min_reputation=1)],
)
async def test_no_verdict_depends_on_an_introduction(policy: Policy) -> None:
    with_it = await what_becomes_of_a_knock(policy, is_introduced=True)
    assert with_it == await what_becomes_of_a_knock(policy, is_introduced=False)


def test_the_facts_of_a_decision_have_no_place_for_one() -> None:
    assert not [name for name in KnockFacts.__struct_fields__ if "introduc" in name]
