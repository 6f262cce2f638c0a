"""The owner's browser, where this machine has one."""

import subprocess
import sys
from collections.abc import Mapping

START_SECONDS = 5.0
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
_OPEN = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"


def has_desktop(environment: Mapping[str, str]) -> bool:
    """Whether a browser would have a screen: one in the terminal is not for pages like ours."""
    return sys.platform in {"darwin", "win32"} or any(environment.get(it) for it in _DISPLAYS)


def show(address: str, environment: Mapping[str, str]) -> bool:
    """Open an address, and return whether that worked. Others of this machine can read it."""
    if not has_desktop(environment):
        return False
    try:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", "-c", _OPEN, address],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=dict(environment),
        )
    except OSError:
        return False
    try:
        return process.wait(START_SECONDS) == 0
    except subprocess.TimeoutExpired:
        process.returncode = 0  # a browser that stays in front is open, and outlives us
        return True
