"""What the daemon begins with: its newest exchange key, and its signed list of suites."""

import msgspec

from agentmesh.crypto.suites import offered
from agentmesh.identity.prekey_making import make, sign_suites
from agentmesh.identity.prekeys import Name, ids_before, next_sequence
from agentmesh.node.prekeys import SUITES
from agentmesh.protocol.records import SuiteList
from agentmesh.protocol.signed import Purpose, Signed, read
from agentmesh.protocol.world import Clock, Entropy
from agentmesh.storage.interface import PrekeyRow, Put, SetValue, Store
from agentmesh.storage.open_keys import OpenKeys


async def newest_exchange_key(
    keys: OpenKeys, store: Store, clock: Clock, entropy: Entropy
) -> PrekeyRow:
    """Return our exchange key; the first one is the one that the identity was made with."""
    rows = await store.prekeys("exchange")
    if rows:
        return rows[-1]
    now = clock.now()
    name = Name("exchange", ids_before(now) + 1)
    made = make(name, keys.identity, now, entropy, keys.first_exchange)
    row = PrekeyRow(
        kind="exchange",
        id=made.id,
        public=made.public,
        private=made.private.reveal(),
        created_at=made.created_at,
    )
    await store.commit([Put(row)])
    return row


async def our_suites(names: tuple[str, ...], keys: OpenKeys, store: Store, clock: Clock) -> Signed:
    """Return our signed list of suites; it is signed anew only when it says something else."""
    kept = await store.value(SUITES)
    wanted = offered(names)
    last = 0
    if kept is not None:
        signed = msgspec.msgpack.decode(kept, type=Signed)
        said = read(signed, SuiteList, Purpose.SUITES)
        if said.suites == wanted:
            return signed
        last = said.sequence
    fresh = sign_suites(keys.identity, next_sequence(last, clock.now()), wanted)
    await store.commit([SetValue(SUITES, msgspec.msgpack.encode(fresh))])
    return fresh
