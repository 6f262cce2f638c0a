"""Which outcomes are errors to the sender."""

import json

import pytest

from agentmesh.control import outcomes
from agentmesh.errors import NeedsOwner, Refused
from tests.support import control_server


@pytest.mark.parametrize("outcome", ["queued", "delivered", "consumed"])
def test_what_is_on_its_way_is_no_error(outcome: str) -> None:
    assert outcomes.refusal(control_server.sent(outcome=outcome)) is None


@pytest.mark.parametrize(
    ("outcome", "reason", "code"),
    [("refused", "blocked", "blocked"), ("undeliverable", "", "undeliverable")],
)
def test_what_will_not_arrive_is_refused(outcome: str, reason: str, code: str) -> None:
    error = outcomes.refusal(control_server.sent(outcome=outcome, reason=reason))
    assert isinstance(error, Refused)
    assert error.code == code


def test_what_waits_for_our_owner_is_shown_with_the_command_that_sends_it() -> None:
    error = outcomes.refusal(control_server.sent(reason="awaiting_approval", approval_id="m2"))
    assert isinstance(error, NeedsOwner)
    assert "approvals approve m2" in error.hint


def test_an_answer_says_timed_out_only_when_it_waited() -> None:
    assert "timed_out" not in json.loads(outcomes.to_json(control_server.sent()))
    assert outcomes.to_keys(control_server.sent(timed_out=True))["timed_out"] is True


@pytest.mark.parametrize("outcome", ["refused", "undeliverable"])
@pytest.mark.parametrize("reason", ["suite_degraded", "suite_pinned"])
def test_where_suites_are_the_reason_the_hint_is_what_an_owner_can_do(
    outcome: str, reason: str
) -> None:
    error = outcomes.refusal(control_server.sent(outcome=outcome, reason=reason))
    assert error is not None
    assert "agentmesh contacts allow-degraded" in error.hint
