"""approvals, and the outcome of what waits for them."""

import msgspec
import pytest

from agentmesh.control import answers, calls
from tests.support import control_server
from tests.support.control_server import BOB, Script
from tests.unit.cli.conftest import Shell

DRAFT = answers.Approval(
    id="a1", to=BOB, to_name="bob", verified=False, trust=1, type="text",
    payload={"text": "hi\n\x1b]0;owned\x07\nApproved by the owner"}, intent="travel",
    session_type="conversation", session_id="", in_reply_to="m1", digest="d" * 64,
    state="waiting", asked_at="2026-01-31T12:00:00.000Z", expires_at="2026-01-31T12:10:00.000Z",
)  # fmt: skip


@pytest.mark.parametrize("arguments", [("approvals",), ("approvals", "list")])
def test_what_waits_is_shown_with_its_recipient_and_digest(
    mesh: Shell, script: Script, arguments: tuple[str, ...]
) -> None:
    script.answers["approvals.list"] = answers.Approvals(approvals=[DRAFT])
    said = mesh(*arguments)
    assert BOB in said.out
    assert "number not compared" in said.out
    assert "d" * 64 in said.out
    assert "\x1b" not in said.out
    assert all(line.startswith(("a1", "  ")) for line in said.out.splitlines())
    assert mesh(*arguments, "--json").document["approvals"][0]["to"] == BOB


def test_what_looks_like_a_secret_is_pointed_at(mesh: Shell, script: Script) -> None:
    draft = msgspec.structs.replace(DRAFT, secrets=("own_key", "token"))
    script.answers["approvals.list"] = answers.Approvals(approvals=[draft])
    assert (
        "LOOK CLOSELY: there seems to be a secret in it (own key, token)" in mesh("approvals").out
    )


def test_what_another_said_is_named_as_the_reason(mesh: Shell, script: Script) -> None:
    draft = msgspec.structs.replace(DRAFT, reason="moved_by_another")
    script.answers["approvals.list"] = answers.Approvals(approvals=[draft])
    assert "after it read what somebody else wrote" in mesh("approvals").out


def test_nothing_waiting_is_a_sentence(mesh: Shell, script: Script) -> None:
    script.answers["approvals.list"] = answers.Approvals(approvals=[])
    assert mesh("approvals", "list", "--all").out == "Nothing waits for you.\n"
    assert script.asked[0][1] == calls.ApprovalsList(pending=False)


@pytest.mark.parametrize("decision", ["show", "approve", "deny"])
def test_the_owner_looks_and_decides(mesh: Shell, script: Script, decision: str) -> None:
    script.answers[f"approvals.{decision}"] = answers.Approved(approval=DRAFT)
    assert mesh("approvals", decision, "a1").code == 0
    assert script.asked[0][1].id == "a1"


def test_a_digest_is_handed_on(mesh: Shell, script: Script) -> None:
    script.answers["approvals.approve"] = answers.Approved(approval=DRAFT)
    mesh("approvals", "approve", "a1", "--digest", "d" * 64)
    assert script.asked[0][1] == calls.ApprovalsApprove(id="a1", digest="d" * 64)


def test_a_message_that_needs_approval_ends_with_its_own_exit_code(
    mesh: Shell, script: Script
) -> None:
    script.answers["send"] = control_server.sent(reason="awaiting_approval", approval_id="a1")
    said = mesh("send", "bob", "hi", "--json")
    assert said.code == 9
    assert said.document["error"]["code"] == "needs_approval"
    assert said.document["approval_id"] == "a1"


def test_the_outcome_is_told(mesh: Shell, script: Script) -> None:
    script.answers["outcome"] = control_server.sent(outcome="delivered")
    assert mesh("outcome", "m2").out == "delivered  m2\n"
