"""Our prekeys: made, published, retired and erased as the plan says (identity/prekeys.py)."""

import hashlib
from typing import get_args

import msgspec

from agentmesh.discovery.interface import Directory, PrekeyCount
from agentmesh.errors import AgentMeshError, TransportError
from agentmesh.identity import prekey_making
from agentmesh.identity.prekeys import Kind, Name, Outlook, Plan, believed, ids_before, plan
from agentmesh.node.at_hand import AtHand
from agentmesh.node.notices import Notice
from agentmesh.protocol.limits import ONE_TIME_PREKEYS
from agentmesh.storage.interface import Change, DropPrekey, PrekeyRow, Put, Renew, SetValue

LAST_IDS = "prekeys/last_ids"
LAST_SUITES = "prekeys/last_suites"
SUITES = "suites"
"""Our signed list of suites."""


class Prekeys:
    """What others begin sessions with us by. `waiting`: how many one-time ones are left."""

    def __init__(self, hand: AtHand, directory: Directory) -> None:
        self._hand = hand
        self._store = hand.store
        self._directory = directory
        self.waiting: int | None = None

    async def rotate(self) -> bool:
        """Make what is missing or too old. Return whether the exchange key is a new one."""
        # One-time prekeys are made once it is known which ones the registry has seen.
        todo = await self._plan(None, waiting=ONE_TIME_PREKEYS)
        await self._carry_out(todo)
        return any(name.kind == "exchange" for name in todo.make)

    async def replenish(self) -> None:
        """Make what the registry lacks, publish what is new, then retire and erase the old."""
        count = await self._count()
        todo = await self._plan(count)
        await self._carry_out(todo)
        if todo.publish or await self._suites_are_new():
            await self._upload()
            await self._carry_out(await self._plan(None, waiting=self.waiting))

    async def _count(self) -> PrekeyCount | None:
        try:
            count = await self._directory.prekey_count()
        except TransportError:
            raise
        except AgentMeshError:
            return None  # the registry has none of ours yet
        self.waiting = count.one_time
        return count

    async def _plan(self, count: PrekeyCount | None, *, waiting: int | None = None) -> Plan:
        last_ids, held = await self._last_ids(), await self._held()
        if count is not None:
            # Those of a store that was lost, or is older now, open nothing: others come in.
            waiting = min(count.one_time, sum(row.kind == "one_time" for row in held))
            seen: dict[Kind, int] = {
                "one_time": count.last_one_time_id,
                "signed": count.signed_prekey_id,
                "kem": count.kem_prekey_id,
            }
            for kind, number in seen.items():
                last_ids[kind] = max(last_ids.get(kind, 0), believed(number))
        outlook = Outlook(now=self._hand.clock.now(), last_ids=last_ids, waiting=waiting)
        return plan(held, outlook)

    async def _last_ids(self) -> dict[Kind, int]:
        kept = await self._store.value(LAST_IDS)
        if kept:
            return msgspec.json.decode(kept, type=dict[Kind, int])
        return dict.fromkeys(get_args(Kind), ids_before(self._hand.clock.now()))

    async def _held(self) -> list[PrekeyRow]:
        return [row for kind in get_args(Kind) for row in await self._store.prekeys(kind)]

    async def _carry_out(self, todo: Plan) -> None:
        now = self._hand.clock.now()
        held = {Name(row.kind, row.id): row for row in await self._held()}
        changes: list[Change] = [Put(self._new(name)) for name in todo.make]
        changes += [
            Renew(msgspec.structs.replace(held[name], retired_at=now))
            for name in todo.retire
            if name in held  # else it was used a moment ago, and is erased
        ]
        changes += [DropPrekey(name.kind, name.id) for name in todo.erase]
        if changes:
            changes.append(SetValue(LAST_IDS, msgspec.json.encode(dict(todo.last_ids))))
            await self._store.commit(changes)
        for name in todo.make:
            if name.kind != "one_time":
                self._hand.bulletin.publish(Notice(kind="keys_made", fields={"key": name.kind}))

    def _new(self, name: Name) -> PrekeyRow:
        ring = self._hand.keys.ring
        key = prekey_making.make(name, ring.identity, ring.clock.now(), ring.entropy)
        return PrekeyRow(
            kind=key.kind,
            id=key.id,
            public=key.public,
            private=key.private.reveal(),
            created_at=key.created_at,
        )

    async def _upload(self) -> None:
        held = await self._held()
        upload = prekey_making.upload(held, self._hand.keys.ring.suites)
        count = await self._directory.publish_prekeys(upload)
        self.waiting = count.one_time
        fresh = [msgspec.structs.replace(row, published=True) for row in held if not row.published]
        told = SetValue(LAST_SUITES, self._suites_digest())
        await self._store.commit([*(Renew(row) for row in fresh), told])

    async def _suites_are_new(self) -> bool:
        """Whether the registry has another list of suites than ours: a package came or went."""
        return await self._store.value(LAST_SUITES) != self._suites_digest()

    def _suites_digest(self) -> bytes:
        return hashlib.sha256(self._hand.keys.ring.suites.payload).digest()
