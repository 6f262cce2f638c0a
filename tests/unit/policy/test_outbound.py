"""What our own agent may send."""

import pytest

from agentmesh.policy.outbound import (
    BUDGETS,
    Amount,
    SendFacts,
    SendVerdict,
    cost_of,
    may_send,
)
from tests.unit.policy.facts_strategy import PEER

ALLOWED = SendVerdict("allow")
WAITS = SendVerdict("ask_owner", "needs_approval")


def verdict(**facts: object) -> SendVerdict:
    return may_send(SendFacts(peer=PEER, **facts))


def test_what_nothing_forbids_is_allowed() -> None:
    assert verdict() == ALLOWED


def test_after_a_stop_nothing_leaves() -> None:
    everything = {"is_stopped": True, "is_blocked": True, "is_paused": True, "impulse": "another"}
    assert verdict(**everything) == SendVerdict("refuse", "stopped")


def test_nobody_writes_to_whom_the_owner_blocked() -> None:
    assert verdict(is_blocked=True, has_session=True) == SendVerdict("refuse", "blocked")


def test_a_pause_is_for_new_sessions() -> None:
    assert verdict(is_paused=True) == SendVerdict("refuse", "paused")
    assert verdict(is_paused=True, has_session=True) == ALLOWED


def test_nothing_is_sent_to_whom_another_key_is_shown_for() -> None:
    assert verdict(has_changed_key=True) == SendVerdict("refuse", "key_changed")


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
    assert verdict(impulse="peer", autonomy=autonomy, spent=Amount(sent)) == expected
    assert verdict(impulse="owner", autonomy=autonomy, spent=Amount(sent)) == ALLOWED


@pytest.mark.parametrize("autonomy", [*BUDGETS])
def test_what_another_said_is_for_the_owner_to_pass_on(autonomy: str) -> None:
    waits = SendVerdict("ask_owner", "moved_by_another")
    assert verdict(impulse="another", autonomy=autonomy) == waits
    assert verdict(impulse="another", autonomy="free") == ALLOWED


def test_a_secret_is_for_the_owner_to_tell_however_free_the_agent_is() -> None:
    waits = SendVerdict("ask_owner", "secret_found")
    assert verdict(secrets=("token",), autonomy="free") == waits
    assert verdict(secrets=("token",), is_blocked=True).decision == "refuse"


@pytest.mark.parametrize("autonomy", ["bounded", "extended"])
@pytest.mark.parametrize("field", ["bytes", "tokens"])
def test_bytes_and_tokens_are_bounded_too(autonomy: str, field: str) -> None:
    most = getattr(BUDGETS[autonomy].amount, field)
    spent = Amount(0, **{field: most - 1})
    assert verdict(impulse="peer", autonomy=autonomy, spent=spent, cost=Amount(1, 1, 1)) == ALLOWED
    spent = Amount(0, **{field: most})
    assert verdict(impulse="peer", autonomy=autonomy, spent=spent, cost=Amount(1, 1, 1)) == WAITS


def test_a_message_costs_its_bytes_and_a_token_for_four_letters() -> None:
    assert cost_of(b"12345") == Amount(1, 5, 2)
    assert cost_of("häßlich".encode()) == Amount(1, 9, 2)
    assert cost_of(b"") == Amount(1, 0, 0)
    assert cost_of(b"\xff\xff") == Amount(1, 2, 1)


def test_a_budget_is_counted_over_its_own_time() -> None:
    assert BUDGETS["bounded"].seconds == 24 * 3600
    assert BUDGETS["extended"].seconds == 3600
