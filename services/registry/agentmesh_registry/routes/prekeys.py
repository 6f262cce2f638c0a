"""Prekeys: left by their owner, fetched by who wants to begin a session."""

from agentmesh.errors import NotPermitted, Refused
from agentmesh.protocol.ids import Amid, parse_amid
from agentmesh.protocol.limits import ONE_TIME_PREKEYS_LOW
from agentmesh.protocol.published import read_prekeys
from agentmesh.protocol.records import PrekeyBundle, PrekeyUpload
from agentmesh_registry.auth import authenticate, prove
from agentmesh_registry.bodies import FetchPrekeys, Lookup, PrekeyShelf
from agentmesh_registry.desk import Call, Desk, Reply
from agentmesh_registry.refusals import revoked
from agentmesh_registry.routes.agents import not_found
from agentmesh_registry.storage.prekeys import Shelf


async def publish(desk: Desk, call: Call, asked: PrekeyUpload) -> Reply:
    """Leave prekeys here. One-time prekeys join those that are here; ids only rise."""
    seen, now = await prove(desk, call), desk.now()
    read = read_prekeys(asked, seen.amid)
    first = desk.nonces.noting(seen, now)
    return Reply(body=_view(await desk.prekeys.put(asked, read, now, first)))


async def fetch(desk: Desk, call: Call, asked: FetchPrekeys) -> Reply:
    """Return a bundle. The one-time prekey in it, if there is one, is handed out this once."""
    seen = await prove(desk, call)
    target = parse_amid(asked.amid)
    desk.gates.fetches.check(seen.amid)
    one_time = asked.one_time and _may_spend(desk, seen.amid, target)
    now = desk.now()
    taken = await desk.prekeys.take(
        target, now, one_time=one_time, first=desk.nonces.noting(seen, now)
    )
    if taken is None:
        raise not_found(target)
    if taken.is_revoked:
        raise revoked(target)
    if not taken.documents:
        raise Refused(
            "prekeys_not_found",
            f"{target} has left no prekeys here yet.",
            "Its daemon publishes them when it is online.",
        )
    bundle = PrekeyBundle(identity=taken.identity, one_time=taken.one_time, **dict(taken.documents))
    return Reply(body=bundle)


async def count(desk: Desk, call: Call, asked: Lookup) -> Reply:
    """Tell the owner how many one-time prekeys are left, and which ids were the last."""
    caller = await authenticate(desk, call)
    if caller != parse_amid(asked.amid):
        raise NotPermitted("not_permitted", "Only their owner may count prekeys.")
    return Reply(body=_view(await desk.prekeys.shelf(caller)))


def _may_spend(desk: Desk, caller: Amid, target: Amid) -> bool:
    # Beyond these bounds the bundle comes without a one-time prekey, instead of not at all:
    # nobody can drain an agent's prekeys, and nobody can keep others from reaching it.
    pair = f"{caller} {target}"
    return not desk.gates.one_time_pair.wait(pair) and not desk.gates.one_time.wait(target)


def _view(shelf: Shelf) -> PrekeyShelf:
    return PrekeyShelf(
        one_time=shelf.one_time,
        last_one_time_id=shelf.last_one_time_id,
        signed_prekey_id=shelf.signed_prekey_id,
        kem_prekey_id=shelf.kem_prekey_id,
        low_prekeys=shelf.one_time < ONE_TIME_PREKEYS_LOW,
    )
