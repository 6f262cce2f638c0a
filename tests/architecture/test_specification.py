"""What docs/protocol.md lists of bounds and derivations is what the code has, in its order."""

import re

from agentmesh.crypto.kdf import Label
from agentmesh.protocol import limits
from tests.architecture.tree import ROOT

PROTOCOL = ROOT / "docs/protocol.md"


def rows(name: str) -> list[list[str]]:
    """Return the rows of the table between two markers, without back quotes."""
    table = re.search(rf"<!-- {name} -->(.*?)<!-- /{name} -->", PROTOCOL.read_text(), re.DOTALL)
    assert table, f"docs/protocol.md has no table {name}"
    lines = re.findall(r"^\| *`.*\|$", table.group(1), re.MULTILINE)
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines]


def test_the_specification_lists_every_bound() -> None:
    bounds = {name: str(value) for name, value in vars(limits).items() if name.isupper()}
    assert rows("limits") == [[name, value] for name, value in bounds.items()]


def test_the_specification_lists_every_derivation() -> None:
    assert [row[0] for row in rows("labels")] == [label.value.decode() for label in Label]
