"""The managers of services that we know: systemd's for a user, and launchd."""

import os
import re
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from agentmesh.cli.service.units import Unit, launchd, systemd
from agentmesh.errors import StorageError, TimedOut, TransportError, UsageError

SECONDS = 60.0
NO_BUS = ("connect to bus", "bus connection")


@dataclass(frozen=True)
class State:
    """How a service is; `pid` is 0 while it does not run."""

    is_installed: bool
    is_active: bool = False
    pid: int = 0
    words: str = ""


class Manager(ABC):
    """Keeps a daemon running."""

    word: ClassVar[str]

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    @abstractmethod
    def path(self, name: str) -> Path:
        """Return the file that tells the manager of a service."""

    @abstractmethod
    def install(self, unit: Unit) -> None:
        """Keep the file, so that the service starts with the user's session."""

    @abstractmethod
    def start(self, name: str) -> None:
        """Start the service, anew if it runs."""

    @abstractmethod
    def uninstall(self, name: str) -> None:
        """Stop the service and forget it."""

    @abstractmethod
    def state(self, name: str) -> State:
        """Return how the service is."""

    def _keep(self, path: Path, document: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(document)
        except OSError as error:
            raise StorageError("service_not_kept", f"{path}: {error.strerror}.") from None

    def _run(self, *words: str, may_fail: bool = False) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - the system's own program, words of ours
                words,
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise TimedOut("service_timed_out", f"`{' '.join(words)}` takes too long.") from None
        except OSError as error:
            raise UsageError("no_service_manager", f"{words[0]}: {error.strerror}.") from None
        if any(it in done.stderr for it in NO_BUS):
            raise TransportError(
                "service_manager_unreachable",
                f"{self.word} does not answer: {done.stderr.strip()[:200]}",
                "Log in as this user (not by su or sudo), or set XDG_RUNTIME_DIR=/run/user/UID.",
            )
        if done.returncode and not may_fail:
            told = (done.stderr or done.stdout).strip()[:300]
            raise TransportError("service_refused", f"`{' '.join(words)}`: {told}")
        return done.stdout


class Systemd(Manager):
    """The user's own systemd."""

    word = "systemd"

    def path(self, name: str) -> Path:
        """Return the unit's file."""
        named = self._environment.get("XDG_CONFIG_HOME", "")
        config = Path(named) if named.startswith("/") else Path.home() / ".config"
        return config / "systemd" / "user" / f"{name}.service"

    def install(self, unit: Unit) -> None:
        """Keep the unit, and enable it."""
        self._keep(self.path(unit.name), systemd(unit).encode())
        self._control("daemon-reload")
        self._control("enable", f"{unit.name}.service")

    def start(self, name: str) -> None:
        """Start it; one that failed too often before is forgiven."""
        self._control("reset-failed", f"{name}.service", may_fail=True)
        self._control("restart", f"{name}.service")

    def uninstall(self, name: str) -> None:
        """Stop, disable and forget it."""
        self._control("disable", "--now", f"{name}.service", may_fail=True)
        self.path(name).unlink(missing_ok=True)
        self._control("daemon-reload")
        self._control("reset-failed", f"{name}.service", may_fail=True)

    def state(self, name: str) -> State:
        """Return how systemd sees it."""
        if not self.path(name).exists():
            return State(is_installed=False)
        told = self._control("show", f"{name}.service", "-p", "ActiveState,SubState,MainPID,Result")
        shown = dict(line.partition("=")[::2] for line in told.splitlines())
        active, pid = shown.get("ActiveState", ""), shown.get("MainPID", "0")
        words = [active, shown.get("SubState", ""), shown.get("Result", "").replace("success", "")]
        return State(
            is_installed=True,
            is_active=active == "active",
            pid=int(pid) if pid.isdigit() else 0,
            words=", ".join(word for word in words if word),
        )

    def _control(self, *words: str, may_fail: bool = False) -> str:
        return self._run("systemctl", "--user", "--no-pager", *words, may_fail=may_fail)


class Launchd(Manager):
    """The launch agents of a user of macOS."""

    word = "launchd"

    def path(self, name: str) -> Path:
        """Return the launch agent's file."""
        return Path.home() / "Library" / "LaunchAgents" / f"{name}.plist"

    def install(self, unit: Unit) -> None:
        """Keep the launch agent; the next login starts it."""
        self._keep(self.path(unit.name), launchd(unit))

    def start(self, name: str) -> None:
        """Load it, which starts it."""
        self._run("launchctl", "bootout", f"{_domain()}/{name}", may_fail=True)
        self._run("launchctl", "bootstrap", _domain(), str(self.path(name)))

    def uninstall(self, name: str) -> None:
        """Stop and forget it."""
        self._run("launchctl", "bootout", f"{_domain()}/{name}", may_fail=True)
        self.path(name).unlink(missing_ok=True)

    def state(self, name: str) -> State:
        """Return how launchd sees it."""
        if not self.path(name).exists():
            return State(is_installed=False)
        told = self._run("launchctl", "print", f"{_domain()}/{name}", may_fail=True)
        state = re.search(r"^\s*state = (.+)$", told, re.MULTILINE)
        pid = re.search(r"^\s*pid = (\d+)$", told, re.MULTILINE)
        words = state.group(1) if state else "not loaded"
        number = int(pid.group(1)) if pid else 0
        return State(is_installed=True, is_active=words == "running", pid=number, words=words)


def manager(environment: Mapping[str, str]) -> Manager:
    """Return this machine's manager."""
    if sys.platform == "darwin":
        return Launchd(environment)
    if sys.platform == "linux":
        return Systemd(environment)
    raise UsageError(
        "no_service_manager",
        "On this system no manager of services is known.",
        "Have `agentmesh daemon` run by what keeps programs running here.",
    )


def _domain() -> str:
    return f"gui/{os.getuid()}"
