"""What effects leave on the sheet of a turn."""

from typing import get_args

import pytest

from agentmesh.errors import UsageError
from agentmesh.node.sheet import Sheet
from agentmesh.protocol.ids import FrameId, MessageId, SessionId
from agentmesh.protocol.session_receipt import SessionReceipt
from agentmesh.protocol.signed import Signed
from agentmesh.session import effects as wanted
from agentmesh.session.numbers import Numbers
from agentmesh.storage.interface import Put
from agentmesh.storage.volatile import VolatileStore
from tests.support.dialogue import owed
from tests.support.stores import BOB, NOW, outgoing

ONE, TWO = SessionId("one"), SessionId("two")
FRAME = FrameId("frame")


def sheet_of(*effects: wanted.AnyEffect) -> Sheet:
    sheet = Sheet(BOB, NOW)
    for effect in effects:
        sheet.note(ONE, effect)
    return sheet


STUB = Signed(b"", bytes(32), bytes(64))


def test_every_effect_is_known_here() -> None:
    examples: dict[type, wanted.AnyEffect] = {
        wanted.Emit: wanted.Emit(FRAME, "message", b""),
        wanted.EmitOnce: wanted.EmitOnce("reject", b""),
        wanted.Acknowledge: owed(b""),
        wanted.Drop: wanted.Drop(FRAME),
        wanted.Number: wanted.Number(FRAME, ((MessageId("m"), 1),)),
        wanted.ShowUpTo: wanted.ShowUpTo(1),
        wanted.Confirm: wanted.Confirm(Numbers(1), consumed=False),
        wanted.SpendPrekey: wanted.SpendPrekey(1),
        wanted.Fail: wanted.Fail(refused=True, reason="x"),
        wanted.Over: wanted.Over("x", by_peer=True),
        wanted.Began: wanted.Began("pqxdh-dr.v1"),
        wanted.Unsayable: wanted.Unsayable((MessageId("m"),), "x"),
        wanted.Broke: wanted.Broke("x"),
        wanted.KeepReceipt: wanted.KeepReceipt(SessionReceipt(stub=(STUB, STUB))),
    }
    sheet = Sheet(BOB, NOW)
    sheet.loaded[MessageId("m")] = outgoing("m")
    for kind in get_args(wanted.AnyEffect):
        if kind is not wanted.Hear:
            sheet.note(ONE, examples[kind] if kind in examples else kind())


def test_an_effect_that_nobody_knows_is_a_mistake() -> None:
    class Novel(wanted.Effect, frozen=True):
        """Something else."""

    with pytest.raises(UsageError, match="effect_unknown_novel"):
        sheet_of(Novel())  # type: ignore[arg-type]


def test_the_last_receipt_says_all() -> None:
    sheet = sheet_of(owed(b"1"), owed(b"2"))
    assert [effect.body for effect in sheet.receipts.values()] == [b"2"]


def test_what_is_dropped_in_the_same_turn_is_not_begun() -> None:
    emit = wanted.Emit(FRAME, "message", b"")
    assert sheet_of(emit, wanted.Drop(FRAME)).errands == {}
    assert sheet_of(emit, wanted.DropAll()).errands == {}
    assert sheet_of(emit, wanted.DropAll("message")).errands == {}
    assert set(sheet_of(emit, wanted.DropAll("accept")).errands) == {FRAME}
    assert set(sheet_of(wanted.DropAll(), emit).errands) == {FRAME}


def test_one_sessions_end_leaves_the_others_alone() -> None:
    sheet = sheet_of(wanted.Emit(FRAME, "message", b""))
    sheet.note(TWO, wanted.DropAll())
    assert set(sheet.errands) == {FRAME}


def test_a_copy_is_not_changed_by_what_comes_later() -> None:
    sheet = sheet_of(wanted.Resolve())
    before = sheet.copy()
    sheet.note(ONE, wanted.AskPolicy())
    sheet.note(ONE, wanted.Began("pqxdh-dr.v1"))
    assert set(before.errands) == {"resolve-one"}
    assert before.notices == []


async def test_failing_what_is_held_leaves_what_travels() -> None:
    store = VolatileStore()
    await store.commit([Put(outgoing("held")), Put(outgoing("out", sequence=1, outcome="queued"))])
    sheet = sheet_of(wanted.Fail(refused=False, reason="completed", held_only=True))
    await store.commit(sheet.changes)
    held, out = await store.outgoing(MessageId("held")), await store.outgoing(MessageId("out"))
    assert held is not None
    assert out is not None
    assert (held.outcome, out.outcome) == ("undeliverable", "queued")


def test_a_message_replaces_the_receipt_before_it_and_not_one_after_it() -> None:
    message, told = wanted.Emit(FRAME, "message", b""), owed(b"")
    assert sheet_of(told, message).receipts == {}
    assert sheet_of(message, told).receipts == {ONE: told}
    assert sheet_of(message).receipted == {ONE}
    assert sheet_of(wanted.Emit(FRAME, "accept", b""), told).receipts == {ONE: told}
