"""The long run before a release: `make trust`.

TRUST.md then says what was tried, how often, and what came out. A reliability
test leaves its figures with `record_property`; everything random hangs on one seed.
"""

import os
import secrets
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from agentmesh import __version__
from benchmarks import machine

ROOT = Path(__file__).resolve().parents[1]
RUN_TIMEOUT = 24 * 3600
TESTS = ("tests/reliability", "tests/attack", "tests/e2e/test_dashboard.py")
_COUNTED = ("KILLS", "CLUSTER_KILLS", "CUTS", "STOPS", "RUNS", "ATTACKS", "WORM")
SETTINGS = tuple(f"AGENTMESH_{name}" for name in _COUNTED)


class Result(NamedTuple):
    """What one test said."""

    name: str
    outcome: str
    seconds: float
    figures: str


def git(*arguments: str) -> str:
    """Return what git says."""
    run = subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True, timeout=60
    )
    return run.stdout.strip()


def results(report: Path) -> Iterator[Result]:
    """Yield what stands in pytest's report."""
    for case in ET.parse(report).iter("testcase"):
        found = {p.get("name"): p.get("value") for p in case.iter("property")}
        bad = [tag for tag in ("failure", "error", "skipped") if case.find(tag) is not None]
        yield Result(
            name=case.get("name", "").removeprefix("test_").replace("_", " "),
            outcome=bad[0] if bad else "held",
            seconds=float(case.get("time", "0")),
            figures=", ".join(f"{name} {value}" for name, value in found.items()),
        )


def document(found: list[Result], seed: int, commit: str, seconds: float) -> str:
    """Return TRUST.md."""
    settings = [f"{name}={os.environ[name]}" for name in SETTINGS if name in os.environ]
    again = f"git checkout {commit.split(maxsplit=1)[0]} && AGENTMESH_SEED={seed} make trust"
    rows = [f"| {r.name} | {r.outcome} | {r.figures} | {r.seconds:.0f} |" for r in found]
    lines = [
        "# What was tried before this release",
        "",
        f"AgentMesh {__version__}, commit `{commit}`, seed `{seed}`, {' '.join(settings)};",
        f"{seconds / 60:.0f} minutes on {machine.description()}.",
        "",
        f"Again: `{again}`",
        "",
        "| property | outcome | figures | seconds |",
        "|---|---|---|---|",
        *rows,
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Run the tests and write down what they found."""
    seed = int(os.environ.get("AGENTMESH_SEED", secrets.randbelow(2**31)))
    commit = git("rev-parse", "HEAD") + (" with changes" if git("status", "--porcelain") else "")
    seeds = [f"--randomly-seed={seed}", f"--hypothesis-seed={seed}"]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", *TESTS, "--timeout=0", *seeds]
        started = time.monotonic()
        code = subprocess.run(
            [*command, f"--junitxml={report}"],
            cwd=ROOT,
            check=False,
            timeout=RUN_TIMEOUT,
            env=os.environ | {"AGENTMESH_SEED": str(seed)},
        ).returncode
        if not report.exists():
            return code or 1
        found = list(results(report))
    (ROOT / "TRUST.md").write_text(document(found, seed, commit, time.monotonic() - started))
    print("TRUST.md is written.")
    return code


if __name__ == "__main__":
    sys.exit(main())
