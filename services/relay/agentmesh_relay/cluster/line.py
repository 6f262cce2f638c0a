"""The library's client, without what it does between a message and whoever it is for.

It has a queue and a task on either side of the socket, so that handlers may take their time. Ours
return at once: what is heard is handed over as it is read, what is said is written as it is.
"""

import contextlib
import logging
from collections.abc import Callable, Mapping

import msgspec
from nats.aio.client import Client
from nats.protocol.command import hpub_cmd, pub_cmd

from agentmesh.observability.logs import record_bug

DRAIN_BYTES = 256 * 1024
"""After so much it is looked whether the server takes it."""

_log = logging.getLogger(__name__)
# The library prints tracebacks, and what it stumbled over.
logging.getLogger("nats").setLevel(logging.CRITICAL + 1)


class Heard(msgspec.Struct, frozen=True, gc=False):
    """A message from NATS."""

    subject: str
    data: bytes
    headers: Mapping[str, str]

    @property
    def status(self) -> str:
        """The server's word in place of an answer, or nothing."""
        return self.headers.get("Status", "")


Told = Callable[[Heard], None]


class Said(msgspec.Struct, frozen=True, gc=False):
    """A message to NATS; an answer to it goes to `reply`."""

    subject: str
    data: bytes
    reply: str = ""
    headers: Mapping[str, str] | None = None

    def encoded(self) -> bytes:
        """Return it as NATS reads it."""
        if self.headers is None:
            return pub_cmd(self.subject, self.reply, self.data)
        lines = "".join([f"{name}: {value}\r\n" for name, value in self.headers.items()])
        return hpub_cmd(self.subject, self.reply, f"NATS/1.0\r\n{lines}\r\n".encode(), self.data)


class Line(Client):
    """One connection. After `DRAIN_BYTES` nothing more `may_write` until it was drained."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[int, Told] = {}
        self._undrained = 0

    async def hear(self, subject: str, told: Told) -> None:
        """Have what is said there told."""
        subscription = await self.subscribe(subject)
        self._told[subscription._id] = told  # noqa: SLF001 - by which the server names it

    @property
    def may_write(self) -> bool:
        """Whether the server takes more, as far as we have looked."""
        return self._undrained < DRAIN_BYTES

    def write(self, data: bytes) -> None:
        """Write commands as they are."""
        if self._transport is not None and self.is_connected:
            self._undrained += len(data)
            self._transport.write(data)

    async def drain_written(self) -> None:
        """Wait until the server has taken most of what was written, or the line is lost."""
        if self._transport is not None:
            with contextlib.suppress(OSError):
                await self._transport.drain()  # type: ignore[no-untyped-call]
        self._undrained = 0

    async def _process_msg(
        self,
        sid: int,
        subject: bytes,
        reply: bytes,  # noqa: ARG002 - the library's
        data: bytes,
        headers: bytes,
    ) -> None:
        told = self._told.get(sid)
        if told is None:
            return
        try:
            found = await self._process_headers(headers) if headers else None
            told(Heard(subject.decode(), data, found or {}))
        except Exception as error:  # noqa: BLE001 - the library would read no more
            record_bug(_log, "nats.not_heard", error)
