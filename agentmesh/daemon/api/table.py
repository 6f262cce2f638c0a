"""One table of calls, whichever door they come through."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from agentmesh.control import answers, calls
from agentmesh.control.connection import Answered
from agentmesh.control.door import decode
from agentmesh.daemon.api import (
    acquaintances,
    approvals,
    checkup,
    contacts,
    dashboard,
    files,
    grants,
    guard,
    invites,
    messages,
    organizations,
    owner,
    ownership,
    past_sessions,
    policy,
    receipts,
    registry,
    reputation,
    schemas,
    search,
    status,
    successions,
    suites,
    verify,
)
from agentmesh.daemon.api.records import RECORDS, RunRecords
from agentmesh.daemon.rooms import Rooms

Run = Callable[[Rooms, Any, calls.Permit], Awaitable[Answered]]


def _of_records(run: RunRecords) -> Run:
    return lambda rooms, asked, permit: run(rooms.records, asked, permit)


CALLS: dict[str, Run] = {
    "status": status.status,
    "health": status.health,
    "logs": status.logs,
    "examine": checkup.examine,
    "probe": checkup.probe,
    "ping": checkup.ping,
    "acquaintances.add": acquaintances.acquaintances_add,
    "acquaintances.list": acquaintances.acquaintances_list,
    "acquaintances.bind": acquaintances.acquaintances_bind,
    "events.subscribe": status.events_subscribe,
    "send": messages.send,
    "send.all": messages.send_all,
    "reply": messages.reply,
    "outcome": messages.outcome,
    "inbox": messages.inbox,
    "read": messages.read,
    "search": search.search,
    "schemas.list": schemas.schemas_list,
    "schemas.show": schemas.schemas_show,
    "schemas.check": schemas.schemas_check,
    "schemas.add": schemas.schemas_add,
    "schemas.publish": schemas.schemas_publish,
    "schemas.fetch": schemas.schemas_fetch,
    "schemas.remove": schemas.schemas_remove,
    "dashboard.open": dashboard.dashboard_open,
    "dashboard.address": dashboard.dashboard_address,
    "dashboard.close": dashboard.dashboard_close,
    "settings": dashboard.settings,
    "figures": dashboard.figures,
    "qr": dashboard.qr,
    "knocks.list": owner.knocks_list,
    "knocks.approve": owner.knocks_approve,
    "knocks.deny": owner.knocks_deny,
    "knocks.block": owner.knocks_block,
    "sessions": owner.sessions,
    "sessions.history": past_sessions.sessions_history,
    "registry.show": registry.registry_show,
    "registry.accept": registry.registry_accept,
    "revoke": registry.revoke,
    "rotate": successions.rotate,
    "kill": owner.kill,
    "pause": guard.pause,
    "resume": guard.resume,
    "emergency_stop": guard.emergency_stop,
    "breakers.list": guard.breakers_list,
    "breakers.lift": guard.breakers_lift,
    "shutdown": owner.shutdown,
    "wake": owner.wake,
    "block": owner.block,
    "unblock": owner.unblock,
    "policy.get": policy.policy_get,
    "policy.set": policy.policy_set,
    "policy.replace": policy.policy_replace,
    "policy.explain": policy.policy_explain,
    "policy.test": policy.policy_test,
    "policy.history": policy.policy_history,
    "policy.undo": policy.policy_undo,
    "contacts.list": contacts.contacts_list,
    "contacts.add": contacts.contacts_add,
    "contacts.alias": contacts.contacts_alias,
    "contacts.trust": contacts.contacts_trust,
    "contacts.allow_degraded": suites.contacts_allow_degraded,
    "contacts.remove": contacts.contacts_remove,
    "contacts.follow": successions.contacts_follow,
    "contacts.decline": successions.contacts_decline,
    "contacts.show": contacts.contacts_show,
    "contacts.autonomy": contacts.contacts_autonomy,
    "contacts.note": contacts.contacts_note,
    "approvals.list": approvals.approvals_list,
    "approvals.show": approvals.approvals_show,
    "approvals.approve": approvals.approvals_approve,
    "approvals.deny": approvals.approvals_deny,
    "grants.list": grants.grants_list,
    "grants.give": grants.grants_give,
    "grants.revoke": grants.grants_revoke,
    "grants.ask": grants.grants_ask,
    "introduce": grants.introduce,
    "introductions.list": grants.introductions_list,
    "files.send": files.files_send,
    "files.list": files.files_list,
    "files.show": files.files_show,
    "files.accept": files.files_accept,
    "files.refuse": files.files_refuse,
    "files.cancel": files.files_cancel,
    "invites.make": invites.invites_make,
    "invites.list": invites.invites_list,
    "invites.revoke": invites.invites_revoke,
    "join": invites.join,
    "verify": verify.verify,
    "receipts.list": receipts.receipts_list,
    "receipts.show": receipts.receipts_show,
    "org.register": organizations.org_register,
    "org.verify": organizations.org_verify,
    "org.issue": organizations.org_issue,
    "org.revoke": organizations.org_revoke,
    "org.revoke_identity": organizations.org_revoke_identity,
    "org.show": organizations.org_show,
    "org.accept": organizations.org_accept,
    "owner.providers": ownership.owner_providers,
    "owner.begin": ownership.owner_begin,
    "owner.prove": ownership.owner_prove,
    "reputation.show": reputation.reputation_show,
    "reputation.rate": reputation.reputation_rate,
    **{name: _of_records(run) for name, run in RECORDS.items()},
}

_TALK = frozenset({"send", "send.all", "reply", "outcome", "inbox", "read"})
"""Calls that show nothing of what was written down."""


class ControlApi:
    """Answers calls. `stop` ends the process."""

    def __init__(self, rooms: Rooms, stop: Callable[[], answers.Stopping]) -> None:
        self._rooms = rooms
        self._stop = stop

    async def answer(self, name: str, params: msgspec.Raw, permit: calls.Permit) -> Answered:
        """Return the answer to a call, or raise what its caller is told."""
        request = decode(name, params, permit)
        if name not in _TALK:
            self._rooms.talks.afterwards.finish()  # who asks sees the last word
        if isinstance(request, calls.Stop):
            return self._stop()
        return await CALLS[name](self._rooms, request, permit)
