"""receipt."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from agentmesh.control import answers
from agentmesh.protocol import receipt_file
from agentmesh.protocol.receipt_file import prove_it
from agentmesh.protocol.session_receipt import SessionReceipt
from agentmesh.protocol.signed import Purpose
from tests.support import receipts
from tests.support.control_server import BOB, Script
from tests.support.processes import ROOT
from tests.unit.cli.conftest import Shell


def shown(**changed: Any) -> answers.Receipt:
    facts: dict[str, Any] = {
        "session_id": "s1", "initiator": "a", "receiver": "b", "suite": "x", "started": "T",
        "outcome": "completed", "initiator_messages": 3, "receiver_messages": 2,
        "transcript": "ff", "file": "{}\n",
    }  # fmt: skip
    return answers.Receipt(**(facts | changed))


@pytest.mark.parametrize("arguments", [("receipt",), ("receipt", "list")])
def test_receipts_are_listed(mesh: Shell, script: Script, arguments: tuple[str, ...]) -> None:
    one = answers.ReceiptSummary(
        session_id="s1", peer=BOB, peer_name="bob", started="T", suite="x", outcome=""
    )
    script.answers["receipts.list"] = answers.Receipts(receipts=[one], total=4, damaged=1)
    lines = mesh(*arguments).out.splitlines()
    assert lines[1].split() == ["s1", "bob", f"({BOB})", "T", "(begun)"]
    assert lines[2:] == ["1 could not be read.", "2 older: --limit"]


def test_what_it_proves_is_said_in_words(mesh: Shell, script: Script) -> None:
    script.answers["receipts.show"] = shown()
    assert "and how it ended" in mesh("receipt", "show", "s1").out
    script.answers["receipts.show"] = shown(outcome="", initiator_messages=None)
    assert "not how it ended" in mesh("receipt", "show", "s1").out
    assert mesh("receipt", "show", "s1", "--json").document["session_id"] == "s1"


def test_it_is_written_into_a_file(mesh: Shell, script: Script, tmp_path: Path) -> None:
    script.answers["receipts.show"] = shown()
    file = tmp_path / "receipt.json"
    assert mesh("receipt", "export", "s1", "--output", str(file)).code == 0
    assert file.read_text() == "{}\n"
    assert mesh("receipt", "export", "s1", "--output", str(file)).code == 2


@pytest.mark.slow
def test_anybody_can_check_it(shell: Shell, tmp_path: Path) -> None:
    environment = {"AGENTMESH_HOME": str(tmp_path / "none"), "PYTHONPATH": str(ROOT)}
    receipt = SessionReceipt(stub=receipts.both(_begun(), Purpose.SESSION_RECEIPT))
    data = receipt_file.write(receipt, prove_it(receipt))
    file = tmp_path / "receipt.json"
    file.write_bytes(data)
    assert (
        "The receipt holds." in shell("receipt", "verify", str(file), environment=environment).out
    )
    for spoilt in (data[:-2], data.replace(b"0190", b"0191", 1), b"\xff" + data, b""):
        file.write_bytes(spoilt)
        assert shell("receipt", "verify", str(file), environment=environment).code == 8
    assert shell("receipt", "verify", str(tmp_path / "nothing")).code == 2


def _begun() -> Any:
    """Return a stub of the past: the program has no clock but the system's."""
    return msgspec.structs.replace(receipts.STUB, started=1_760_000_000_000)
