"""The plugin's rules for a peer's own session, without a host."""

import shutil
import subprocess
from pathlib import Path

from tests.support.processes import ROOT


def test_the_rules_of_a_peers_session_hold(path: str) -> None:
    script = Path(__file__).with_name("rooms_rules.mjs")
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
    assert "# pass 10" in done.stdout
