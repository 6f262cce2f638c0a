"""What becomes of a store that was restored: nothing of it may be sent on from an old state.

A ratchet that goes back in time would use its keys twice, so every session ends here, its state
erased. What was not confirmed is said in new sessions under the ids it had: whoever got it before
knows it again. Our prekeys go, too; new ones get higher numbers, as after a store that was lost.
What we have signed and published is signed anew: its number must not be lower than the last one.
"""

from collections.abc import Sequence

import msgspec

from agentmesh.errors import IntegrityError
from agentmesh.messages import capabilities
from agentmesh.node.prekeys import LAST_IDS, SUITES
from agentmesh.node.sheet import HOUSE_MAIL
from agentmesh.node.strangers import WHOLE_SINCE
from agentmesh.node.transparency.own import UNKNOWN, WATCHED_FROM
from agentmesh.protocol.ids import SessionId, uuid7
from agentmesh.protocol.limits import MAILBOX_SECONDS, MAX_SEQUENCE
from agentmesh.protocol.world import Clock, Entropy
from agentmesh.session import snapshot
from agentmesh.session.bounds import RESTORED
from agentmesh.session.states import Ended, Resolving, Terms
from agentmesh.storage.interface import (
    Change,
    DropErrand,
    DropPrekey,
    DropSession,
    ErrandRow,
    Judge,
    OutgoingRow,
    PrekeyKind,
    Put,
    Release,
    SessionRow,
    SettleAll,
    SetValue,
    Store,
)

_PREKEYS: tuple[PrekeyKind, ...] = ("exchange", "signed", "kem", "one_time")


async def begin_anew(store: Store, clock: Clock, entropy: Entropy) -> int:
    """End every session of a restored store, and drop our prekeys; return how many ended."""
    changes: list[Change] = [
        SetValue(LAST_IDS, b""),
        SetValue(SUITES, b""),
        SetValue(WATCHED_FROM, UNKNOWN),
        SetValue(WHOLE_SINCE, b""),
    ]
    for kind in _PREKEYS:
        changes += [DropPrekey(kind, row.id) for row in await store.prekeys(kind)]
    changes += [
        DropErrand(errand.errand_id)
        for errand in await store.errands()
        if errand.kind != HOUSE_MAIL
    ]
    sessions = await store.sessions()
    for row in sessions:
        rows = await store.unsettled(row.session_id)
        changes += ending(row, rows, (clock.now(), entropy), RESTORED)
    await store.commit(changes)
    return len(sessions)


def ending(
    row: SessionRow, unsettled: Sequence[OutgoingRow], world: tuple[float, Entropy], reason: str
) -> list[Change]:
    """Return how one session ends, and where goes on what it did not bring over."""
    now, _ = world
    shown = Release(row.session_id, MAX_SEQUENCE)  # what waited for a number waits in vain
    try:
        state = snapshot.load(row.state)
    except IntegrityError:
        failed = SettleAll(row.session_id, "undeliverable", reason)
        return [shown, failed, DropSession(row.session_id)]
    if row.phase == "knocked":
        return [shown, Judge(row.session_id, "dismissed", reason), DropSession(row.session_id)]
    ended = Ended(terms=state.terms, reason=reason, by_peer=False)
    changes: list[Change] = [
        shown,
        Put(
            msgspec.structs.replace(
                row, phase="ended", state=snapshot.save(ended), updated_at=now, expires_at=now
            )
        ),
    ]
    return changes + (_again(row, state.terms, unsettled, world) if unsettled else [])


def _again(
    row: SessionRow, terms: Terms, unsettled: Sequence[OutgoingRow], world: tuple[float, Entropy]
) -> list[Change]:
    """Begin another session like this one, in which its messages are said."""
    now, entropy = world
    session_id = SessionId(uuid7(now, entropy))
    again = Terms(
        session_id=session_id,
        peer=row.peer,
        ours=True,
        intent=terms.intent,
        request=terms.request,
        capabilities=_required(terms) if terms.ours else (),
        note=terms.note if terms.ours else "",
    )
    until = now + MAILBOX_SECONDS
    session = SessionRow(
        session_id=session_id,
        peer=row.peer,
        ours=True,
        category=terms.intent.category,
        kind=terms.request.type,
        phase="resolving",
        state=snapshot.save(Resolving(terms=again)),
        opened_at=now,
        updated_at=now,
        expires_at=until,
    )
    errand = ErrandRow(
        errand_id=f"resolve-{session_id}",
        peer=row.peer,
        session_id=session_id,
        kind="resolve",
        body=b"",
        created_at=now,
        expires_at=until,
    )
    moved = [
        msgspec.structs.replace(it, session_id=session_id, sequence=None, frame_id=None)
        for it in unsettled
    ]
    return [Put(session), *map(Put, moved), Put(errand)]


def _required(terms: Terms) -> tuple[str, ...]:
    return capabilities.mark(capabilities.required(terms.capabilities))
