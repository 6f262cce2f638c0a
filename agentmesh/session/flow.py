"""How much may be said: the window, what a stream's receiver grants, what was agreed."""

from agentmesh.messages.envelope import Envelope
from agentmesh.messages.payloads import OWN, is_house_mail
from agentmesh.protocol.limits import MAX_IN_FLIGHT, MAX_SEQUENCE, STREAM_WINDOW
from agentmesh.session.events import Saying
from agentmesh.session.states import Open
from agentmesh.session.words import is_counted

TOO_LARGE, TOO_MANY = "message_too_large", "too_many_messages"


def room(state: Open) -> int:
    """Return how many more numbers may be used now."""
    if not state.cipher.can_send or state.closing or state.close_at is not None:
        return 0
    used = state.next_sequence - 1
    bounds = [state.cipher.room(used, state.confirmed.up_to)]
    if state.terms.request.type == "stream":
        bounds.append(_granted(state) - used)
    if state.terms.request.type == "request_response":
        bounds.append(MAX_IN_FLIGHT - len(state.unanswered))
    return max(min(bounds), 0)


def goes_on(state: Open) -> bool:
    """Whether it is time to look for what is held: there is much room, or nothing is under way.

    It may have to be read to find the most urgent: not with each receipt that makes a little room.
    """
    is_all_there = state.confirmed.up_to == state.next_sequence - 1
    window = STREAM_WINDOW if state.terms.request.type == "stream" else MAX_IN_FLIGHT
    return state.holding and (is_all_there or room(state) >= window // 4)


def would_hold(state: Open) -> bool:
    """Whether nothing of what is said now would get a number."""
    return state.holding or not room(state)


def has_words_out(state: Open) -> bool:
    """Whether a message is on its way: neither confirmed, nor buried because its time was over."""
    out = range(state.confirmed.up_to + 1, state.next_sequence)
    daemons = {number for numbers, _ in state.own_frames for number in numbers}
    return any(number not in state.confirmed and number not in daemons for number in out)


def is_full(state: Open) -> bool:
    """Whether a stream's receiver has to read before more is said."""
    is_stream = state.terms.request.type == "stream"
    return is_stream and _granted(state) < state.next_sequence


def grants(state: Open) -> int:
    """Return the highest number that we take in a stream; it only ever rises. 0: no such bound."""
    if state.terms.request.type != "stream":
        return 0
    return min(state.consumed.count + STREAM_WINDOW, MAX_SEQUENCE)


def left(state: Open) -> int:
    """Return how many more messages were agreed for this session."""
    most = state.constraints.max_messages
    return max(most - state.said, 0) if most else MAX_SEQUENCE


def too_large(state: Open, sayings: tuple[Saying, ...]) -> tuple[Saying, ...]:
    """Return those messages that are larger than what was agreed."""
    most = state.constraints.max_message_size_bytes
    counted = (saying for saying in sayings if is_counted(saying.type))
    return tuple(saying for saying in counted if len(saying.payload) > most)


def broken_by(state: Open, envelopes: tuple[Envelope, ...]) -> str:
    """Return what of the agreement the peer broke by saying this, or nothing."""
    agreed = state.constraints
    new = [it for it in envelopes if is_counted(it.type) and it.sequence not in state.received]
    if any(len(envelope.payload) > agreed.max_message_size_bytes for envelope in new):
        return TOO_LARGE
    if agreed.max_messages and state.heard + len(new) > agreed.max_messages:
        return TOO_MANY
    return ""


def does_not_fit(state: Open, envelopes: tuple[Envelope, ...]) -> bool:
    """Whether a stream's sender says more than we granted. What daemons say is no burden."""
    granted = grants(state)
    return bool(granted) and any(
        envelope.sequence > granted
        for envelope in envelopes
        if envelope.type not in OWN and not is_house_mail(envelope.type)
    )


def is_complete(state: Open) -> bool:
    """Whether this is a request_response session of ours in which everything was answered."""
    is_asking = state.terms.ours and state.terms.request.type == "request_response"
    is_going = bool(state.closing or state.close_at or state.holding or state.received.also)
    return is_asking and state.said > 0 and not is_going and not state.unanswered


def _granted(state: Open) -> int:
    return max(state.room_up_to, STREAM_WINDOW)
