"""The message that travels with a KNOCK: made by who knocks, taken by who lets it in."""

import msgspec

from agentmesh.errors import RemoteProtocolError
from agentmesh.messages.envelope import Envelope
from agentmesh.messages.payloads import is_reserved
from agentmesh.session import conversation
from agentmesh.session.effects import AnyEffect
from agentmesh.session.events import Saying
from agentmesh.session.keyring import KeyRing
from agentmesh.session.states import Open

Effects = list[AnyEffect]


def enveloped(first: Saying) -> bytes:
    """Return the message that travels with a KNOCK, under the number it will have."""
    envelope = Envelope(
        id=first.message_id,
        sequence=conversation.NUMBER_OF_OPTIMISTIC,
        in_reply_to=first.in_reply_to,
        type=first.type,
        timestamp=first.timestamp,
        payload=first.payload,
        context=first.context,
    )
    return msgspec.msgpack.encode(envelope)


def take(state: Open, data: bytes, keys: KeyRing) -> tuple[Open, Effects]:
    """Take the message that came with the KNOCK; one that is wrong comes again, and is blamed."""
    try:
        envelope = msgspec.msgpack.decode(data, type=Envelope)
        if is_reserved(envelope.type):
            return state, []
        return conversation.take_optimistic(state, envelope, keys)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, RemoteProtocolError):
        return state, []
