"""Files as an agent may handle them: what it may send, what it may take, what it is shown."""

import asyncio
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from msgspec.structs import replace

from agentmesh.control import answers, calls
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import IntegrityError, NeedsOwner, NotPermitted, Refused
from agentmesh.files.plan import Plan
from agentmesh.messages.body import Body, to_body
from agentmesh.node.consent.leave import insist
from agentmesh.node.files.transfers import Transfer
from agentmesh.policy.grants import FILE_OUT
from agentmesh.policy.outbound import Impulse
from agentmesh.policy.sharing import is_shared
from agentmesh.protocol.ids import Amid
from agentmesh.storage.source_file import SourceFile

CONTACT = 1
MAX_SEARCHED_BYTES = 4 * 1024 * 1024
"""What is larger is not looked through for secrets, so only the owner sends it."""
BY_THE_OWNER = "The owner can send it: agentmesh send PEER --file PATH"


async def send(rooms: Rooms, asked: calls.FilesSend, peer: Amid) -> Transfer:
    """Take a file on for the agent, if its owner shares it with this peer."""
    where = rooms.consent.contexts.setting(asked.context)
    named = await asyncio.to_thread(_shared, rooms, Path(asked.path))
    await _need_grant(rooms, peer)
    with await asyncio.to_thread(SourceFile.open, named, rooms.config.home) as source:
        body = to_body(named.name)
        rooms.guards.sentry.may_send(peer, body, where)
        body = replace(body, secrets=await _secrets(rooms, source, body))
        await _need_leave(rooms, peer, body, await rooms.consent.reading.impulse_to(peer, where))
        await _need_grant(rooms, peer, use=True)
        transfer = await rooms.files.send(peer, named)
        if transfer.mark != source.mark:
            await rooms.files.cancel(transfer.file_id)
            raise IntegrityError("file_changed", "The file was changed meanwhile.")
        return transfer


async def may_answer(rooms: Rooms, asked: calls.FilesAccept | calls.FilesRefuse) -> None:
    """Raise unless the agent may take this file, or not take it."""
    transfer = rooms.files.find(asked.id)
    rooms.consent.contexts.setting(asked.context).insist_on(transfer.peer)
    row = await rooms.peers.row(transfer.peer)
    is_contact = row is not None and row.trust >= CONTACT
    if not is_contact or rooms.hand.policy().files.accept != "agent":
        raise NotPermitted(
            "owner_only",
            "The owner decides about this file.",
            f"The owner can take it: agentmesh files accept {transfer.file_id}",
        )


async def its_business(rooms: Rooms, transfers: Sequence[Transfer]) -> list[Transfer]:
    """Return the transfers of which the agent may know: what comes in, what it could have sent."""

    def chosen() -> list[Transfer]:
        return [it for it in transfers if not it.ours or _is_shared(rooms, Path(it.path))]

    return await asyncio.to_thread(chosen)  # links are followed on whatever disk they lead to


def without_words(file: answers.File) -> answers.File:
    """Return a transfer without what a peer chose: names reach an agent as little as contents."""
    file = replace(file, peer_name="")
    return file if file.direction == "out" else replace(file, name="", media_type="", path="")


def _shared(rooms: Rooms, path: Path) -> Path:
    """Return where the file lies, links followed, if that is in a folder that the owner shares."""
    named = path.resolve()
    if not _is_shared(rooms, named):
        raise NotPermitted(
            "file_not_shared",
            "The owner does not share this file with you.",
            f"{BY_THE_OWNER}, or share a folder: agentmesh policy set shared_folders",
        )
    return named


def _is_shared(rooms: Rooms, named: Path) -> bool:
    folders = (Path(it).resolve() for it in rooms.hand.policy().shared_folders)
    return is_shared(PurePosixPath(named), map(PurePosixPath, folders))


async def _need_grant(rooms: Rooms, peer: Amid, *, use: bool = False) -> None:
    grants = rooms.consent.grants
    leave = await (grants.take if use else grants.look)(peer, FILE_OUT)
    hint = f"{BY_THE_OWNER}, or grant it: agentmesh grants give PEER {FILE_OUT}"
    if leave.decision == "refuse":
        raise Refused(leave.reason, "This peer is not granted files of yours.", hint)
    if leave.decision == "ask_owner":
        raise NeedsOwner(leave.reason, "This peer is not granted files of yours.", hint)


async def _secrets(rooms: Rooms, source: SourceFile, body: Body) -> tuple[str, ...]:
    if source.mark.size > MAX_SEARCHED_BYTES:
        raise NeedsOwner(
            "file_not_searched",
            f"Only the owner sends files of more than {MAX_SEARCHED_BYTES} bytes.",
            BY_THE_OWNER,
        )

    def search() -> tuple[str, ...]:
        data = b"".join(source.read(it) for it in range(Plan(source.mark.size).count))
        return rooms.guards.scrubber.found_in(data + b"\n" + body.payload)

    return await asyncio.to_thread(search)


async def _need_leave(rooms: Rooms, peer: Amid, body: Body, impulse: Impulse) -> None:
    """Raise unless the agent may write to this peer by itself now."""
    verdict = await rooms.consent.leave.ask(peer, body.payload, impulse, body.secrets)
    insist(verdict)
    if verdict.decision == "ask_owner":
        raise NeedsOwner(verdict.reason, "Only the owner may send this file now.", BY_THE_OWNER)
