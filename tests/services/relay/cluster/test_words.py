import contextlib

import pytest
from agentmesh_relay.cluster.words import (
    Answer,
    AnyWord,
    Ask,
    Entered,
    Gone,
    Here,
    Left,
    NodeId,
    Offer,
    Post,
    Tell,
    Who,
    decode,
    encode,
)
from agentmesh_relay.neighbours import Forwarded
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.ids import FrameId
from agentmesh.protocol.relay_frames import Acked, PresenceResponse, Sent
from tests.support.letters import ALICE, BOB, NOW
from tests.support.relay_client import message

WORDS: list[AnyWord] = [
    Offer(1, ALICE, NOW, (message(BOB, "1"), message(BOB, "2", want_acked=True))),
    Answer(3, Forwarded()),
    Ask(2, ALICE, BOB),
    Answer(1, Sent(id=FrameId("1"), outcome="refused", code="MAILBOX_FULL")),
    Answer(2, PresenceResponse(amid=BOB, status="online")),
    Tell(ALICE, Acked(ids=(FrameId("1"),))),
    Entered(BOB, 7, NodeId("")),
    Left(BOB, (0.5, 1.0)),
    Who(),
    Here(3, [(BOB, 7)], True, False),
    Gone(),
]


def test_every_word_comes_back_as_it_was() -> None:
    post = Post(NodeId("east"), "ws://relay.example", 3, WORDS)
    assert decode(encode(post)) == post


@given(st.binary(max_size=200))
def test_whatever_is_no_post_is_called_so(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match="post"):
        decode(data)


@given(st.integers(0, 400), st.integers(1, 255))
def test_a_changed_byte_never_is_more_than_another_post(place: int, flip: int) -> None:
    data = bytearray(encode(Post(NodeId("east"), "ws://relay.example", 3, WORDS)))
    data[place % len(data)] ^= flip
    with contextlib.suppress(RemoteProtocolError):
        assert isinstance(decode(bytes(data)), Post)
