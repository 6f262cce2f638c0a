"""The log of one registry, as we follow it: what was shown once is never shown otherwise.

A registry that has shown a log has to show it for ever. One that never did is an older one: it is
believed as before, and what it says counts as not proved.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import msgspec

from agentmesh.discovery.book import Book, Cabinet
from agentmesh.discovery.interface import Proved
from agentmesh.discovery.log_pages import Ask, News, consistency, read_news, read_revocations
from agentmesh.discovery.revocations import (
    Authority,
    RevocationAnswer,
    no_authority,
    revocation_in,
)
from agentmesh.errors import Refused
from agentmesh.identity.registry_log import (
    EVIDENT,
    KnownHead,
    LogFault,
    check_fresh,
    check_successor,
    known_head,
    proved_entry,
)
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.merkle import frontier_of
from agentmesh.protocol.revocation import Revoked
from agentmesh.protocol.signed import Signed
from agentmesh.protocol.transparency import (
    RECORD,
    REVOCATION,
    Hashes,
    LogEntry,
    LogHead,
    LogProof,
    document_hash,
    subject_of,
)
from agentmesh.protocol.world import Clock


class RegistryLog:
    """Checks what a registry says against its log, and follows the log."""

    def __init__(self, ask: Ask, clock: Clock, cabinet: Cabinet) -> None:
        self._ask = ask
        self._clock = clock
        self._cabinet = cabinet
        self._book: Book | None = None
        self._is_met = False
        self._meeting = asyncio.Lock()
        self._reading = asyncio.Lock()
        self.blame: Callable[[str], None] = lambda _: None
        self.authority: Authority = no_authority

    def blame_to(self, listener: Callable[[str], None]) -> None:
        """Say who is told what the log is caught at. Called once, before the start."""
        self.blame = listener

    def ask_authority_of(self, authority: Authority) -> None:
        """Say who knows whose organisations may take agents back. Called once, before the start."""
        self.authority = authority

    @property
    def book(self) -> Book | None:
        """What is known of the log; None if there was none yet."""
        return self._book

    async def ready(self) -> KnownHead | None:
        """Return the newest head we know, which an answer has to go on from.

        None: this registry has never shown a log. A log that was caught is a `LogFault`.
        """
        async with self._meeting:
            if not self._is_met:
                self._book = self._book or await self._cabinet.load()
                if self._book is None:
                    await self._meet()
                self._is_met = True
        if self._book is None:
            return None
        if self._book.fault:
            raise LogFault(self._book.fault, "was caught, and its registry is not believed")
        return self._book.head

    async def record(
        self, amid: Amid, signed: bytes, proof: LogProof | None, asked: KnownHead | None
    ) -> Proved | None:
        """Return what proves a record; None where no log is known."""
        book = self._book
        if asked is None or book is None:
            return None
        head, entry, index = await self._proved(proof, asked)
        subject = subject_of(amid)
        if (entry.kind, entry.subject, entry.document) != (RECORD, subject, document_hash(signed)):
            raise LogFault("log_entry_differs", "has another record than the registry shows")
        await self._read_revocations(head)
        if subject in book.revoked:
            raise LogFault("revocation_dropped", "has a revocation that the registry keeps quiet")
        if book.newest_of(subject) > index:
            raise LogFault("record_rolled_back", "has a newer record than the registry shows")
        book.note(subject, index)
        at = head.tree.timestamp / 1000
        return Proved(key=head.key, index=index, size=head.tree.size, at=at)

    def is_revoked(self, amid: Amid) -> bool:
        """Whether the log says that this identity was taken back, as far as we have read it."""
        return self._book is not None and subject_of(amid) in self._book.revoked

    def vouches(self, amid: Amid) -> bool:
        """Whether the log, as it was a short while ago at most, had not taken an identity back."""
        return self._book is not None and self._book.vouches(amid, self._clock.now())

    async def revocation(self, amid: Amid) -> Revoked:
        """Return the revocation of an identity, proved; or blame the registry."""
        asked = await self.ready()
        query = {"amid": amid, **known(asked)}
        answer = await self._ask("/v1/registry/revocation?" + urlencode(query), RevocationAnswer)
        return await self._revocation(amid, answer, asked)

    async def revoked(
        self, amid: Amid, signed: Signed, answer: RevocationAnswer, asked: KnownHead | None
    ) -> None:
        """Return if this answer proves that our revocation is in the log, else blame."""
        if answer.revocation != msgspec.msgpack.encode(signed):
            raise LogFault("revocation_unproved", "has another revocation than ours")
        await self._revocation(amid, answer, asked)

    async def _revocation(
        self, amid: Amid, answer: RevocationAnswer, asked: KnownHead | None
    ) -> Revoked:
        if answer.revocation is None:
            raise LogFault("revocation_unproved", "names a revocation that nobody signed")
        if asked is not None:
            _, entry, _ = await self._proved(answer.log, asked)
            told = (REVOCATION, subject_of(amid), document_hash(answer.revocation))
            if (entry.kind, entry.subject, entry.document) != told:
                raise LogFault("log_entry_differs", "has another revocation than is shown")
        key = asked.key if asked else None
        return await revocation_in(answer.revocation, amid, key, self.authority)

    async def follow(self) -> News:
        """Read what is new in the log, and check that it only grew. It is new until `done`."""
        if self._book is None:
            self._is_met = False  # an older registry may have got a log since
        asked = await self.ready()
        book = self._book
        if asked is None or book is None:
            return News()
        head = await self._newest(asked)
        await self._read_revocations(head)
        news = await self._read_entries(book, head)
        await self._cabinet.save(book)
        return news

    async def done(self, news: News) -> None:
        """Keep in mind that this was acted upon. After a crash before this it is new once more."""
        book = self._book
        if book is not None and book.followed is news.since:
            book.followed = news.grown
            await self._cabinet.save(book)

    async def proves(self, theirs: Signed) -> None:
        """Check that a head which a peer was shown is of the log that we are shown.

        One of another log is nothing. Raises `LogFault` for a log that has two histories.
        """
        asked = await self.ready()
        head = known_head(theirs)
        if asked is None or head.key != asked.key:
            return
        if head.tree.size > asked.tree.size:
            asked = await self._newest(asked)
        await self._same_log(head, asked)

    async def accept_anew(self) -> None:
        """Forget the log: what it shows next is taken as if it were the first time."""
        self._book = None
        self._is_met = False
        await self._cabinet.clear()

    # --- heads ---------------------------------------------------------------------------------

    async def _meet(self) -> None:
        """Take the log as it is, if there is one."""
        try:
            answer = await self._ask("/v1/log/head", LogHead)
        except Refused as error:
            if error.code == "not_found":
                return  # an older registry
            raise
        head = known_head(answer.head)
        check_fresh(head, self._clock.now())
        followed = frontier_of(head.tree.size, answer.peaks)
        if followed is None or followed.stand != head.tree.entries_stand:
            raise LogFault("log_proof_invalid", "does not add up")
        self._book = Book(head=head, followed=followed)
        await self._cabinet.save(self._book)

    async def _newest(self, asked: KnownHead) -> KnownHead:
        """Return the head of this moment, which goes on from the one we know."""
        try:
            answer = await self._ask(f"/v1/log/head?log_size={asked.tree.size}", LogHead)
        except Refused as error:
            if error.code == "not_found":
                raise await self._caught(_missing(asked)) from None
            raise
        return await self._taken(answer.head, answer.consistency, asked)

    async def _proved(
        self, proof: LogProof | None, asked: KnownHead
    ) -> tuple[KnownHead, LogEntry, int]:
        if proof is None:
            raise await self._caught(_missing(asked))
        head = await self._taken(proof.head, proof.consistency, asked)
        return head, proved_entry(proof, head), proof.index

    async def _taken(self, signed: Signed, path: Hashes, asked: KnownHead) -> KnownHead:
        """Return a head that goes on from the one we knew when we asked."""
        head = known_head(signed)
        check_fresh(head, self._clock.now())
        async with self._catching():
            check_successor(asked, head, path)
        book = self._book
        if book is not None:
            if book.head is not asked:  # another answer came meanwhile
                await self._same_log(head, book.head)
            book.head = max(book.head, head, key=lambda it: (it.tree.size, it.tree.timestamp))
        return head

    async def _same_log(self, one: KnownHead, other: KnownHead) -> None:
        """Raise unless the smaller of two heads is the beginning of the larger one."""
        old, new = sorted((one, other), key=lambda it: it.tree.size)
        path: Hashes = ()
        async with self._catching():
            if 0 < old.tree.size < new.tree.size:
                try:
                    path = await consistency(self._ask, old.tree.size, new.tree.size)
                except Refused:
                    heads = (one.signed, other.signed)
                    raise LogFault("log_forked", "is longer for others", heads) from None
            check_successor(old, new, path)

    @asynccontextmanager
    async def _catching(self) -> AsyncIterator[None]:
        """Keep in mind what the log is caught at inside."""
        try:
            yield
        except LogFault as fault:
            raise await self._caught(fault) from None

    async def _caught(self, fault: LogFault) -> LogFault:
        """Believe nothing of this registry any more, if the fault is of that kind."""
        if fault.code in EVIDENT and self._book is not None and not self._book.fault:
            self._book.fault, self._book.heads = fault.code, fault.heads
            self._book.fault_at = self._clock.now()
            await self._cabinet.save(self._book)
            self.blame(fault.code)
        return fault

    # --- entries -------------------------------------------------------------------------------

    async def _read_entries(self, book: Book, head: KnownHead) -> News:
        async with self._reading, self._catching():
            news = await read_news(self._ask, book.followed, head)
        for index, entry in enumerate(news.entries, news.start):
            if entry.kind == RECORD and entry.subject in book.seen:
                book.note(entry.subject, index)
        return news

    async def _read_revocations(self, head: KnownHead) -> None:
        """Read all revocations that this head knows of: a lookup needs every one."""
        book = self._book
        if book is None:
            return
        async with self._reading, self._catching():
            if head.tree.revocations >= book.revocations.size:  # else another answer was newer
                grown, subjects = await read_revocations(self._ask, book.revocations, head)
                book.revocations = grown
                book.revoked |= subjects


def known(head: KnownHead | None) -> dict[str, int]:
    """Return what tells a registry how much of its log we know; an older one takes no such word."""
    return {} if head is None else {"log_size": head.tree.size}


def _missing(asked: KnownHead) -> LogFault:
    return LogFault("log_missing", "is not shown any more", (asked.signed,))
