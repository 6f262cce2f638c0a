"""Control calls about ourselves: status, health, logs, events."""

import asyncio
import os
from collections.abc import AsyncGenerator

from agentmesh import __version__
from agentmesh.control import answers, calls
from agentmesh.daemon import clock
from agentmesh.daemon.api import guard, organizations, registry, revoked, suites, views
from agentmesh.daemon.api.owner import living
from agentmesh.daemon.rooms import Rooms
from agentmesh.daemon.symptoms import symptoms
from agentmesh.errors import plain
from agentmesh.observability.audit_tail import tail
from agentmesh.observability.findings import SET_CLOCK, Finding
from agentmesh.protocol.limits import ONE_TIME_PREKEYS_LOW
from agentmesh.protocol.times import to_text
from agentmesh.storage.interface import WantedSessions

SHOWN_SESSIONS = 50
OWNERS_EVENTS = (
    "breaker_",
    "dashboard_",
    "policy_",
    "knock_",
    "keys_",
    "peer_",
    "file_",
    "grant_",
    "introduction_",
    "invite_",
)

Permit = calls.Permit


async def status(rooms: Rooms, asked: calls.Status, permit: Permit) -> answers.Status:
    """Tell who we are and how we are; in one peer's own session of no sessions with others."""
    where = rooms.consent.contexts.setting(asked.context)
    ring, store = rooms.hand.keys.ring, rooms.hand.store
    counts = await store.counts()
    left = rooms.publisher.prekeys.waiting
    switches = rooms.hand.switches
    talks = await living(rooms, permit, WantedSessions(peer=where.peer, limit=SHOWN_SESSIONS))
    found = [*await findings(rooms), *suites.warnings(talks.sessions)]
    chain = rooms.certificates.own.chain
    certificate = organizations.certified(rooms, chain) if chain else None
    return answers.Status(
        amid=ring.identity.amid,
        did=ring.identity.did,
        tier=views.plain(rooms.publisher.tier),
        name=rooms.config.settings.name,
        certificate=certificate,
        daemon=answers.DaemonState(
            pid=os.getpid(),
            uptime_seconds=round(ring.clock.monotonic() - rooms.started_at, 3),
            version=__version__,
        ),
        relay=_relay(rooms),
        registry=_registry(rooms),
        sessions=talks.sessions,
        sessions_total=talks.total,
        inbox=answers.Unread(unread=counts.unread),
        outbox=answers.Pending(pending=counts.outbox),
        knocks=answers.Pending(pending=counts.knocks_pending),
        approvals=answers.Pending(pending=len(await rooms.consent.approvals.waiting())),
        prekeys=answers.Prekeys(one_time=counts.one_time_prekeys if left is None else left),
        paused=switches.paused,
        stopped=switches.stopped,
        warnings=[finding.why for finding in found],
    )


def _relay(rooms: Rooms) -> answers.Link:
    link = rooms.transport.status()
    state = "stopped" if rooms.hand.switches.stopped else views.LINK_STATES[link.state]
    return answers.Link(url=rooms.config.settings.relay, state=state)


def _registry(rooms: Rooms) -> answers.Link:
    (first, *_) = rooms.directory.status()
    state = views.LINK_STATES[first.state]
    return answers.Link(url=rooms.config.settings.registry, state=state)


async def health(rooms: Rooms, _: calls.Health, permit: Permit) -> answers.Health:
    """Tell what is wrong. An owner has the disk read again; an agent might ask all day."""
    afresh = permit == "owner"
    found = await findings(rooms, afresh=afresh)
    found += suites.warnings(await _weak_sessions(rooms, permit))
    found += await rooms.audit_log.findings(afresh=afresh)
    if afresh:
        found += await symptoms(rooms)
    return answers.Health(healthy=all(item.severity == "note" for item in found), findings=found)


async def _weak_sessions(rooms: Rooms, permit: Permit) -> list[answers.Session]:
    """Return sessions with peers for whom the owner permits weak suites: others are not weak."""
    found: list[answers.Session] = []
    for peer in await rooms.peers.pins.allowed():
        wanted = WantedSessions(peer=peer, limit=SHOWN_SESSIONS)
        found += (await living(rooms, permit, wanted)).sessions
    return found


async def findings(rooms: Rooms, *, afresh: bool = False) -> list[Finding]:
    """Return what the daemon noticed about itself and its services."""
    found = [
        *_services(rooms),
        *(
            Finding("store_damaged", "warning", text, "agentmesh doctor")
            for text in rooms.hand.store.warnings()
        ),
    ]
    found += await rooms.key_files.findings(afresh=afresh)
    found += await guard.findings(rooms)
    problem = rooms.policy.problem()
    if problem is not None:
        why = f"{problem.message} {problem.hint}".rstrip()
        why = f"policy.json is refused, and the last valid one holds: {why}"
        found.append(Finding("policy_refused", "error", why, problem.hint))
    found += await _changed_keys(rooms)
    found += await registry.findings(rooms)
    found += await organizations.findings(rooms)
    waiting = rooms.publisher.prekeys.waiting
    if waiting is not None and waiting < ONE_TIME_PREKEYS_LOW:
        why = f"Only {waiting} one-time prekeys are left at the registry."
        found.append(Finding("prekeys_low", "warning", why, "They are refilled by themselves."))
    condition = rooms.journal.audit.condition()
    if condition.failing or condition.lost:
        why = f"The audit log cannot be written; {condition.lost} facts are missing."
        found.append(Finding("audit_failing", "error", why, "Make room on the disk."))
    if missing := rooms.journal.missing:
        reasons = ", ".join(map(plain, sorted(missing)))
        why = f"Of what was said, {missing.total()} pieces are in no transcript: {reasons}."
        fix = "Which sessions: agentmesh logs. One goes on in a new one once its file is erased."
        found.append(Finding("transcript_missing", "warning", why, fix))
    return found


async def _changed_keys(rooms: Rooms) -> list[Finding]:
    changes = await rooms.consent.key_changes.all()
    return [
        revoked.finding(peer, change)
        if change.reason
        else Finding(
            "key_changed",
            "error",
            f"Keys that are not its own were shown for contact {peer} ({change.sign}); "
            "nothing is sent to it.",
            f"Compare the safety number with its owner: agentmesh verify {peer}",
        )
        for peer, change in changes.items()
    ]


def _services(rooms: Rooms) -> list[Finding]:
    found: list[Finding] = []
    link = rooms.transport.status()
    if link.state != "connected" and not rooms.hand.switches.stopped:
        why = f"The relay {link.relay} is not connected: {plain(link.last_error or link.state)}."
        fix = "It is tried again by itself; see where it fails: agentmesh netcheck"
        if link.last_error == "timestamp_expired":
            fix = SET_CLOCK
        found.append(Finding("relay_unreachable", "warning", why, fix))
    found += clock.findings(link, rooms.directory.status())
    for one in rooms.directory.status():
        if one.state == "down":
            why = f"The registry {one.url} {_trouble(one.reason)}."
            fix = "It is tried again by itself; see where it fails: agentmesh netcheck"
            found.append(Finding("registry_unreachable", "warning", why, fix))
    return found


def _trouble(reason: str) -> str:
    if reason == "registry_unreachable":
        return "does not answer"
    return f"answers, but cannot serve us: {plain(reason)}"


async def logs(rooms: Rooms, asked: calls.Logs, _: Permit) -> answers.Logs:
    """Read the end of the audit log."""
    await asyncio.to_thread(rooms.journal.audit.flush)
    records = await asyncio.to_thread(tail, rooms.config.home / "logs", asked.limit)
    return answers.Logs(records=records)


async def events_subscribe(
    rooms: Rooms, asked: calls.EventsSubscribe, permit: Permit
) -> AsyncGenerator[answers.Event, None]:
    """Tell what happens, from now on."""

    async def stream() -> AsyncGenerator[answers.Event, None]:
        async with rooms.hand.bulletin.subscribed(asked.kinds) as news:
            while True:
                notice = await news.get()
                if permit == "agent" and notice.kind.startswith(OWNERS_EVENTS):
                    continue
                yield answers.Event(
                    kind=notice.kind,
                    at=to_text(rooms.hand.clock.now()),
                    data={
                        "peer": notice.peer,
                        "session_id": notice.session_id,
                        "message_id": notice.message_id,
                        **notice.fields,
                    },
                )

    return stream()
