"""What a service manager is told about the daemon: a systemd unit, or a launchd property list."""

import hashlib
import os
import plistlib
import re
from dataclasses import dataclass
from pathlib import Path

from agentmesh.errors import UsageError

NAME = "agentmesh"
CREDENTIAL = "agentmesh-passphrase"
PAUSE_SECONDS = 5
STOP_SECONDS = 30
OWN_MISTAKES = "2 9"
"""Exit codes that a restart does not mend: wrong settings, a passphrase that nobody gave."""


@dataclass(frozen=True)
class Unit:
    """One daemon: its name among the services, its program, and what the program is told."""

    name: str
    home: Path
    program: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    passphrase: Path | None = None

    @property
    def log(self) -> Path:
        """The file that `agentmesh logs` reads."""
        return self.home / "logs" / "daemon.log"


def name_of(home: Path, usual: Path) -> str:
    """Return the name of a home's service; the usual home's is the plain one."""
    if home == usual:
        return NAME
    word = re.sub(r"[^a-zA-Z0-9]+", "-", home.name).strip("-")[:32]
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:8]
    return "-".join(part for part in (NAME, word, digest) if part)


def systemd(unit: Unit) -> str:
    """Return a unit of the user's systemd."""
    environment = [f"Environment={_quoted(f'{key}={it}')}" for key, it in unit.environment]
    credential = (
        [f"LoadCredential={CREDENTIAL}:{_plain(unit.passphrase)}"] if unit.passphrase else []
    )
    program = " ".join(_quoted(word).replace("$", "$$") for word in unit.program)
    lines = [
        "[Unit]",
        f"Description=AgentMesh daemon of {_plain(unit.home)}",
        "",
        "[Service]",
        "Type=exec",
        f"ExecStart={program}",
        *environment,
        *credential,
        "Restart=on-failure",
        f"RestartSec={PAUSE_SECONDS}",
        f"RestartPreventExitStatus={OWN_MISTAKES}",
        f"TimeoutStopSec={STOP_SECONDS}",
        "UMask=0077",
        "LimitCORE=0",
        "NoNewPrivileges=yes",
        f"StandardOutput=append:{_plain(unit.log)}",
        f"StandardError=append:{_plain(unit.log)}",
        "",
        "[Install]",
        "WantedBy=default.target",
    ]
    return "\n".join(lines) + "\n"


def launchd(unit: Unit) -> bytes:
    """Return a launch agent; it has no way to hand over a passphrase."""
    if unit.passphrase is not None:
        raise UsageError(
            "passphrase_unusable",
            "launchd hands no passphrase to a program.",
            "Keep the key in the keychain: agentmesh up --key-storage keyring",
        )
    return plistlib.dumps(
        {
            "Label": unit.name,
            "ProgramArguments": list(unit.program),
            "EnvironmentVariables": dict(unit.environment),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": PAUSE_SECONDS,
            "ExitTimeOut": STOP_SECONDS,
            "Umask": 0o077,
            "HardResourceLimits": {"Core": 0},
            "StandardOutPath": str(unit.log),
            "StandardErrorPath": str(unit.log),
        }
    )


def _quoted(word: str) -> str:
    inside = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{_one_line(inside)}"'


def _plain(path: Path) -> str:
    return _one_line(str(path)).replace("%", "%%")


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise UsageError(
            "path_unusable",
            f"A service cannot be told of a path like {text!r}.",
            "Use a directory whose name has no control characters.",
        )
    return text
