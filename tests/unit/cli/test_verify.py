"""verify."""

import msgspec
import pytest

from agentmesh.control import answers, calls
from tests.support.control_server import BOB, Script
from tests.unit.cli.conftest import Shell

NUMBER = "32771 17445 71646 33059 94808 05591 38652 12995 43227 72048 38075 21437"


def shown(*, verified: bool) -> answers.SafetyNumber:
    pig = answers.Emoji(emoji="🐷", name="pig")
    return answers.SafetyNumber(
        amid=BOB,
        name="b\x1b[2Job",
        number=NUMBER,
        emoji=[pig] * 7,
        text="agentmesh:verify/1/a/b/0",
        verified=verified,
    )


def test_the_number_is_shown_for_reading_out(mesh: Shell, script: Script) -> None:
    script.answers["verify"] = shown(verified=False)
    said = mesh("verify", "bob")
    assert script.asked[0][1] == calls.Verify(peer="bob")
    assert "  94808 05591 38652 12995\n" in said.out
    assert said.out.count("🐷 pig") == 7
    assert f"agentmesh verify {BOB} --confirm" in said.out
    assert "\x1b" not in said.out
    assert mesh("verify", "bob", "--json").document["number"] == NUMBER


def test_the_owner_confirms_it(mesh: Shell, script: Script) -> None:
    script.answers["verify"] = shown(verified=True)
    said = mesh("verify", "bob", "--confirm")
    assert script.asked[0][1] == calls.Verify(peer="bob", confirm=True)
    assert said.out.endswith("The owner compared it: verified.\n")
    assert "--confirm" not in said.out


def test_a_code_is_shown_for_the_others_camera(mesh: Shell, script: Script) -> None:
    script.answers["verify"] = shown(verified=False)
    said = mesh("verify", "bob", "--qr")
    assert said.out.splitlines()[-1] == "agentmesh:verify/1/a/b/0"
    assert len(said.out.splitlines()) > 20
    assert mesh("verify", "bob", "--qr", "--json").document["text"] == "agentmesh:verify/1/a/b/0"


def test_what_a_camera_read_is_handed_on(mesh: Shell, script: Script) -> None:
    script.answers["verify"] = shown(verified=True)
    mesh("verify", "bob", "--scan", "agentmesh:verify/1/b/a/0")
    request = script.asked[0][1]
    assert request == calls.Verify(peer="bob", scanned="agentmesh:verify/1/b/a/0")


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (answers.Proof(proved=True, key="ab" * 32, index=3, entries=9, at="2027"), "entry 3 of 9"),
        (answers.Proof(proved=False, reason="registry_without_log"), "has no log"),
        (answers.Proof(proved=False, reason="log_forked"), "not proved now: log forked"),
    ],
)
def test_what_the_log_proves_is_said(
    mesh: Shell, script: Script, log: answers.Proof, words: str
) -> None:
    script.answers["verify"] = msgspec.structs.replace(shown(verified=False), log=log)
    assert words in mesh("verify", "bob").out
