"""policy."""

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
