import msgspec

from agentmesh.node.files import transfers as room
from agentmesh.node.files.transfers import Transfer, Transfers
from agentmesh.protocol.ids import Amid, FileId
from agentmesh.protocol.limits import FILE_IDLE_SECONDS, FILE_OFFER_SECONDS
from tests.support.filing import Desks


def transfer(name: str = "one", **more: object) -> Transfer:
    fields: dict[str, object] = {
        "file_id": FileId(name), "peer": Amid("peer"), "ours": True, "name": "n", "size": 1,
        "media_type": "", "state": "offered", "key": b"k", "created_at": 0.0, "changed_at": 0.0,
    }  # fmt: skip
    return Transfer(**{**fields, **more})  # type: ignore[arg-type]


async def test_what_was_kept_is_there_after_a_restart(desks: Desks) -> None:
    hand = desks.alice.node.hand
    kept = await Transfers(hand).put(transfer())
    later = Transfers(hand)
    await later.load()
    assert later.get("one") == kept
    assert later.get("two") is None
    assert later.open_ones(ours=True) == [kept]
    assert later.open_ones(ours=False) == []


async def test_a_key_is_erased_when_all_is_over(desks: Desks) -> None:
    transfers = Transfers(desks.alice.node.hand)
    one = await transfers.put(transfer())
    assert one.key == b"k"
    assert (await transfers.turn(one, "failed", "file_gone")).key == b""
    (row,) = await desks.alice.node.store.cards(room.DRAWER)
    assert msgspec.msgpack.decode(row.body, type=Transfer).key == b""


async def test_a_change_of_state_is_told_once_and_without_its_name(desks: Desks) -> None:
    transfers = Transfers(desks.alice.node.hand)
    one = await transfers.put(transfer(name="one"))
    await transfers.put(one)
    told = [it for it in desks.alice.node.notices if it.kind == "file_offered"]
    assert [dict(it.fields) for it in told] == [
        {"transfer_id": "one", "direction": "out", "size": 1}
    ]


def test_everything_has_its_time() -> None:
    assert transfer().expires_at == FILE_OFFER_SECONDS
    assert transfer(state="asking").expires_at == FILE_OFFER_SECONDS
    assert transfer(state="moving").expires_at == FILE_IDLE_SECONDS
    assert transfer(state="done").expires_at == room.REMEMBERED_SECONDS


async def test_what_is_over_is_forgotten_in_time_and_beyond_a_bound(desks: Desks) -> None:
    transfers = Transfers(desks.alice.node.hand)
    for number in range(room.MAX_OVER + 3):
        desks.pair.clock.advance(1)
        await transfers.put(transfer(f"{number}", state="done"))
    assert len(transfers.all()) == room.MAX_OVER
    assert transfers.get("0") is None
    desks.pair.clock.advance(room.REMEMBERED_SECONDS)
    await transfers.forget_old()
    assert transfers.all() == []
    assert await desks.alice.node.store.cards(room.DRAWER) == []
