"""policy."""

import msgspec
import pytest

from agentmesh.control import answers, calls
from agentmesh.errors import UsageError
from tests.support.control_server import Script
from tests.unit.cli.conftest import Shell


@pytest.mark.parametrize(
    ("arguments", "key"), [((), ""), (("get",), ""), (("get", "rate_limit"), "rate_limit")]
)
def test_the_policy_is_shown(
    mesh: Shell, script: Script, arguments: tuple[str, ...], key: str
) -> None:
    script.answers["policy.get"] = answers.Policy(policy={"consent": "ask"})
    assert '"consent": "ask"' in mesh("policy", *arguments).out
    assert script.asked[0][1] == calls.PolicyGet(key=key)
    document = mesh("policy", *arguments, "--json").document
    assert document == {"ok": True, "policy": {"consent": "ask"}}


@pytest.mark.parametrize(("text", "value"), [("policy", "policy"), ("[1]", [1]), ("false", False)])
def test_a_value_is_json_or_a_word(mesh: Shell, script: Script, text: str, value: object) -> None:
    script.answers["policy.set"] = answers.Policy(policy={})
    mesh("policy", "set", "consent", text)
    assert script.asked[0][1] == calls.PolicySet(key="consent", value=value)


def test_a_wrong_field_is_code_2(mesh: Shell, script: Script) -> None:
    script.answers["policy.set"] = UsageError("unknown_field", "No.", "Did you mean consent?")
    said = mesh("policy", "set", "consnt", "ask")
    assert said.code == 2
    assert "Did you mean consent?" in said.err


_CHECKS = [
    answers.PolicyCheck(
        check="blocklist", looked_at={"is_blocked": False}, decision="", reason="", decides=False
    ),
    answers.PolicyCheck(
        check="consent", looked_at={}, decision="allow", reason="contact", decides=True
    ),
]


def test_an_explanation_shows_every_check(mesh: Shell, script: Script) -> None:
    allowed = answers.Explanation(decision="allow", reason="contact", checks=_CHECKS)
    told = answers.PolicyExplained(
        peer="bob", intent="travel", registry_reached=False, knock=allowed, sending=allowed
    )
    script.answers["policy.explain"] = told
    out = mesh("policy", "explain", "bob", "--intent", "travel").out
    assert "A KNOCK of bob about travel: allow, contact" in out
    assert "The registry cannot be reached now." in out
    assert "is_blocked=false" in out
    assert "->  consent" in out
    assert "Nobody vouches for it: tier 2." in out
    assert script.asked[0][1] == calls.PolicyExplain(peer="bob", intent="travel")
    whose = answers.VouchedFor(tier=1.5, organization='ac"me\x1b', certificate="none")
    script.answers["policy.explain"] = msgspec.structs.replace(told, vouched=whose)
    out = mesh("policy", "explain", "bob").out
    assert 'of tier 1.5 and of "ac' in out
    assert "\x1b" not in out


def test_a_policy_is_tried_out(mesh: Shell, script: Script) -> None:
    knock = answers.PastKnock(
        id="k", at="today", peer="bob", peer_name="", intent="travel", then="allow: contact",
        now="allow: contact", tested="refuse: blocked", changes=True,
    )  # fmt: skip
    script.answers["policy.test"] = answers.PolicyTested(knocks=[knock], changed=1)
    file = mesh.home / "new.json"
    file.write_text('{"strict_mode": true}')
    out = mesh("policy", "test", str(file)).out
    assert "refuse: blocked" in out
    assert "1 of 1 would change." in out
    assert script.asked[0][1] == calls.PolicyTest(document='{"strict_mode": true}')
    script.answers["policy.test"] = answers.PolicyTested(knocks=[], changed=0)
    assert mesh("policy", "test", str(file)).out == "Nobody knocked in the last day.\n"


def test_what_is_no_policy_to_test_is_named(mesh: Shell) -> None:
    file = mesh.home / "new.json"
    assert mesh("policy", "test", str(file)).code == 2
    assert "is not a file" in mesh("policy", "test", "/dev/zero").err
    file.write_bytes(b"\xff\xfe")
    assert "new.json is not text in UTF-8.\n" in mesh("policy", "test", str(file)).err
    file.write_text(" " * 1_000_000)
    assert mesh("policy", "test", str(file), "--json").document["error"]["code"] == (
        "policy_too_large"
    )


def test_the_history_is_listed_and_undone(mesh: Shell, script: Script) -> None:
    versions = [
        answers.PolicyVersion(
            number=2, since="today", who="owner", restores=1, changes=["consent", "allowlist"]
        )
    ]
    script.answers["policy.history"] = answers.PolicyVersions(versions=versions)
    script.answers["policy.undo"] = answers.Policy(policy={"consent": "ask"})
    assert "consent, allowlist" in mesh("policy", "history").out
    assert '"consent": "ask"' in mesh("policy", "undo", "--to", "1").out
    assert script.asked[-1][1] == calls.PolicyUndo(to=1)
