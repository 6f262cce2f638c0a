"""policy.json: read when it changes, without a restart; an invalid file is refused whole."""

import logging
from collections.abc import Callable
from pathlib import Path

from agentmesh.errors import AgentMeshError
from agentmesh.messages.strict_json import Json
from agentmesh.observability.logs import Code, record
from agentmesh.policy import settings
from agentmesh.policy.document import Policy

log = logging.getLogger("agentmesh.daemon")

Write = Callable[[Path, bytes], None]


class PolicyFile:
    """The policy in force. While the file is invalid, the last valid one stays in force."""

    def __init__(self, path: Path, write: Write, changed: Callable[[], None]) -> None:
        self._path = path
        self._write = write
        self._changed = changed
        self._stamp: tuple[int, int] | None = None
        self._policy = Policy()
        self.problem: AgentMeshError | None = None
        self._load(self._look())

    def current(self) -> Policy:
        """Return the policy, read again if the file is another one than before."""
        stamp = self._look()
        if stamp != self._stamp:
            before = self._policy
            self._load(stamp)
            if self._policy != before:
                self._changed()
        return self._policy

    def set(self, key: str, value: Json) -> Policy:
        """Change one field, and keep it."""
        return self.replace(settings.put(self.current(), key, value))

    def replace(self, policy: Policy) -> Policy:
        """Put another policy in force, once it is on the disk."""
        self._write(self._path, settings.write(policy))
        self._policy = policy
        self._stamp = self._look()
        self.problem = None
        self._changed()
        return policy

    def _look(self) -> tuple[int, int] | None:
        try:
            state = self._path.stat()
        except OSError:
            return None
        return state.st_mtime_ns, state.st_ino

    def _load(self, stamp: tuple[int, int] | None) -> None:
        self._stamp = stamp
        self.problem = None
        if stamp is None:
            return
        try:
            self._policy = settings.read(self._path.read_bytes())
        except AgentMeshError as error:
            self.problem = error
            record(log, logging.WARNING, "policy.refused", code=Code(error.code))
        except OSError:
            self._stamp = None
