"""Letters of invites are told from KNOCKs, and bounded."""

import asyncio

from agentmesh.node.invites.side_door import MAX_ANSWERS, MAX_WAITING, SideDoor
from agentmesh.protocol.frames import Letter, SealedToReplyKey
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.signed import Signed

SIGNED = Signed(b"", b"", b"")
ASK, PROOF = Letter("join_ask", SIGNED), Letter("join_proof", SIGNED)
PEER, OTHER = Amid("peer"), Amid("other")


async def test_only_a_joiners_letters_go_to_the_desk() -> None:
    door = SideDoor()
    for kind in ("knock", "accept", "reject", "session_lost", "join_answer", "join_end"):
        assert not door.takes(PEER, Letter(kind, SIGNED))
    waiting = asyncio.create_task(door.next_letter())
    await asyncio.sleep(0)
    assert door.takes(PEER, ASK)
    assert await waiting == (PEER, ASK)


async def test_one_joiner_that_floods_keeps_no_other_out() -> None:
    door = SideDoor()
    for _ in range(2 * MAX_WAITING):
        assert door.takes(PEER, ASK)
    assert door.takes(OTHER, ASK)
    assert door.takes(PEER, PROOF)
    assert [await door.next_letter() for _ in range(2)] == [(PEER, PROOF), (OTHER, ASK)]


async def test_a_flood_of_joiners_is_dropped() -> None:
    door = SideDoor()
    for number in range(2 * MAX_WAITING):
        assert door.takes(Amid(str(number)), ASK)
    assert len(door._letters) == MAX_WAITING


async def test_answers_go_to_who_waits_for_them_and_no_longer() -> None:
    door = SideDoor()
    frame = SealedToReplyKey(
        reply_key_id="r", ephemeral=bytes(32), kem_ciphertext=bytes(1088), box=b""
    )
    assert not door.takes_answer(PEER, frame)
    answers = door.wait_for("r")
    for _ in range(MAX_ANSWERS + 5):
        assert door.takes_answer(PEER, frame)
    assert answers.qsize() == MAX_ANSWERS
    door.stop_waiting("r")
    assert not door.takes_answer(PEER, frame)
