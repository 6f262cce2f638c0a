"""What docs/protocol.md lists of bounds, derivations and refusals is what the code has."""

import re
from typing import get_args

from agentmesh_registry.problems import STATUS

from agentmesh.crypto.kdf import Label
from agentmesh.policy.verdict import Reason
from agentmesh.protocol import limits
from tests.architecture.tree import ROOT

PROTOCOL = ROOT / "docs/protocol.md"


def rows(name: str, row: str = r"^\| *`.*\|$") -> list[list[str]]:
    """Return the rows of the table between two markers, without back quotes around a cell."""
    table = re.search(rf"<!-- {name} -->(.*?)<!-- /{name} -->", PROTOCOL.read_text(), re.DOTALL)
    assert table, f"docs/protocol.md has no table {name}"
    lines = re.findall(row, table.group(1), re.MULTILINE)
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines]


def test_the_specification_lists_every_bound() -> None:
    bounds = {name: str(value) for name, value in vars(limits).items() if name.isupper()}
    assert rows("limits") == [[name, value] for name, value in bounds.items()]


def test_the_specification_lists_every_derivation() -> None:
    assert [row[0] for row in rows("labels")] == [label.value.decode() for label in Label]


def test_the_specification_lists_every_reason_of_a_reject() -> None:
    answers = [line for line in PROTOCOL.read_text().splitlines() if line.startswith("| REJECT")]
    unsaid = {"invalid_signature", "replayed"}  # who cannot prove who it is hears nothing
    named = set(re.findall(r"`(\w+)`", "".join(answers)))
    assert set(get_args(Reason)) - unsaid <= named


def test_the_specification_lists_every_refusal_of_a_registry() -> None:
    table = rows("problems", r"^\| \d+ .*\|$")
    listed = {(code, int(status)) for status, codes in table for code in codes.split("`, `")}
    assert listed == set(STATUS.items())
