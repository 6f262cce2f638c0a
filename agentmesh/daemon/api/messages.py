"""Control calls about messages: say, hear, read."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from msgspec import UNSET
from msgspec.structs import replace

from agentmesh.control import answers, calls
from agentmesh.daemon.api import message_views, views
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import AgentMeshError
from agentmesh.messages.body import Asking, Body, to_body
from agentmesh.messages.checking import check, may_name_schema
from agentmesh.node.consent.approvals import AWAITING
from agentmesh.node.consent.contexts import OWNERS, Setting
from agentmesh.node.inbox import Wanted, envelope_of
from agentmesh.node.outbox import Fate
from agentmesh.node.turn import Wish
from agentmesh.policy.outbound import Impulse
from agentmesh.protocol.categories import take_apart
from agentmesh.protocol.frames import Intent, SessionRequest, SessionType
from agentmesh.protocol.ids import Amid, MessageId, SessionId
from agentmesh.protocol.limits import MAX_SESSION_SECONDS, SESSION_CACHE_SECONDS
from agentmesh.storage.interface import IncomingRow

A = TypeVar("A")
B = TypeVar("B")
Asked = calls.Send | calls.SendAll
ANSWERED = {"request", "capability_request"}
"""Types of messages to which an answer belongs."""


@dataclass(frozen=True)
class Reader:
    """Who is shown a message, and in which of its host's sessions."""

    permit: calls.Permit
    where: Setting

    @property
    def is_agent(self) -> bool:
        """Whether it is the agent, and not its owner."""
        return self.permit == "agent"


async def send(rooms: Rooms, asked: calls.Send, permit: calls.Permit) -> answers.Sent:
    """Keep a message and see to it; wait for its fate if that was asked for."""
    peer = await rooms.peers.find(asked.to)
    ((body, fate),) = await _say(rooms, peer, asked, [asked.body], permit)
    fate = await _awaited(rooms, peer, fate, body, asked.wait)
    return await _said(rooms, fate, body, _reader(rooms, asked, permit))


async def send_all(rooms: Rooms, asked: calls.SendAll, permit: calls.Permit) -> answers.SentAll:
    """Keep messages and see to them; all of them, or none."""
    peer = await rooms.peers.find(asked.to)
    said = await _say(rooms, peer, asked, asked.bodies, permit)
    reader = _reader(rooms, asked, permit)
    return answers.SentAll(messages=[await _said(rooms, it, body, reader) for body, it in said])


def _reader(rooms: Rooms, asked: Asked, permit: calls.Permit) -> Reader:
    return Reader(permit, rooms.consent.contexts.setting(asked.context))


async def _say(
    rooms: Rooms, peer: Amid, asked: Asked, said: Sequence[calls.Body], permit: calls.Permit
) -> list[tuple[Body, Fate]]:
    """Keep what is said; return each message and its fate."""
    category, subcategory = take_apart(asked.intent)
    asking = Asking(
        intent=asked.intent if asked.type == "request_response" else "",
        priority=asked.priority,
        budget=None if asked.budget is None else _without_nothing(asked.budget),
    )
    bodies = _each(said, lambda body: to_body(body, kind=asked.message_type, asking=asking))
    wish = Wish(
        intent=Intent(
            category=category,
            subcategory=subcategory,
            action=asked.action,
            urgency=bodies[0].priority,  # a session of theirs would begin with this one
        ),
        request=_request(asked.type),
        note=asked.note,
        session_id=SessionId(asked.session_id) if asked.session_id else None,
        requires=asked.requires,
    )
    impulse: Impulse = "owner"
    where = rooms.consent.contexts.setting(asked.context)
    if permit == "agent":
        impulse = await rooms.consent.reading.impulse_to(peer, where)
        bodies = _each(bodies, lambda body: _by_agent(rooms, peer, body, wish, where))
    fates = await rooms.outbox.say(peer, bodies, wish, impulse=impulse)
    return list(zip(bodies, fates, strict=True))


def _by_agent(rooms: Rooms, peer: Amid, body: Body, wish: Wish, where: Setting) -> Body:
    """Return a message as the guards let an agent say it."""
    chained = replace(body, context=rooms.guards.sentry.may_send(peer, body, where))
    return rooms.guards.scrubber.marked(chained, wish)


def _each(said: Iterable[A], made: Callable[[A], B]) -> list[B]:
    """Return what is made of each; what is wrong with one says which one it is."""
    found: list[B] = []
    try:
        found.extend(made(it) for it in said)  # what is made before one fails stays there
    except AgentMeshError as error:
        error.at = len(found) + 1
        raise
    return found


def _request(kind: SessionType) -> SessionRequest:
    """Return what is asked for: a stream is kept for as long as the peer lets it."""
    seconds = MAX_SESSION_SECONDS if kind == "stream" else SESSION_CACHE_SECONDS
    return SessionRequest(type=kind, ttl_seconds=seconds)


async def reply(rooms: Rooms, asked: calls.Reply, permit: calls.Permit) -> answers.Sent:
    """Answer a message in its session; where that is over, in one like it."""
    where = rooms.consent.contexts.setting(asked.context)
    row = await _consumed(rooms, MessageId(asked.message_id), where)
    envelope = envelope_of(row)
    body = to_body(asked.body, kind=asked.message_type, answers=row.type == "request")
    wish = await rooms.outbox.wish_to_answer(row)
    impulse: Impulse = "owner"
    is_agent = permit == "agent"
    body = replace(body, context=rooms.guards.sentry.may_answer(row, body, by_agent=is_agent))
    if is_agent:
        impulse = await rooms.consent.reading.impulse_to(row.peer, where, answers=True)
        body = rooms.guards.scrubber.marked(body, wish)
    (fate,) = await rooms.outbox.say(row.peer, [body], wish, envelope.id, impulse)
    fate = await _awaited(rooms, row.peer, fate, body, asked.wait)
    return await _said(rooms, fate, body, Reader(permit, where))


async def _consumed(rooms: Rooms, message_id: MessageId, where: Setting) -> IncomingRow:
    row = await rooms.inbox.one(message_id, where.peer)
    where.insist_on(row.peer)
    return await rooms.inbox.consume(message_id, row.peer)


async def _said(rooms: Rooms, fate: Fate, body: Body, reader: Reader) -> answers.Sent:
    """Return what became of a message, and what in it does not fit the schema that it names."""
    sent = await _told(rooms, fate, reader)
    if not may_name_schema(body.type):
        return sent  # that it fits its type is sure since it was made
    checked = check(body.type, body.payload, rooms.schemas.catalogue)
    if not checked.is_invalid or rooms.policy.current().validation_mode == "silent":
        return sent
    problems = [views.problem(it) for it in checked.problems]
    return replace(sent, schema_problems=problems)


def _without_nothing(budget: calls.Budget) -> dict[str, float | str]:
    given = {"amount": budget.amount, "currency": budget.currency, "max_cost": budget.max_cost}
    return {name: value for name, value in given.items() if value not in (None, "")}


async def _awaited(rooms: Rooms, peer: Amid, fate: Fate, body: Body, wait: float | None) -> Fate:
    """Return the fate after the wait that was asked for."""
    if wait is None or fate.reason == AWAITING:
        return fate
    return await rooms.outbox.wait(peer, fate, wait, for_reply=body.type in ANSWERED)


async def outcome(rooms: Rooms, asked: calls.Outcome, permit: calls.Permit) -> answers.Sent:
    """Tell what became of a message of ours, or is becoming of it."""
    message_id = MessageId(asked.message_id)
    peer = await rooms.outbox.peer_of(message_id)
    where = rooms.consent.contexts.setting(asked.context)
    where.insist_on(peer)
    fate = await rooms.outbox.fate(peer, message_id)
    if asked.wait is not None and fate.reason != AWAITING:
        row = await rooms.hand.store.outgoing(message_id)
        for_reply = row is not None and row.type in ANSWERED
        fate = await rooms.outbox.wait(peer, fate, asked.wait, for_reply=for_reply, seen=asked.seen)
    return await _told(rooms, fate, Reader(permit, where))


async def _told(rooms: Rooms, fate: Fate, reader: Reader) -> answers.Sent:
    if fate.reply is not None and reader.is_agent:
        await _shown(rooms, fate.reply, reader.where)
    return await message_views.sent(rooms, fate, as_content=reader.is_agent)


async def _shown(rooms: Rooms, row: IncomingRow, where: Setting) -> None:
    """Remember that an agent is about to be shown a message, and where."""
    await rooms.consent.reading.happened(row.peer, where)
    rooms.guards.sentry.was_read(envelope_of(row), where)


async def inbox(rooms: Rooms, asked: calls.Inbox, permit: calls.Permit) -> answers.Inbox:
    """List messages; wait for the first one if that was asked for."""
    where = rooms.consent.contexts.setting(asked.context)
    peer = await rooms.peers.find(asked.sender) if asked.sender else where.peer
    if peer is not None:
        where.insist_on(peer)
    wanted = Wanted(
        unread=asked.unread or asked.waking,
        only=rooms.consent.leave.may_wake if asked.waking else None,
        peer=peer,
        after=MessageId(asked.after) if asked.after else None,
        limit=asked.limit,
    )
    rows = await rooms.inbox.list(wanted, asked.wait)
    for row in rows if permit == "agent" else ():
        await _shown(rooms, row, Setting(peer=row.peer) if asked.apart else where)
    as_content = asked.content or permit == "agent"
    messages = await message_views.messages(rooms, rows, as_content=as_content)
    if asked.apart:
        tokens = [rooms.consent.contexts.token(Setting(peer=row.peer)) for row in rows]
        pairs = zip(messages, tokens, strict=True)
        messages = [replace(message, context=token) for message, token in pairs]
    owners = rooms.consent.contexts.token(OWNERS) if asked.apart else UNSET
    return answers.Inbox(messages=messages, context=owners)


async def read(rooms: Rooms, asked: calls.Read, permit: calls.Permit) -> answers.Consumed:
    """Mark a message as read."""
    where = rooms.consent.contexts.setting(asked.context)
    row = await _consumed(rooms, MessageId(asked.message_id), where)
    if permit == "agent":
        await _shown(rooms, row, where)
    as_content = asked.content or permit == "agent"
    return answers.Consumed(
        message=await message_views.message(rooms, row, as_content=as_content, start=asked.start)
    )
