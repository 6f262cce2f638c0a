"""What ends an errand that waits."""

import pytest

from agentmesh.node.entries import Entry
from agentmesh.storage.interface import Change, Confirm, DropErrands, SettleAll, SetValue
from tests.support.stores import BOB, ONE, TWO


@pytest.mark.parametrize(
    ("change", "is_over"),
    [
        (DropErrands(ONE), True),
        (DropErrands(ONE, "message"), True),
        (DropErrands(ONE, "knock"), False),
        (DropErrands(TWO), False),
        (SettleAll(ONE, "refused", "blocked"), True),
        (SettleAll(ONE, "refused", "blocked", held_only=True), False),
        (SettleAll(TWO, "refused", "blocked"), False),
        (Confirm(ONE, 2, (), "delivered"), True),
        (Confirm(ONE, 1, (2,), "delivered"), True),
        (Confirm(ONE, 1, (), "delivered"), False),
        (Confirm(TWO, 2, (), "delivered"), False),
        (SetValue("name", b""), False),
    ],
    ids=repr,
)
def test_a_frame_ends_with_its_session_or_its_last_number(change: Change, is_over: bool) -> None:
    entry = Entry("frame", BOB, ONE, "message", None, sequences=[1, 2])
    assert entry.is_ended_by(change) is is_over


def test_a_frame_without_numbers_is_not_ended_by_a_receipt() -> None:
    entry = Entry("frame", BOB, ONE, "knock", None)
    assert not entry.is_ended_by(Confirm(ONE, 9, (), "delivered"))
