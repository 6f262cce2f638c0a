"""Letters in NATS JetStream: one stream, one subject for each recipient, and what is asked of it.

The server has to sync before it answers (`sync_interval: always`); it does not tell whether so.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from agentmesh.errors import TransportError, UsageError
from agentmesh.protocol import limits
from agentmesh.protocol.ids import Amid
from agentmesh_relay.cluster.line import Heard
from agentmesh_relay.cluster.link import Link
from agentmesh_relay.mailbox.interface import Letter

LETTERS = "AGENTMESH_LETTERS"
KNOWN = "AGENTMESH_KNOWN"
LETTER = "agentmesh.letter"
KEPT = "agentmesh.kept"
"""The server itself tells there, for each letter that it has stored, for whom it is."""

AGENT = "agentmesh.known"
MAX_KNOWN = 1_000_000
MAX_STREAM_BYTES = 16 * 1024**3
MAX_ROWS = 2048
"""Letters of one recipient, whatever the nodes do. Their own bounds are lower, and exact."""

PAGE_BYTES = 512 * 1024
_SECOND = 1_000_000_000
_WRONG_LAST_SEQUENCE = 10071
_NO_SUCH_STREAM = 10059
_NO_MORE_ROOM = (10047, 10077)  # the disk, or a bound of the stream

Take = Callable[[int, Letter], None]

_letter = msgspec.msgpack.Decoder(Letter)

_LETTERS = {
    "name": LETTERS,
    "subjects": [f"{LETTER}.*"],
    "storage": "file",
    "retention": "limits",
    "discard": "new",
    "discard_new_per_subject": True,
    "max_msgs_per_subject": MAX_ROWS,
    "max_age": limits.MAILBOX_SECONDS * _SECOND,
    "max_bytes": MAX_STREAM_BYTES,
    "allow_direct": True,
    "allow_msg_ttl": True,
    "republish": {"src": f"{LETTER}.*", "dest": KEPT + ".{{wildcard(1)}}", "headers_only": True},
}
_KNOWN = {
    "name": KNOWN,
    "subjects": [f"{AGENT}.*"],
    "storage": "file",
    "retention": "limits",
    "discard": "old",
    "max_msgs_per_subject": 1,
    "max_msgs": MAX_KNOWN,
    "allow_direct": True,
}
_ESSENTIAL = ("storage", "discard", "allow_direct", "allow_msg_ttl", "republish")


class Full(TransportError):
    """JetStream takes no more at the moment."""


class State(msgspec.Struct, frozen=True):
    """Which stream this is, and how far it has come."""

    created: str
    last: int


class Stream:
    """Asks, and raises `TransportError` if no answer comes."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def ensure(self) -> State:
        """Make the streams if they are not there; return how the letters' one is."""
        await self._ensure(_KNOWN)
        return await self._ensure(_LETTERS)

    async def put(self, letter: Letter, last: int, seconds: int) -> int | None:
        """Store a letter for so long; return its row, or None if `last` is not the last one."""
        headers = {"Nats-Expected-Last-Subject-Sequence": str(last), "Nats-TTL": f"{seconds}s"}
        data = msgspec.msgpack.encode(letter)
        (heard,) = await self._link.ask(f"{LETTER}.{letter.recipient}", data, headers)
        answer = _read(heard)
        error = answer.get("error")
        if error is None:
            return int(answer["seq"])
        if error.get("err_code") == _WRONG_LAST_SEQUENCE:
            return None
        raise Full("disk_full" if error.get("err_code") in _NO_MORE_ROOM else "nats_refused")

    async def read(self, amid: Amid, take: Take, start: int = 1, end: int = 0) -> None:
        """Hand over this agent's letters from row `start` on: up to `end`, or all."""
        has_more = True
        while has_more:
            *letters, last = await self._page(amid, start)
            for heard in letters:
                start = int(heard.headers["Nats-Sequence"]) + 1
                take(start - 1, _letter.decode(heard.data))
            is_at_end = last.headers.get("Nats-Num-Pending", "0") == "0"
            has_more = bool(letters) and not is_at_end and not 0 < end < start

    async def remove(self, amid: Amid, up_to: int, others: Iterable[int]) -> None:
        """Forget this agent's letters up to a row (0: none), and the others one by one."""
        if up_to:
            wanted = {"filter": f"{LETTER}.{amid}", "seq": up_to + 1}
            await self._ask(f"$JS.API.STREAM.PURGE.{LETTERS}", wanted)
        for row in others:
            await self._ask(f"$JS.API.STREAM.MSG.DELETE.{LETTERS}", {"seq": row, "no_erase": True})

    async def meet(self, amid: Amid) -> None:
        """Keep that this agent has been here."""
        await self._ask(f"{AGENT}.{amid}", {})

    async def has_met(self, amid: Amid) -> bool:
        """Whether it has been here."""
        wanted = {"last_by_subj": f"{AGENT}.{amid}"}
        (heard,) = await self._link.ask(f"$JS.API.DIRECT.GET.{KNOWN}", msgspec.json.encode(wanted))
        return not heard.status

    async def _page(self, amid: Amid, start: int) -> list[Heard]:
        wanted = {
            "next_by_subj": f"{LETTER}.{amid}",
            "seq": start,
            "batch": MAX_ROWS,
            "max_bytes": PAGE_BYTES,
        }
        data = msgspec.json.encode(wanted)
        return await self._link.ask(f"$JS.API.DIRECT.GET.{LETTERS}", data, None, _is_status)

    async def _ensure(self, wanted: dict[str, Any]) -> State:
        name = wanted["name"]
        found = await self._ask(f"$JS.API.STREAM.INFO.{name}", {}, allowed=_NO_SUCH_STREAM)
        if "error" in found:
            found = await self._ask(f"$JS.API.STREAM.CREATE.{name}", wanted)
        if any(found["config"].get(key) != wanted[key] for key in _ESSENTIAL if key in wanted):
            raise UsageError(
                "stream_differs",
                f"NATS has a stream {name} that is not what relays need.",
                "Look who made it (`nats stream info`); one without letters may be deleted.",
            )
        return State(found["created"], found["state"]["last_seq"])

    async def _ask(self, subject: str, wanted: dict[str, Any], allowed: int = 0) -> dict[str, Any]:
        (heard,) = await self._link.ask(subject, msgspec.json.encode(wanted))
        answer = _read(heard)
        code = answer.get("error", {}).get("err_code")
        if code is not None and code != allowed:
            raise TransportError("nats_refused")
        return answer


def is_subject(amid: Amid) -> bool:
    """Whether this may stand in a subject."""
    return amid.isascii() and amid.isalnum()


def _is_status(heard: Heard) -> bool:
    return bool(heard.status)


def _read(heard: Heard) -> dict[str, Any]:
    answer: dict[str, Any] = msgspec.json.decode(heard.data)
    return answer
