"""Control calls about the registry's log."""

import base64

import msgspec

from agentmesh.control import answers, calls
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import AgentMeshError, UsageError, plain
from agentmesh.node.succeeded import in_progress
from agentmesh.observability.findings import Finding
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.times import to_text

Permit = calls.Permit
_LOOK = "See what it shows: agentmesh registry"


async def registry_show(rooms: Rooms, _: calls.RegistryShow, __: Permit) -> answers.RegistryShown:
    """Show what we know of the registry's log."""
    return await _shown(rooms)


async def registry_accept(
    rooms: Rooms, _: calls.RegistryAccept, __: Permit
) -> answers.RegistryShown:
    """Take the log anew, as it is."""
    await rooms.watch.accept_anew()
    await rooms.certificates.trust.accept_anew()
    await rooms.watch.look()
    return await _shown(rooms)


async def revoke(rooms: Rooms, asked: calls.Revoke, _: Permit) -> answers.RevokedUs:
    """Take our identity back: first at the registry, then end everything here."""
    own = rooms.hand.keys.ring.identity.amid
    if asked.confirm != own:
        raise UsageError(
            "not_confirmed",
            "That is not this agent's AMID: nothing was taken back.",
            f"It is for good. To go on: agentmesh revoke --reason {asked.reason} --confirm {own}",
        )
    it = await rooms.succeeding.pending()
    if it is not None:
        raise in_progress(it)
    await rooms.taking_back.revoke(asked.reason, asked.note)
    await rooms.breakers.shutdown()
    await rooms.transport.switch(is_on=False)
    return answers.RevokedUs(amid=own, reason=asked.reason)


async def proof(rooms: Rooms, peer: Amid) -> answers.Proof:
    """Return what of a peer's record is proved."""
    try:
        found = await rooms.directory.lookup(peer)
    except AgentMeshError as error:
        return answers.Proof(proved=False, reason=error.code)
    if found.proved is None:
        return answers.Proof(proved=False, reason="registry_without_log")
    return answers.Proof(
        proved=True,
        key=found.proved.key.hex(),
        index=found.proved.index,
        entries=found.proved.size,
        at=to_text(found.proved.at),
    )


async def findings(rooms: Rooms) -> list[Finding]:
    """Return what the registry was caught at."""
    book = rooms.watch.log.book
    found: list[Finding] = []
    if book is not None and book.fault:
        why = f"The registry's log was caught ({plain(book.fault)}): nothing new is believed of it."
        found.append(Finding("registry_caught", "error", why, _LOOK))
    refused = rooms.certificates.trust.refused
    if refused:
        why = f"The registry's authority ({refused}) is not trusted: nobody counts as vouched for."
        fix = "If its operator confirms it: AGENTMESH_TRUSTED_CAS, or `trusted_cas` in config.json"
        found.append(Finding("authority_untrusted", "error", why, fix))
    reason = await rooms.taking_back.done()
    if reason:
        why = f"This identity was taken back ({plain(reason)}): nobody who looks it up accepts it."
        fix = "A new agent has another home: AGENTMESH_HOME=~/.agentmesh-new agentmesh up"
        found.append(Finding("identity_revoked", "error", why, fix))
    it = await rooms.succeeding.pending()
    if it is not None:
        why = f"{it.new} is about to take this identity's place; the registry has not proved it."
        fix = "It goes on by itself as soon as the registry answers: agentmesh netcheck"
        found.append(Finding("succession_pending", "warning", why, fix))
    foreign = await rooms.watch.foreign_entries()
    if foreign:
        why = f"The registry's log has {len(foreign)} entries about this agent, not made by it."
        fix = f"{_LOOK}. If somebody has its key: agentmesh revoke"
        found.append(Finding("own_entry_foreign", "error", why, fix))
    return found


async def _shown(rooms: Rooms) -> answers.RegistryShown:
    book, url = rooms.watch.log.book, rooms.config.settings.registry
    if book is None:
        return answers.RegistryShown(url=url, log=False)
    encode = msgspec.msgpack.encode
    return answers.RegistryShown(
        url=url,
        log=True,
        key=book.head.key.hex(),
        entries=book.head.tree.size,
        followed=book.followed.size,
        revocations=book.revocations.size,
        head_at=to_text(book.head.tree.timestamp / 1000),
        fault=book.fault,
        fault_at=to_text(book.fault_at) if book.fault else "",
        evidence=[base64.b64encode(encode(head)).decode() for head in book.heads],
        foreign_entries=[
            answers.OwnEntry(index=it.index, kind=it.kind, at=to_text(it.at))
            for it in await rooms.watch.foreign_entries()
        ],
    )
