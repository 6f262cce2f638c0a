"""The Python API: an agent on the mesh, as its program sees it.

    async with Agent() as me:
        await me.send("bob", "Hello!")
        async for message in me.inbox():
            await me.reply(message, "I have read it.")

Many messages are sent at once by `await me.send_all("bob", texts)`.

The daemon does the work; `agentmesh up` starts it.
"""

import os
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from agentmesh.control import answers, calls, places
from agentmesh.control.answers import Message, Sent
from agentmesh.control.async_client import AsyncClient
from agentmesh.control.pieces import pieces
from agentmesh.errors import AgentMeshError

A = TypeVar("A", bound=answers.Answer)

INBOX_WAIT_SECONDS = 60.0
INBOX_PAGE = 100
"""So many messages that are there already come at once."""
CONTACTS_PAGE = 1000


class Agent:
    """One agent: the daemon of `home` (default: `AGENTMESH_HOME`, else `~/.agentmesh`).

    `permit="agent"` gives up what only the owner may do, for the life of this object.
    """

    def __init__(self, home: str | Path | None = None, permit: calls.Permit = "owner") -> None:
        directory = Path(home).expanduser().absolute() if home else places.home(os.environ)
        self._client = AsyncClient(directory, permit)

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def status(self) -> answers.Status:
        """Return who we are and how we are."""
        return await self._client.call(calls.Status())

    async def send(
        self,
        peer: str,
        body: calls.Body,
        *,
        intent: str = "communication/messaging",
        wait: float | None = None,
        **more: Any,
    ) -> Sent:
        """Send a text, or a payload; return what became of it.

        `wait`: until it is delivered (a request: answered), or so many seconds. `more` are the
        other fields of the call `send`: action, type, session_id, message_type, note.
        """
        request = calls.Send(to=peer, body=body, intent=intent, wait=wait, **more)
        return await self._client.call(request)

    async def send_all(
        self,
        peer: str,
        bodies: Iterable[calls.Body],
        *,
        intent: str = "communication/messaging",
        **more: Any,
    ) -> list[Sent]:
        """Send many texts or payloads, in their order; return what became of each so far.

        A piece of them (256, and less than a MiB) is kept as a whole or not at all, one piece after
        the other. An error says how many are kept by then (`done`), and which message it is about
        (`at`, from 1), if it is about one. `more` are the other fields of the call `send.all`.
        """
        sent: list[Sent] = []
        try:
            for piece in pieces(bodies):
                request = calls.SendAll(to=peer, bodies=piece, intent=intent, **more)
                sent += (await self._client.call(request)).messages
        except AgentMeshError as error:
            error.done = len(sent)
            error.at += len(sent) if error.at else 0
            raise
        return sent

    async def reply(
        self, message: Message | str, body: calls.Body, *, wait: float | None = None
    ) -> Sent:
        """Answer a message in its session."""
        request = calls.Reply(message_id=_id_of(message), body=body, wait=wait)
        return await self._client.call(request)

    async def inbox(self, *, sender: str = "", consume: bool = True) -> AsyncIterator[Message]:
        """Yield the unread messages and then each new one, for ever.

        A message counts as consumed once the program asks for the next one.
        """
        after = ""
        while True:
            asked = calls.Inbox(
                unread=True, sender=sender, after=after, limit=INBOX_PAGE, wait=INBOX_WAIT_SECONDS
            )
            page = await self._client.call(asked)
            for message in page.messages:
                yield message
                after = message.message_id
                if consume:
                    await self.read(message)

    async def messages(self, *, unread: bool = False, limit: int = 20) -> list[Message]:
        """Return the messages that are there now."""
        return (await self._client.call(calls.Inbox(unread=unread, limit=limit))).messages

    async def read(self, message: Message | str) -> Message:
        """Mark a message as consumed, which its sender is told."""
        return (await self._client.call(calls.Read(message_id=_id_of(message)))).message

    async def search(self, capability: str, **more: Any) -> answers.SearchResults:
        """Find agents by what they offer; `more` are the other fields of the call `search`."""
        return await self._client.call(calls.Search(capability=capability, **more))

    async def knocks(self, *, pending: bool = True) -> list[answers.Knock]:
        """Return who wants to talk."""
        return (await self._client.call(calls.KnocksList(pending=pending))).knocks

    async def approve(self, knock_id: str) -> answers.Knock:
        """Accept a KNOCK; its sender becomes a contact."""
        return (await self._client.call(calls.KnocksApprove(id=knock_id))).knock

    async def deny(self, knock_id: str) -> answers.Knock:
        """Dismiss a KNOCK; its sender sees silence."""
        return (await self._client.call(calls.KnocksDeny(id=knock_id))).knock

    async def contacts(self) -> list[answers.Contact]:
        """Return the peers the owner knows."""
        page = await self._client.call(calls.ContactsList(limit=CONTACTS_PAGE))
        found = page.contacts
        while page.next:
            asked = calls.ContactsList(after=page.next, limit=CONTACTS_PAGE)
            page = await self._client.call(asked)
            found += page.contacts
        return found

    async def add_contact(self, peer: str, alias: str = "") -> answers.Contact:
        """Make a peer a contact: it may talk to us without asking."""
        return (await self._client.call(calls.ContactsAdd(peer=peer, alias=alias))).contact

    async def sessions(self) -> list[answers.Session]:
        """Return all sessions, newest first."""
        found = await self._client.call(calls.Sessions())
        while found.next:
            more = await self._client.call(calls.Sessions(before=found.next))
            found = msgspec.structs.replace(more, sessions=[*found.sessions, *more.sessions])
        return found.sessions

    async def block(self, peer: str) -> answers.Blocked:
        """Never hear from this peer again."""
        return await self._client.call(calls.Block(peer=peer))

    async def health(self) -> answers.Health:
        """Return what the daemon finds wrong."""
        return await self._client.call(calls.Health())

    def events(self, *kinds: str) -> AsyncIterator[answers.Event]:
        """Yield what happens, of these kinds or all; one iteration an agent object."""
        return self._client.events(*kinds)

    async def ask(self, request: calls.Request[A]) -> A:
        """Make any call of `docs/control.md`."""
        return await self._client.call(request)


def _id_of(message: Message | str) -> str:
    return message.message_id if isinstance(message, Message) else message
