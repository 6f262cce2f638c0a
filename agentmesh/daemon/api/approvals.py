"""Control calls by which the owner decides about what the agent wrote."""

from agentmesh.control import answers, calls
from agentmesh.daemon.api import views
from agentmesh.daemon.rooms import Rooms
from agentmesh.protocol.ids import MessageId

Permit = calls.Permit


async def approvals_list(rooms: Rooms, asked: calls.ApprovalsList, _: Permit) -> answers.Approvals:
    """List the drafts."""
    kept = rooms.consent.approvals
    drafts = await (kept.waiting() if asked.pending else kept.all())
    return answers.Approvals(approvals=[await views.approval(rooms, it) for it in drafts])


async def approvals_show(rooms: Rooms, asked: calls.ApprovalsShow, _: Permit) -> answers.Approved:
    """Show one draft."""
    draft = await rooms.consent.approvals.one(MessageId(asked.id))
    return answers.Approved(approval=await views.approval(rooms, draft))


async def approvals_approve(
    rooms: Rooms, asked: calls.ApprovalsApprove, _: Permit
) -> answers.Approved:
    """Send a draft."""
    draft = await rooms.outbox.approve(MessageId(asked.id), asked.digest)
    return answers.Approved(approval=await views.approval(rooms, draft))


async def approvals_deny(rooms: Rooms, asked: calls.ApprovalsDeny, _: Permit) -> answers.Approved:
    """Never send a draft."""
    draft = await rooms.consent.approvals.deny(MessageId(asked.id))
    return answers.Approved(approval=await views.approval(rooms, draft))
