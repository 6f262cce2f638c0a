"""import."""

from pathlib import Path

import msgspec
import pytest

from agentmesh.cli.moving import program
from agentmesh.control import answers, calls
from tests.support.control_server import BOB, Script
from tests.support.openclaw import NOVA, p2p_home
from tests.unit.cli.conftest import Shell
from tests.unit.cli.test_peers import CONTACT

NOBODY_YET = answers.Acquaintances(acquaintances=[])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return p2p_home(tmp_path / "p2p")


def test_peers_are_kept_by_the_daemon_all_at_once(
    mesh: Shell, script: Script, folder: Path
) -> None:
    script.answers["acquaintances.add"] = answers.AcquaintancesAdded(added=[NOVA])
    document = mesh("import", "p2p", str(folder), "--json").document
    assert (document["imported"], document["already_known"]) == (1, 1)
    assert document["identity_imported"] is False
    ((name, request, permit),) = script.asked
    assert (name, permit) == ("acquaintances.add", "owner")
    assert isinstance(request, calls.AcquaintancesAdd)
    assert request.peers[0].former_id == NOVA
    people = mesh("import", "p2p", str(folder)).out
    assert "Nova  p2p:45j9" in people
    assert "1 were kept before; they stay as they are." in people
    assert "cannot be written to yet" in people
    assert "identity there was left alone" in people


def test_a_dry_run_needs_no_daemon_and_changes_nothing(shell: Shell, folder: Path) -> None:
    document = shell("import", "p2p", str(folder), "--dry-run", "--json").document
    assert (document["imported"], document["dry_run"], len(document["peers"])) == (0, True, 2)


def test_without_a_daemon_nothing_is_kept(shell: Shell, folder: Path) -> None:
    assert shell("import", "p2p", str(folder), "--json").code == 3


def test_bad_input_is_a_sentence(shell: Shell, tmp_path: Path) -> None:
    said = shell("import", "p2p", str(tmp_path / "none"), "--json")
    assert (said.code, said.document["error"]["code"]) == (2, "nothing_to_import")


def test_who_is_known_from_elsewhere_is_listed(mesh: Shell, script: Script) -> None:
    script.answers["acquaintances.list"] = NOBODY_YET
    assert mesh("import").out == "Nobody is known from elsewhere.\n"
    nova = answers.Acquaintance(
        former_id=NOVA, alias="Nova", description="x", note="", approved=True, added_at=""
    )
    script.answers["acquaintances.list"] = answers.Acquaintances(acquaintances=[nova])
    assert "Nova" in mesh("import", "list").out


def test_the_owner_says_who_it_is(mesh: Shell, script: Script) -> None:
    contact = msgspec.structs.replace(CONTACT, amid=BOB, alias="Nova")
    script.answers["acquaintances.bind"] = answers.Kept(contact=contact)
    assert mesh("import", "bind", "Nova", BOB).out == f"Nova ({BOB}) is a contact now.\n"
    assert script.asked[0][1] == calls.AcquaintancesBind(known_as="Nova", peer=BOB)


def test_a_home_of_the_draft_is_moved_by_a_program(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    report = {
        "amid": BOB, "dry_run": False, "identity_imported": True, "policy": ["strict_mode"],
        "contacts": [BOB], "capabilities": [], "remarks": ["Sessions were left behind."],
        "already_imported": False,
    }  # fmt: skip

    def run(desk: object, arguments: list[str]) -> dict[str, object]:
        asked.append(arguments)
        return report

    monkeypatch.setattr(program, "run", run)
    out = shell("import", "agentmesh-0.2", "/old", "--key-storage", "file", "--new-keys").out
    assert f"amid          {BOB} (kept)" in out
    assert "Sessions were left behind." in out
    assert asked == [["--from", "/old", "--key-storage", "file", "--new-keys"]]
    document = shell("import", "agentmesh-0.2", "/old", "--dry-run", "--json").document
    assert document["policy"] == ["strict_mode"]
    assert asked[1][-1] == "--dry-run"
    report["already_imported"] = True
    again = shell("import", "agentmesh-0.2", "/old").out
    assert again == f"{BOB} has its keys here already; nothing was changed.\n"
