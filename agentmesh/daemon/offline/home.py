"""A home that is opened without its daemon, for as long as a question takes."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Self

from agentmesh.crypto.secret import Secret
from agentmesh.daemon.records import Records, Standing
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.audit_anchor import behind, read_start
from agentmesh.observability.audit_files import audit_files, last_line
from agentmesh.observability.audit_line import Head, Marks
from agentmesh.observability.transcript_shelf import Shelf
from agentmesh.observability.transcripts import Transcripts
from agentmesh.protocol.ids import Amid, parse_amid
from agentmesh.protocol.world import Clock, Entropy
from agentmesh.storage.home import Home
from agentmesh.storage.key_files import KeyFiles, Means
from agentmesh.storage.open_keys import OpenKeys

GivenPassphrase = Callable[[], Secret | None]


class ClosedHome:
    """Opened by the first question that needs it; no daemon can start meanwhile."""

    def __init__(
        self, path: Path, world: tuple[Clock, Entropy], passphrase: GivenPassphrase
    ) -> None:
        self.path = path
        self.world = world
        self._clock, self._entropy = world
        self._passphrase = passphrase
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()

    @cached_property
    def records(self) -> Records:
        """The records of this home."""
        keys = self._keys()
        self._stack.enter_context(Home(self.path))
        transcripts = Transcripts(self.path / "transcripts", keys.transcripts_key(), self._entropy)
        self._stack.callback(transcripts.close)
        return Records(
            home=self.path,
            identity=keys.identity,
            audit_key=keys.audit_key(),
            keys=keys.saved,
            audit=lambda: self._audit,
            standing=self._standing,
            transcripts=transcripts,
            shelf=Shelf(transcripts, self._clock),
            clock=self._clock,
            entropy=self._entropy,
            find=_find,
            name_of=_name_of,
        )

    def _keys(self) -> OpenKeys:
        means = Means(clock=self._clock, entropy=self._entropy, passphrase=self._passphrase())
        return KeyFiles(self.path / "keys", means).open()

    @cached_property
    def _audit(self) -> AuditLog:
        log = AuditLog(self.records.logs, self.records.audit_key, self._clock)
        self._stack.callback(log.close)
        return log

    async def _standing(self) -> Standing:
        return Standing(await asyncio.to_thread(_head, self.records))


def _head(records: Records) -> Head:
    """Return where the chain stands, without touching a log that may be the question."""
    marks = Marks(records.audit_key)
    start = read_start(records.logs, marks).head
    files, _ = behind(audit_files(records.logs, marks)[0], start)
    return last_line(files[-1].path, marks)[0] if files else start


async def _find(text: str) -> Amid:
    return parse_amid(text)


async def _name_of(peer: Amid) -> str:  # noqa: ARG001 (names are in the store, which is closed)
    return ""
