"""The policies that were in force: the last twenty, each a file of its own beside policy.json."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from agentmesh.errors import AgentMeshError, UsageError
from agentmesh.policy import settings
from agentmesh.policy.document import Policy
from agentmesh.protocol.world import Clock

FOLDER = "policy.history"
MAX_VERSIONS = 20
_NAME = re.compile(r"(\d{1,9})\.json")

Who = Literal["owner", "agent", "file", "start"]
"""Who put a policy in force: a call, an edit of the file, or (the first of all) nobody."""
Write = Callable[[Path, bytes], None]


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A policy that was in force since `at`. `restores`: the number of the one it brought back."""

    number: int
    at: float
    who: Who
    restores: int = 0
    policy: msgspec.Raw = msgspec.Raw(b"{}")


class PolicyVersions:
    """The versions in one directory. One that cannot be read is as if it were not there."""

    def __init__(self, folder: Path, write: Write, clock: Clock) -> None:
        self._folder = folder
        self._write = write
        self._clock = clock

    def keep(self, policy: Policy, who: Who, restores: int = 0) -> None:
        """Keep a policy that comes into force, unless it is the one that is."""
        numbers = self._numbers()
        newest = self._read(numbers[-1]) if numbers else None
        if newest is not None and policy_of(newest) == policy:
            return
        version = Version(
            number=numbers[-1] + 1 if numbers else 1,
            at=self._clock.now(),
            who=who,
            restores=restores,
            policy=msgspec.Raw(settings.write(policy)),
        )
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._write(self._path(version.number), msgspec.json.encode(version))
        for number in [*numbers, version.number][:-MAX_VERSIONS]:
            self._path(number).unlink(missing_ok=True)

    def all(self) -> list[Version]:
        """Return the versions, the newest first: that one is in force."""
        found = (self._read(number) for number in reversed(self._numbers()))
        return [version for version in found if version is not None]

    def one(self, number: int) -> Version:
        """Return one version."""
        version = self._read(number)
        if version is None:
            raise UsageError(
                "unknown_version",
                f"There is no version {number} of the policy.",
                "`agentmesh policy history` lists them.",
            )
        return version

    def before(self) -> Version:
        """Return what an undo brings back; after an undo that is one further back."""
        versions = self.all()
        newest = versions[0].restores or versions[0].number if versions else 0
        for version in versions:
            if version.number < newest:
                return version
        raise UsageError(
            "nothing_to_undo",
            "No earlier policy is kept.",
            "`agentmesh policy history` lists them.",
        )

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}.json"

    def _numbers(self) -> list[int]:
        try:
            names = [path.name for path in self._folder.iterdir()]
        except OSError:
            return []
        return sorted(int(match[1]) for name in names if (match := _NAME.fullmatch(name)))

    def _read(self, number: int) -> Version | None:
        try:
            version = msgspec.json.decode(self._path(number).read_bytes(), type=Version)
            policy_of(version)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, AgentMeshError):
            return None
        return version if version.number == number else None


def policy_of(version: Version) -> Policy:
    """Return the policy of a version."""
    return settings.read(bytes(version.policy))
