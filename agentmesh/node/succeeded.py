"""What becomes of a store when another identity takes ours' place: the same agent, renamed.

Contacts, messages, policies and records stay. Sessions were the old identity's, so they end: what
never left is said in new ones; what left and was not confirmed may have arrived, and is not said
twice. Prekeys and invites name the old identity, so they go.
"""

import msgspec

from agentmesh.errors import UsageError
from agentmesh.node.invites import book as invites
from agentmesh.node.prekeys import LAST_IDS, LAST_SUITES, SUITES
from agentmesh.node.restored import ending
from agentmesh.node.sheet import HOUSE_MAIL
from agentmesh.node.transparency import taking_back, watch
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.signed import Signed
from agentmesh.protocol.world import Clock, Entropy
from agentmesh.session.bounds import SUCCEEDED
from agentmesh.storage.interface import (
    Change,
    DropCard,
    DropErrand,
    DropPrekey,
    PrekeyKind,
    PrekeyRow,
    Put,
    Settle,
    SetValue,
    Store,
)

PENDING = "succession/pending"
_PREKEYS: tuple[PrekeyKind, ...] = ("exchange", "signed", "kem", "one_time")
_OF_THE_OLD = (LAST_IDS, LAST_SUITES, SUITES, taking_back.DONE, taking_back.DOCUMENT, PENDING)


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A succession under way: the new keys, and both statements as they are published.

    `is_published`: the registry has proved that it took them.
    """

    seed: bytes
    exchange: PrekeyRow
    created_at: float
    revocation: Signed
    record: Signed
    is_published: bool = False

    @property
    def old(self) -> Amid:
        """Who is succeeded."""
        return self.revocation.amid

    @property
    def new(self) -> Amid:
        """Who succeeds."""
        return self.record.amid

    def __repr__(self) -> str:
        return f"Pending({self.old} -> {self.new})"


async def pending(store: Store) -> Pending | None:
    """Return the succession that is under way, if one is."""
    kept = await store.value(PENDING)
    return msgspec.msgpack.decode(kept, type=Pending) if kept else None


def keep(it: Pending) -> Change:
    """Return what keeps a succession: sealed, as all values are."""
    return SetValue(PENDING, msgspec.msgpack.encode(it))


async def take_over(store: Store, it: Pending, clock: Clock, entropy: Entropy) -> None:
    """Make the store the new identity's, in one transaction."""
    now = clock.now()
    changes: list[Change] = [SetValue(name, b"") for name in _OF_THE_OLD]
    for kind in _PREKEYS:
        changes += [DropPrekey(kind, row.id) for row in await store.prekeys(kind)]
    changes.append(Put(it.exchange))
    for drawer in (invites.DRAWER, watch.DRAWER):
        changes += [DropCard(drawer, card.name) for card in await store.cards(drawer)]
    changes += [
        DropErrand(errand.errand_id)
        for errand in await store.errands()
        if errand.kind != HOUSE_MAIL
    ]
    for row in await store.sessions():
        rows = await store.unsettled(row.session_id)
        left = tuple(each.message_id for each in rows if each.sequence is not None)
        if left:
            changes.append(Settle(left, "undeliverable", SUCCEEDED))
        held = [each for each in rows if each.sequence is None]
        changes += ending(row, held, (now, entropy), SUCCEEDED)
    await store.commit(changes)


def in_progress(it: Pending) -> UsageError:
    """Return what is said to who would do something else meanwhile."""
    return UsageError(
        "succession_pending",
        f"{it.new} is about to take this identity's place.",
        "It goes on by itself as soon as the registry answers.",
    )
