"""Control calls on invites."""

from agentmesh.control import answers, calls
from agentmesh.daemon.rooms import Rooms
from agentmesh.identity.invite_code import read_code
from agentmesh.messages.delivery import clean_name
from agentmesh.node.invites.book import Invite
from agentmesh.protocol.times import to_text

Permit = calls.Permit
MINUTE = 60


async def invites_make(rooms: Rooms, asked: calls.InvitesMake, _: Permit) -> answers.Invited:
    """Make an invite."""
    invite = await rooms.invites.book.make(asked.note, asked.minutes * MINUTE)
    return answers.Invited(invite=_shown(rooms, invite))


async def invites_list(rooms: Rooms, _: calls.InvitesList, __: Permit) -> answers.Invites:
    """List the invites."""
    invites = await rooms.invites.book.all()
    return answers.Invites(invites=[_shown(rooms, invite) for invite in invites])


async def invites_revoke(rooms: Rooms, asked: calls.InvitesRevoke, _: Permit) -> answers.Invited:
    """End an invite."""
    return answers.Invited(invite=_shown(rooms, await rooms.invites.book.revoke(asked.slot)))


async def join(rooms: Rooms, asked: calls.Join, _: Permit) -> answers.Joining:
    """Join by a code, or tell how far it is."""
    code = read_code(asked.code)
    step = await rooms.invites.joiner.join(code, asked.wait)
    row = await rooms.peers.row(code.inviter)
    return answers.Joining(
        step=step,
        amid=code.inviter,
        name=clean_name((row.alias or row.name) if row else ""),
    )


def _shown(rooms: Rooms, invite: Invite) -> answers.Invite:
    state = invite.state(rooms.hand.clock.now())
    code = rooms.invites.book.code(invite)
    return answers.Invite(
        slot=invite.slot,
        code=code.text if state == "open" else "",
        link=code.link if state == "open" else "",
        note=invite.note,
        state=state,
        tries_left=invite.tries_left,
        used_by="" if invite.use is None else invite.use.by,
        made_at=to_text(invite.made_at),
        expires_at=to_text(invite.until),
    )
