"""A tally says what counting would say."""

from collections import Counter
from pathlib import Path

from agentmesh_relay.mailbox.interface import Refusal, Room, Stored
from agentmesh_relay.mailbox.sqlite import SqliteMailbox
from agentmesh_relay.mailbox.tally import Tallies, Tally
from hypothesis import given, settings
from hypothesis import strategies as st

from agentmesh.protocol.ids import Amid
from tests.support.letters import BOB, NOW, letter, opened, put

SENDERS = [Amid("alice"), Amid("carol"), Amid("dave")]
ROOM = Room(messages=6, per_sender=3, receipts=2, bytes=100)


@given(st.lists(st.sampled_from(SENDERS), max_size=12))
def test_a_sender_has_its_share_while_others_wait_and_all_if_nobody_does(came: list[Amid]) -> None:
    tally = Tally(Counter(), 0)
    kept: list[Amid] = []
    for sender in came:
        others = set(kept) - {sender}
        may = len(kept) < ROOM.messages and not (others and kept.count(sender) >= ROOM.per_sender)
        it = letter(len(kept), sender)
        assert tally.has_room(it, ROOM) == may
        if may:
            tally.add(it)
            kept.append(sender)


def test_bytes_and_receipts_have_their_own_bounds() -> None:
    assert not Tally(Counter(), 90).has_room(letter(1, payload=bytes(11)), ROOM)
    receipts = Tally(Counter({BOB: 2}), 0)
    assert not receipts.has_room(letter(1, message_type="receipt"), ROOM)


def test_the_oldest_tally_is_forgotten_at_the_bound() -> None:
    tallies = Tallies(bound=2)
    for name in SENDERS:
        tallies.keep((name, False), Tally(Counter(), 0))
    assert tallies.get((SENDERS[0], False)) is None
    assert tallies.get((SENDERS[2], False)) is not None
    tallies.forget((SENDERS[2], False))
    assert tallies.get((SENDERS[2], False)) is None
    tallies.forget_all()
    assert tallies.get((SENDERS[1], False)) is None


STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "again", "remove", "later"]), st.sampled_from(SENDERS)),
    max_size=25,
)


async def test_whatever_came_before_the_answer_is_that_of_the_table(tmp_path: Path) -> None:
    """Of two mailboxes one counts anew each time: they are told the same, and say the same."""
    plans: list[list[tuple[str, Amid]]] = []

    @settings(max_examples=15)
    @given(STEPS)
    def collect(plan: list[tuple[str, Amid]]) -> None:
        plans.append(plan)

    collect()
    for number, plan in enumerate(plans):
        boxes = [SqliteMailbox(tmp_path / f"{number}{name}.sqlite") for name in ("one", "other")]
        said = [await _said(plan, box, counts_anew=box is boxes[0]) for box in boxes]
        assert said[0] == said[1]
        for box in boxes:
            box.close()


async def _said(
    plan: list[tuple[str, Amid]], box: SqliteMailbox, *, counts_anew: bool
) -> list[int | Refusal]:
    """Return for each letter the first one with its row, or why it has none."""
    await opened(box)
    said: list[Stored | Refusal] = []
    rows: list[int] = []
    now = NOW
    for number, (step, sender) in enumerate(plan):
        if counts_anew:
            box._tallies.forget_all()
        if step == "later":
            now += 500
        elif step == "remove" and rows:
            box.remove([rows.pop(0)])
        elif step in {"put", "again"}:
            name = number if step == "put" else 0
            it = letter(name, sender, sent_at=now, expires_at=now + 1000)
            result = await put(box, it, ROOM)
            said.append(result)
            if isinstance(result, Stored):
                rows.append(result.row)
    named = [it.row if isinstance(it, Stored) else it for it in said]
    return [named.index(it) if isinstance(it, int) else it for it in named]
