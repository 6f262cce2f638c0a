"""Every state meets every event: what is listed happens, the rest blames the right side."""

from pathlib import Path

import pytest

from agentmesh.errors import RemoteProtocolError, UsageError
from agentmesh.session.machine import FROM_PEER, step
from tests.support.session_states import EVENTS, GOODBYE, examples
from tests.support.transitions import BEGIN, END, NOTHING, OURS, PEER, outcome, table

PROTOCOL = Path(__file__).parents[3] / "docs" / "protocol.md"
HARMLESS = {"KnockRepeated", "Reconnected", "Overdue", "Uncached", "Vouched", "Unvouched"}
LISTED = {
    "Resolving": {"Send", "Unheld", "Resolved", "Unresolvable", "Close", "Superseded"},
    "Knocking": {
        *("Send", "Unheld", "Accepted", "Rejected", "PrekeyStale", "Lost", "Close", "Superseded"),
    },
    "Knocking, again": {
        *("Send", "Unheld", "Accepted", "Rejected", "PrekeyStale", "Lost", "Close", "Superseded"),
    },
    "Answered": {
        *("Send", "Unheld", "Accepted", "Rejected", "PrekeyStale", "Lost", "Close", "Superseded"),
    },
    "Knocked": {"Allowed", "Denied", "Close", "Superseded"},
    "Open": {
        *("Send", "Unheld", "Heard", GOODBYE, "Receipted", "Lost", "Read", "Expired", "Close"),
    },
    "Open, confirmed": {
        *("Send", "Unheld", "Heard", GOODBYE, "Receipted", "Lost", "Read", "Expired", "Close"),
    },
    "Open, closing": {
        *("Unheld", "Heard", GOODBYE, "Receipted", "Lost", "Read", "Expired", "Close"),
    },
    "Open, completing": {
        *("Send", "Unheld", "Heard", GOODBYE, "Receipted", "Lost", "Read", "Expired", "Close"),
    },
    "Resting, ours": {*EVENTS} - {"Resolved", "Allowed", "Denied"},
    "Resting, theirs": {*EVENTS} - {"Send", "Resolved", "Allowed", "Denied"},
    "Ended": {*EVENTS} - {"Send", "Resolved", "Allowed", "Denied"},
    "Ended, refused": {*EVENTS} - {"Send", "Resolved", "Allowed", "Denied"},
}
PAIRS = [(state, event) for state in LISTED for event in EVENTS]


@pytest.mark.parametrize(("name", "event"), PAIRS, ids=str)
def test_every_state_meets_every_event(name: str, event: str) -> None:
    example = examples()[name]
    happened = example.events[event]
    if event in LISTED[name] | HARMLESS:
        state, _ = step(example.state, happened, example.us.ring)
        assert state.terms == example.state.terms
        return
    blamed = RemoteProtocolError if isinstance(happened, FROM_PEER) else UsageError
    with pytest.raises(blamed, match="_while_"):
        step(example.state, happened, example.us.ring)


def test_the_examples_are_every_state_and_every_event() -> None:
    assert set(examples()) == set(LISTED)
    for example in examples().values():
        assert set(example.events) == set(EVENTS)


@pytest.mark.parametrize(
    ("name", "event", "said"),
    [
        ("Resolving", "Resolved", "**Knocking** DropAll, Emit"),
        ("Knocking", "Accepted", "**Open** DropAll, Began, KeepReceipt, Unhold"),
        ("Answered", "Vouched", "**Open** DropAll, Began, KeepReceipt, Unhold"),
        ("Answered", "Unvouched", "**Ended** DropAll, Fail, Over"),
        ("Knocked", "Allowed", "**Open** DropAll, Emit, Began"),
        ("Open", "Receipted", "Confirm"),
        ("Open, closing", "Receipted", "**Ended** Confirm, Drop, DropAll"),
        ("Open, completing", "Receipted", "Confirm, Drop"),
        ("Resting, ours", "Send", "**Open** Began, Number, Emit"),
        ("Resting, theirs", "Heard", "**Open** Began, Confirm, Drop, Hear, ShowUpTo, Acknowledge"),
        ("Resting, theirs", "Heard: a close", "Acknowledge"),
        ("Open, closing", "Lost", "**Ended** Fail, DropAll"),
        ("Ended", "Heard", "Acknowledge"),
        ("Resolving", "Heard", PEER),
        ("Resolving", "Allowed", OURS),
        ("Open", "KnockRepeated", NOTHING),
        ("Open", "Overdue", NOTHING),
        ("Open, confirmed", "Overdue", "StartOver, Emit, Over"),
    ],
)
def test_the_table_says_what_happens(name: str, event: str, said: str) -> None:
    assert outcome(examples()[name], event) == said


def test_the_table_in_the_docs_is_the_one_that_the_code_draws() -> None:
    if not PROTOCOL.exists():
        pytest.skip("docs/protocol.md is not written yet")
    before, begin, rest = PROTOCOL.read_text().partition(BEGIN)
    drawn, end, _ = rest.partition(END)
    assert begin, f"docs/protocol.md has no {BEGIN}"
    assert end, f"docs/protocol.md has no {END}"
    assert before
    assert drawn.strip() == table()
