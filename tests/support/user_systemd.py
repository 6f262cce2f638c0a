"""A systemd of one's own: a real user manager with a runtime directory of the test's."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.mesh import eventually

PROGRAM = Path("/usr/lib/systemd/systemd")
BOOTED = Path("/run/systemd/system")
"""systemd takes a machine where this is missing for one that it did not boot, and refuses."""
SECONDS = 15.0


@contextmanager
def user_systemd(folder: Path) -> Iterator[dict[str, str]]:
    """Run a user manager; return the environment in which `systemctl --user` finds it."""
    if not PROGRAM.exists() or shutil.which("systemctl") is None:
        pytest.skip("there is no systemd on this machine")
    was_booted = BOOTED.exists()
    if not was_booted and os.geteuid():
        pytest.skip("this machine was not booted by systemd")
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    environment = {"XDG_RUNTIME_DIR": str(runtime), "XDG_CONFIG_HOME": str(folder / "config")}
    # As root it mounts credentials, which its services see where mounts are shared only.
    own_mounts = [] if os.geteuid() else ["unshare", "--mount", "--propagation", "shared"]
    BOOTED.mkdir(parents=True, exist_ok=True)
    try:
        manager = subprocess.Popen(
            [*own_mounts, PROGRAM, "--user"],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
        )
        try:
            eventually(lambda: _answers(environment), SECONDS)
            yield environment
        finally:
            manager.terminate()
            manager.wait(SECONDS)
    finally:
        if not was_booted:
            with suppress(OSError):
                BOOTED.rmdir()


def _answers(environment: dict[str, str]) -> bool:
    asked = ["systemctl", "--user", "is-system-running"]
    done = subprocess.run(
        asked, env={**os.environ, **environment}, capture_output=True, timeout=SECONDS, check=False
    )
    return done.stdout.strip() in {b"running", b"degraded", b"starting"}
