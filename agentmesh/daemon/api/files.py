"""Control calls about files."""

from pathlib import Path

from agentmesh.control import answers, calls
from agentmesh.daemon.api import agent_files
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import Refused, UsageError
from agentmesh.node.consent.leave import insist
from agentmesh.node.files.transfers import Transfer
from agentmesh.policy.grants import FILE_OUT
from agentmesh.protocol.times import to_text
from agentmesh.storage.quarantine import QUARANTINE


async def files_send(rooms: Rooms, asked: calls.FilesSend, permit: calls.Permit) -> answers.OneFile:
    """Take a file on."""
    path = Path(asked.path)
    if not path.is_absolute() or "\0" in asked.path:
        raise UsageError("path_not_absolute", "Name the file by its absolute path.")
    peer = await rooms.peers.find(asked.to)
    if permit == "agent":
        return await _one(rooms, await agent_files.send(rooms, asked, peer), permit)
    insist(await rooms.consent.leave.ask(peer, b"", "owner"))
    leave = await rooms.consent.grants.take(peer, FILE_OUT)
    if leave.decision == "refuse":
        raise Refused(
            leave.reason,
            "What was granted to this peer does not reach for a file of yours.",
            f"agentmesh grants give {asked.to} {FILE_OUT}",
        )
    return await _one(rooms, await rooms.files.send(peer, path), permit)


async def files_list(rooms: Rooms, asked: calls.FilesList, permit: calls.Permit) -> answers.Files:
    """List the transfers; to an agent only those that are its business."""
    where = rooms.consent.contexts.setting(asked.context)
    shown = [it for it in rooms.files.all() if where.is_about(it.peer)]
    if permit == "agent":
        shown = await agent_files.its_business(rooms, shown)
    return answers.Files(files=[await _file(rooms, it, permit) for it in shown])


async def files_show(rooms: Rooms, asked: calls.FilesShow, _: calls.Permit) -> answers.OneFile:
    """Tell how far one is, or wait until there is more to tell."""
    return await _one(rooms, await rooms.files.turned(asked.id, asked.wait), "owner")


async def files_accept(
    rooms: Rooms, asked: calls.FilesAccept, permit: calls.Permit
) -> answers.OneFile:
    """Take one."""
    if permit == "agent":
        await agent_files.may_answer(rooms, asked)
    return await _one(rooms, await rooms.files.accept(asked.id), permit)


async def files_refuse(
    rooms: Rooms, asked: calls.FilesRefuse, permit: calls.Permit
) -> answers.OneFile:
    """Do not take one."""
    if permit == "agent":
        await agent_files.may_answer(rooms, asked)
    return await _one(rooms, await rooms.files.refuse(asked.id), permit)


async def files_cancel(rooms: Rooms, asked: calls.FilesCancel, _: calls.Permit) -> answers.OneFile:
    """Stop one."""
    return await _one(rooms, await rooms.files.cancel(asked.id), "owner")


async def _one(rooms: Rooms, transfer: Transfer, permit: calls.Permit) -> answers.OneFile:
    return answers.OneFile(file=await _file(rooms, transfer, permit))


async def _file(rooms: Rooms, it: Transfer, permit: calls.Permit) -> answers.File:
    contact = await rooms.peers.row(it.peer)
    progress = rooms.files.progress(it)
    path = it.path
    if not it.ours and it.state == "done":
        path = str(rooms.config.home / QUARANTINE / it.name)
    shown = answers.File(
        transfer_id=it.file_id,
        direction="out" if it.ours else "in",
        peer=it.peer,
        peer_name=(contact.alias or contact.name) if contact is not None else "",
        name=it.name,
        media_type=it.media_type,
        size=it.size,
        done=progress.done,
        rate=round(progress.rate, 1),
        eta_seconds=None if progress.left is None else round(progress.left, 1),
        state=it.state,
        reason=it.reason or progress.reason,
        path=path,
        created_at=to_text(it.created_at),
        changed_at=to_text(it.changed_at),
    )
    return shown if permit == "owner" else agent_files.without_words(shown)
