"""The digest of a draft."""

import msgspec
import pytest

from agentmesh.messages.body import Body
from agentmesh.messages.envelope import Context
from agentmesh.node.consent.drafts import APPROVAL_SECONDS, asked, draft_of
from agentmesh.protocol.frames import Intent
from agentmesh.protocol.ids import Amid, MessageId
from tests.support.node import CHAT

PEER = Amid("2DrjgbD6qNf3DqTgGLQ6wnCWzGB1")


def test_the_same_words_to_the_same_peer_have_the_same_digest() -> None:
    one, two, other = (
        asked(draft_of(MessageId("m"), PEER, Body("text", text), CHAT, None), at)
        for at, text in ((1.0, b'"hi"'), (2.0, b'"hi"'), (3.0, b'"ho"'))
    )
    assert one.digest == two.digest != other.digest
    assert one.is_as_asked()
    assert one.wish == CHAT


def test_a_draft_waits_for_ten_minutes() -> None:
    draft = draft_of(MessageId("m"), PEER, Body("text", b'"hi"'), CHAT, None)
    assert [draft.state(at) for at in (0, APPROVAL_SECONDS - 1, APPROVAL_SECONDS)] == [
        "waiting", "waiting", "expired",
    ]  # fmt: skip
    assert draft.state(-400 * 86400.0) == "expired"


@pytest.mark.parametrize(
    "changed",
    [
        {"peer": Amid("another")},
        {"message_id": MessageId("another")},
        {"in_reply_to": MessageId("another")},
        {"payload": b'"ho"'},
        {"type": "status"},
        {"note": "let me in"},
        {"session_id": "another"},
        {"priority": "urgent"},
        {"requires": ("travel/flights",)},
        {"context": Context(chain_id="c", hop=1)},
        {"intent": Intent(category="finance")},
    ],
)
def test_the_digest_is_of_all_that_would_leave(changed: dict[str, object]) -> None:
    draft = asked(draft_of(MessageId("m"), PEER, Body("text", b'"hi"'), CHAT, None), 1.0)
    assert not msgspec.structs.replace(draft, **changed).is_as_asked()
