"""The digest of a draft."""

from agentmesh.messages.body import Body
from agentmesh.node.consent.drafts import APPROVAL_SECONDS, draft_of
from agentmesh.protocol.ids import Amid, MessageId
from tests.support.node import CHAT

PEER = Amid("2DrjgbD6qNf3DqTgGLQ6wnCWzGB1")


def test_the_same_words_to_the_same_peer_have_the_same_digest() -> None:
    one, two = (draft_of(MessageId("m"), PEER, Body("text", b'"hi"'), CHAT, None) for _ in range(2))
    other = draft_of(MessageId("m"), PEER, Body("text", b'"ho"'), CHAT, None)
    assert one.digest == two.digest != other.digest
    assert one.is_as_asked()
    assert one.wish == CHAT


def test_a_draft_waits_for_ten_minutes() -> None:
    draft = draft_of(MessageId("m"), PEER, Body("text", b'"hi"'), CHAT, None)
    assert [draft.state(at) for at in (0, APPROVAL_SECONDS - 1, APPROVAL_SECONDS)] == [
        "waiting", "waiting", "expired",
    ]  # fmt: skip
    assert draft.state(-400 * 86400.0) == "expired"
