"""The plugin's own rules, without a host: sessions, whose turn it is, the tools' process."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.processes import ROOT


@pytest.mark.parametrize(
    ("rules", "count"), [("rooms_rules.mjs", 10), ("lanes_rules.mjs", 6), ("tools_rules.mjs", 4)]
)
def test_the_rules_hold(path: str, rules: str, count: int) -> None:
    script = Path(__file__).with_name(rules)
    node = shutil.which("node", path=path)
    assert node is not None
    done = subprocess.run(
        [node, "--test", "--test-reporter=tap", str(script)],
        env={"PATH": path, "PLUGIN": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert f"# pass {count}" in done.stdout
