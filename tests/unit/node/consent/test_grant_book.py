"""Peers ask, the owner grants."""

import pytest

from agentmesh.errors import UsageError
from agentmesh.node.consent.grant_book import MAX_REQUESTS, request_payload
from tests.support.node import CHAT
from tests.support.node_pair import Pair


async def ask(pair: Pair, payload: bytes) -> None:
    await pair.low.house_mail.post(pair.high.amid, "grant_request", payload, CHAT)
    await pair.settle()


async def test_a_contact_asks_and_is_granted(pair: Pair) -> None:
    await pair.high.peers.trust(pair.low.amid, 1)
    await ask(pair, request_payload("file-in", "a \x1b[31mbook"))
    book = pair.high.consent.grants
    (request,) = await book.requests()
    assert (request.peer, request.kind, request.note) == (pair.low.amid, "file-in", "a [31mbook")
    assert "grant_requested" in pair.high.kinds()
    assert await book.all() == []
    await book.give(pair.low.amid, "file-in", uses=1)
    assert await book.requests() == []
    assert [grant.kind for _, grant in await book.all()] == ["file-in"]


async def test_a_stranger_is_not_heard(pair: Pair) -> None:
    await ask(pair, request_payload("text", "please"))
    assert await pair.high.consent.grants.requests() == []
    with pytest.raises(UsageError) as caught:
        await pair.high.consent.grants.give(pair.low.amid, "text")
    assert caught.value.code == "not_a_contact"


@pytest.mark.parametrize(
    "payload", [b"[]", b'{"kind": 7}', b'{"kind": "root"}', b'{"kind": "text", "note": []}', b'"x"']
)
async def test_nonsense_is_dropped(pair: Pair, payload: bytes) -> None:
    await pair.high.peers.trust(pair.low.amid, 1)
    await ask(pair, payload)
    assert await pair.high.consent.grants.requests() == []


async def test_who_asks_for_everything_is_cut_short(pair: Pair) -> None:
    await pair.high.peers.trust(pair.low.amid, 1)
    for number in range(MAX_REQUESTS + 3):
        await ask(pair, request_payload(f"memory:{number}", ""))
    await ask(pair, request_payload("memory:0", "once more"))
    requests = await pair.high.consent.grants.requests()
    assert len(requests) == MAX_REQUESTS
    assert pair.high.kinds().count("grant_requested") == MAX_REQUESTS


async def test_grants_go_with_their_contact(pair: Pair) -> None:
    await pair.high.peers.trust(pair.low.amid, 1)
    book = pair.high.consent.grants
    await book.revoke(pair.low.amid, "text")
    await ask(pair, request_payload("file-in", ""))
    await book.forget(pair.low.amid)
    await book.forget(pair.low.amid)
    assert (await book.all(), await book.requests()) == ([], [])
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.high.texts() == ["hello"]
