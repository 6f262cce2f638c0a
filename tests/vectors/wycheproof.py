"""Where Wycheproof's vectors lie: outside the project; AGENTMESH_VECTORS names the folder."""

import json
import os
from pathlib import Path
from typing import Any

Test = dict[str, Any]

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("AGENTMESH_VECTORS", ROOT / "../shared/vectors")) / "wycheproof"
MISSING = (
    f"NO WYCHEPROOF VECTORS in {FOLDER}: the primitives are UNTESTED. They are `testvectors_v1` of "
    "https://github.com/C2SP/wycheproof; AGENTMESH_VECTORS names where `wycheproof` lies."
)


def load(name: str) -> list[tuple[Test, Test]]:
    """Return pairs of group and test."""
    groups = json.loads((FOLDER / f"{name}_test.json").read_text())["testGroups"]
    return [(group, test) for group in groups for test in group["tests"]]
