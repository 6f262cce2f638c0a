"""policy.json: read when it changes, without a restart; an invalid file is refused whole.

A copy of the last valid one is kept beside it, so that a mistake opens no door after a restart
either.
"""

import asyncio
import logging
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from agentmesh.daemon.policy_versions import PolicyVersions, Who, policy_of
from agentmesh.errors import AgentMeshError, StorageError, UsageError
from agentmesh.messages.strict_json import Json
from agentmesh.observability.logs import Code, record
from agentmesh.policy import settings
from agentmesh.policy.document import Policy

LOOK_SECONDS = 0.01
"""A file that its owner edits holds so much later at most; what a call changes holds at once."""
LAST_VALID, REFUSED = ".last-valid", ".refused"

log = logging.getLogger("agentmesh.daemon")

Write = Callable[[Path, bytes], None]


class PolicyFile:
    """The policy in force. While the file is invalid, the last valid one stays in force."""

    def __init__(
        self, path: Path, write: Write, changed: Callable[[], None], versions: PolicyVersions
    ) -> None:
        self._path = path
        self._copy = path.with_name(path.name + LAST_VALID)
        self._write = write
        self._changed = changed
        self.versions = versions
        self._stamp: tuple[int, ...] | None = None
        self._policy = Policy()
        self._problem: AgentMeshError | None = None
        self._is_seen = False
        found = self._look()
        self._load(found)
        if self._problem is not None:
            self._policy = self._last_valid()
        self._remember("start" if found is None else "file")

    def current(self) -> Policy:
        """Return the policy, read again if the file is another one than before."""
        stamp = self._look()
        if stamp != self._stamp:
            before = self._policy
            self._load(stamp)
            if self._policy != before:
                self._remember("file")
                self._changed()
        return self._policy

    def in_force(self) -> Policy:
        """Return the policy; whoever asks in the same moment shares one look at it."""
        if not self._is_seen:
            self.current()
            with suppress(RuntimeError):  # a thread has no loop: it looks each time
                asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look_again)
                self._is_seen = True
        return self._policy

    def _look_again(self) -> None:
        self._is_seen = False

    def problem(self) -> AgentMeshError | None:
        """Return what is wrong with the file as it is now."""
        self.current()
        return self._problem

    def set(self, key: str, value: Json, who: Who = "owner") -> Policy:
        """Change one field, and keep it."""
        return self.replace(settings.put(self.current(), key, value), who)

    def undo(self, number: int | None = None) -> Policy:
        """Bring back the policy before this one, or the one of this number."""
        self.current()  # an edit of the file that nobody has seen yet is a version, too
        back = self.versions.before() if number is None else self.versions.one(number)
        return self.replace(policy_of(back), "owner", back.number)

    def replace(self, policy: Policy, who: Who = "owner", restores: int = 0) -> Policy:
        """Put another policy in force, once it is on the disk; a refused file is laid aside."""
        if self.problem() is not None:
            with suppress(OSError):
                self._path.replace(self._path.with_name(self._path.name + REFUSED))
        self._write(self._path, settings.write(policy))
        self._policy = policy
        self._stamp = self._look()
        self._problem = None
        self._keep()
        self._remember(who, restores)
        self._changed()
        return policy

    def _remember(self, who: Who, restores: int = 0) -> None:
        """Keep a version to come back to; where there is no room, that one is missing."""
        try:
            self.versions.keep(self._policy, who, restores)
        except (OSError, StorageError):
            record(log, logging.WARNING, "policy.no_version")

    def _look(self) -> tuple[int, ...] | None:
        try:
            state = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError:
            return ()
        return state.st_mtime_ns, state.st_size, state.st_ino

    def _load(self, stamp: tuple[int, ...] | None) -> None:
        self._stamp = stamp
        self._problem = None
        if stamp is None:
            return
        try:
            self._policy = settings.read(contents(self._path))
            self._keep()
        except AgentMeshError as error:
            self._problem = error
            record(log, logging.WARNING, "policy.refused", code=Code(error.code))
        except OSError as error:
            self._stamp = None  # it is tried again
            if not isinstance(error, FileNotFoundError):
                self._problem = StorageError(
                    "policy_unreadable", f"policy.json cannot be read: {error.strerror}."
                )

    def _keep(self) -> None:
        """Keep a copy of the policy; where there is no room, the one before serves."""
        with suppress(StorageError):
            if self._last_valid() != self._policy:
                self._write(self._copy, settings.write(self._policy))

    def _last_valid(self) -> Policy:
        try:
            return settings.read(contents(self._copy))
        except (AgentMeshError, OSError):
            return Policy()


def contents(path: Path) -> bytes:
    """Return what is in the file, a letter more than it may have at most.

    A pipe or a device would hold up everything, an emergency stop as well.
    """

    def opened(name: str, flags: int) -> int:
        return os.open(name, flags | os.O_NONBLOCK)

    with open(path, "rb", opener=opened) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise UsageError("policy_malformed", "policy.json is not a file.")
        return file.read(settings.MAX_DOCUMENT + 1)
