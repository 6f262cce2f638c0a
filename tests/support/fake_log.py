"""A registry's log in memory, as whoever asks over HTTP meets it: the plain tree of RFC 6962."""

from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import msgspec
from nacl.signing import SigningKey

from agentmesh.discovery.book import Memory
from agentmesh.discovery.log import RegistryLog, RevocationAnswer
from agentmesh.discovery.log_pages import ConsistencyAnswer
from agentmesh.errors import Refused, TransportError
from agentmesh.protocol import merkle
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.merkle import Node
from agentmesh.protocol.signed import Purpose, Signed, sign
from agentmesh.protocol.transparency import (
    RECORD,
    REVOCATION,
    LogEntry,
    LogHead,
    LogPage,
    LogProof,
    TreeHead,
    document_hash,
    subject_of,
)
from tests.support.world import FakeClock

A = TypeVar("A", bound=msgspec.Struct)


class FakeLog:
    """Grows by `add`. `is_down`: nobody answers; `is_absent`: an older registry.

    `silent_on`: it is too busy for what is asked there.
    """

    def __init__(self, clock: FakeClock, key: bytes = b"k" * 32) -> None:
        self.key = SigningKey(key)
        self.clock = clock
        self.entries: list[bytes] = []
        self.revocations: list[bytes] = []
        self.documents: dict[str, tuple[int, bytes]] = {}
        self.is_down = False
        self.is_absent = False
        self.silent_on = ""

    def follower(self) -> RegistryLog:
        """Return a log as an agent follows it."""
        return RegistryLog(self.ask, self.clock, Memory())

    def add(self, kind: str, amid: Amid, signed: Signed) -> int:
        """Add an entry, and return its number."""
        packed = msgspec.msgpack.encode(signed)
        entry = LogEntry(
            kind=kind,
            subject=subject_of(amid),
            document=document_hash(packed),
            previous=None,
            timestamp=int(self.clock.now() * 1000),
        )
        self.entries.append(msgspec.msgpack.encode(entry))
        if kind == REVOCATION:
            self.revocations.append(self.entries[-1])
            self.documents[amid] = len(self.entries) - 1, packed
        return len(self.entries) - 1

    async def publish(self, signed: Signed) -> None:
        """Take a revocation, as the registry does."""
        if self.is_down:
            raise TransportError("registry_unreachable")
        self.add(REVOCATION, signed.amid, signed)

    async def publish_both(self, revocation: Signed, record: Signed) -> None:
        """Take a revocation with a successor, as the registry does; the same again is nothing."""
        if self.is_down:
            raise TransportError("registry_unreachable")
        if revocation.amid not in self.documents:
            self.add(RECORD, record.amid, record)
            self.add(REVOCATION, revocation.amid, revocation)

    def head(self) -> Signed:
        """Return the head of this moment."""
        tree = TreeHead(
            size=len(self.entries),
            root=_root(self.entries),
            revocations=len(self.revocations),
            revocations_root=_root(self.revocations),
            timestamp=int(self.clock.now() * 1000),
        )
        return sign(tree, Purpose.TREE_HEAD, self.key)

    async def ask(self, target: str, kind: type[A]) -> A:
        """Answer as a registry does."""
        if self.is_down:
            raise TransportError("registry_unreachable")
        if self.is_absent:
            raise Refused("not_found")
        parts = urlsplit(target)
        if parts.path == self.silent_on:
            raise TransportError("registry_unavailable")
        answer = self._answer(parts.path, dict(parse_qsl(parts.query)))
        return msgspec.json.decode(msgspec.json.encode(answer), type=kind)

    def _answer(self, path: str, asked: dict[str, str]) -> Any:
        known, size = int(asked.get("log_size", 0)), len(self.entries)
        if path == "/v1/log/head":
            peaks = tuple(self._hash(node) for node in merkle.perfect((0, size)))
            return LogHead(head=self.head(), peaks=peaks, consistency=self._steps(known, size))
        if path == "/v1/log/consistency":
            old, new = int(asked["old"]), int(asked["new"])
            if new > size:
                raise Refused("log_entry_not_found")
            return ConsistencyAnswer(consistency=self._steps(old, new))
        if path == "/v1/registry/revocation":
            return self._revocation(asked["amid"], known)
        start, limit = int(asked["start"]), int(asked["limit"])
        listed = self.entries if path == "/v1/log/entries" else self.revocations
        return LogPage(start=start, entries=tuple(listed[start : start + limit]))

    def _revocation(self, amid: str, known: int) -> RevocationAnswer:
        if amid not in self.documents:
            return RevocationAnswer(revoked=False)
        (index, packed), size = self.documents[amid], len(self.entries)
        path = merkle.proof(merkle.inclusion_ranges(index, size), self._hash)
        proof = LogProof(
            head=self.head(),
            index=index,
            entry=self.entries[index],
            path=tuple(path),
            consistency=self._steps(known, size),
        )
        return RevocationAnswer(revoked=True, revocation=packed, log=proof)

    def _steps(self, old: int, new: int) -> tuple[bytes, ...]:
        ranges = merkle.consistency_ranges(old, new) if old <= new else []
        return tuple(merkle.proof(ranges, self._hash))

    def _hash(self, node: Node) -> bytes:
        level, position = node
        return _root(self.entries[position << level : (position + 1) << level])


def _root(entries: list[bytes]) -> bytes:
    grown = merkle.Frontier()
    for entry in entries:
        grown, _ = grown.grown(merkle.leaf_hash(entry))
    return grown.stand.root
