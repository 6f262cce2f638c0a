"""The specification lists every purpose of a signature: a second implementation needs them all.

The table stands in docs/protocol.md between two markers, the purpose first in each row:

    <!-- purposes -->
    | purpose | who signs | what |
    |---|---|---|
    | `connect` | the agent | that it is there, to one relay |
    <!-- /purposes -->
"""

import re

from agentmesh.protocol.signed import Purpose
from tests.architecture.tree import ROOT

PROTOCOL = ROOT / "docs/protocol.md"


def test_the_specification_lists_every_purpose() -> None:
    table = re.search(r"<!-- purposes -->(.*?)<!-- /purposes -->", PROTOCOL.read_text(), re.DOTALL)
    assert table, "docs/protocol.md has no table between the markers"
    rows = re.findall(r"^\| *`([^`]+)` *\|", table.group(1), re.MULTILINE)
    assert rows == [str(purpose) for purpose in Purpose]
