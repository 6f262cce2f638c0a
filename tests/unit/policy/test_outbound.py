"""What our own agent may send."""

import pytest

from agentmesh.policy.outbound import BUDGETS, SendFacts, SendVerdict, may_send
from tests.unit.policy.facts_strategy import PEER

ALLOWED = SendVerdict("allow")
WAITS = SendVerdict("ask_owner", "needs_approval")


def verdict(**facts: object) -> SendVerdict:
    return may_send(SendFacts(peer=PEER, **facts))


def test_what_nothing_forbids_is_allowed() -> None:
    assert verdict() == ALLOWED


def test_after_a_stop_nothing_leaves() -> None:
    everything = {"is_stopped": True, "is_blocked": True, "is_paused": True, "by_itself": True}
    assert verdict(**everything) == SendVerdict("refuse", "stopped")


def test_nobody_writes_to_whom_the_owner_blocked() -> None:
    assert verdict(is_blocked=True, has_session=True) == SendVerdict("refuse", "blocked")


def test_a_pause_is_for_new_sessions() -> None:
    assert verdict(is_paused=True) == SendVerdict("refuse", "paused")
    assert verdict(is_paused=True, has_session=True) == ALLOWED


@pytest.mark.parametrize(
    ("autonomy", "sent", "expected"),
    [
        ("notify-only", 0, WAITS),
        ("draft", 0, WAITS),
        ("bounded", 2, ALLOWED),
        ("bounded", 3, WAITS),
        ("extended", 11, ALLOWED),
        ("extended", 12, WAITS),
        ("free", 10_000, ALLOWED),
    ],
)
def test_an_agent_acting_by_itself_has_a_budget(
    autonomy: str, sent: int, expected: SendVerdict
) -> None:
    assert verdict(by_itself=True, autonomy=autonomy, sent_by_itself=sent) == expected
    assert verdict(by_itself=False, autonomy=autonomy, sent_by_itself=sent) == ALLOWED


def test_a_budget_is_counted_over_its_own_time() -> None:
    assert BUDGETS["bounded"].seconds == 24 * 3600
    assert BUDGETS["extended"].seconds == 3600
