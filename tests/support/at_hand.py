"""What a node without sockets, files or real time has at hand."""

from collections.abc import Sequence
from typing import Any

import msgspec

from agentmesh.crypto.secret import Secret
from agentmesh.identity.keys import Identity
from agentmesh.identity.prekey_making import make, sign_suites
from agentmesh.identity.prekeys import Name
from agentmesh.node.at_hand import AtHand
from agentmesh.node.key_rack import KeyRack
from agentmesh.node.notices import Bulletin
from agentmesh.node.switches import Switches
from agentmesh.policy.document import Policy
from agentmesh.protocol.frames import Sender
from agentmesh.protocol.signed import Signed
from agentmesh.session.keyring import KeyRing
from agentmesh.storage.interface import PrekeyRow, Put
from tests.support.world import FakeClock, FakeEntropy


async def at_hand(identity: Identity, clock: FakeClock, entropy: FakeEntropy, store: Any) -> AtHand:
    """Return what a node has at hand; its first exchange key is made if there is none."""
    rows: Sequence[PrekeyRow] = await store.prekeys("exchange")
    if not rows:
        made = make(Name("exchange", 1), identity, clock.now(), entropy)
        row = PrekeyRow(
            kind="exchange",
            id=1,
            public=made.public,
            private=made.private.reveal(),
            created_at=made.created_at,
        )
        await store.commit([Put(row)])
        rows = [row]
    ring = KeyRing(
        identity=identity,
        exchange_key=msgspec.msgpack.decode(rows[-1].public, type=Signed),
        exchange_private=Secret(rows[-1].private),
        suites=sign_suites(identity, 1),
        sender=Sender(amid=identity.amid, display_name="somebody"),
        clock=clock,
        entropy=entropy,
    )
    return AtHand(
        store=store,
        keys=KeyRack(store, ring),
        policy=Policy,
        switches=await Switches.load(store),
        bulletin=Bulletin(),
    )
