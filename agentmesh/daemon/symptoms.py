"""What waits too long, is switched off, or is open wider than its owner may know.

Only `doctor` asks for it: `status` is asked all day, and does not pay for it.
"""

import asyncio

from agentmesh.daemon import prudence
from agentmesh.daemon.api import suites
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import plain
from agentmesh.observability.findings import Finding
from agentmesh.observability.transcripts import Transcripts
from agentmesh.protocol.limits import EXCHANGE_KEY_ROTATION_SECONDS, MAILBOX_SECONDS

STUCK_SECONDS = 6 * 3600
KNOCK_SECONDS = 24 * 3600
EXCHANGE_KEY_GRACE = 24 * 3600
FULL = frozenset({"mailbox_full", "MAILBOX_FULL"})
READ_TRANSCRIPTS = 20
READ_BYTES = 8 * 1024 * 1024
"""Transcripts are read through from the last one on, up to these bounds."""
_PAGE = 100


async def symptoms(rooms: Rooms) -> list[Finding]:
    """Return what the owner should look at."""
    return [
        *prudence.of_settings(rooms.config.settings),
        *prudence.of_policy(rooms.policy.current()),
        *await _outbox(rooms),
        *await _knocks(rooms),
        *await _contacts(rooms),
        *await _exchange_key(rooms),
        *await suites.permissions(rooms),
        *await asyncio.to_thread(_transcripts, rooms.journal.transcripts),
    ]


async def _outbox(rooms: Rooms) -> list[Finding]:
    now = rooms.hand.clock.now()
    rows = await rooms.hand.store.expired_outgoing(now + MAILBOX_SECONDS - STUCK_SECONDS)
    stuck = [row for row in rows if row.created_at <= now - STUCK_SECONDS]
    found = []
    if stuck:
        hours = (now - min(row.created_at for row in stuck)) / 3600
        reasons = {rooms.errands.reason(row.session_id) for row in stuck} - {""}
        why = f"{len(stuck)} messages wait for their peers, the oldest one for {hours:.0f} h"
        why += f": {', '.join(map(plain, sorted(reasons)[:5]))}." if reasons else "."
        fix = "They are offered again until they expire; see who is away: agentmesh sessions"
        found.append(Finding("outbox_stuck", "warning", why, fix))
    full = {row.peer for row in rows if rooms.errands.reason(row.session_id) in FULL}
    if full:
        why = f"The mailboxes of {len(full)} peers are full: they have been away for long."
        fix = "What we have for them stays here, and is offered again: agentmesh sessions"
        found.append(Finding("mailbox_full", "warning", why, fix))
    return found


async def _knocks(rooms: Rooms) -> list[Finding]:
    now = rooms.hand.clock.now()
    rows = await rooms.hand.store.knocks(pending=True, limit=_PAGE)
    old = [row for row in rows if row.received_at <= now - KNOCK_SECONDS]
    if not old:
        return []
    why = f"For more than a day a decision of yours is waited for; KNOCKs: {len(old)}."
    return [Finding("knocks_waiting", "warning", why, "agentmesh knocks")]


async def _contacts(rooms: Rooms) -> list[Finding]:
    trusted = [it for it in await rooms.peers.contacts() if it.trust >= 2 and not it.verified_at]
    if not trusted:
        return []
    names = ", ".join(it.alias or it.amid for it in trusted[:5])
    why = f"Trusted, and its key never compared: {names}."
    fix = f"Compare the safety number with its owner: agentmesh verify {trusted[0].amid}"
    return [Finding("trusted_unverified", "note", why, fix)]


async def _exchange_key(rooms: Rooms) -> list[Finding]:
    rows = await rooms.hand.store.prekeys("exchange")
    if not rows:
        return []
    age = rooms.hand.clock.now() - rows[-1].created_at
    if age <= EXCHANGE_KEY_ROTATION_SECONDS + EXCHANGE_KEY_GRACE:
        return []
    why = f"The exchange key is {age / 86400:.0f} days old, and should have been replaced."
    fix = "The registry has to be reachable for that; then: agentmesh down && agentmesh up"
    return [Finding("exchange_key_old", "warning", why, fix)]


def _transcripts(transcripts: Transcripts) -> list[Finding]:
    damaged, left = [], READ_BYTES
    for listed in transcripts.overview()[:READ_TRANSCRIPTS]:
        left -= listed.bytes
        if left < 0:
            break
        if transcripts.show(listed.session_id).damaged_at is not None:
            damaged.append(listed.session_id)
    if not damaged:
        return []
    why = f"{len(damaged)} transcripts cannot be read to their end: somebody changed them."
    fix = f"agentmesh transcripts show {damaged[0]}"
    return [Finding("transcript_damaged", "warning", why, fix)]
