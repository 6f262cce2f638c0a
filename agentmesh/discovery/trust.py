"""Whom the registry's authority vouches for, as far as we check it ourselves.

The first authority that a registry shows is pinned, as its log is: another one counts for nothing.
Where the owner has said which authorities count, the first one has to be among them, too.
Lists of revoked ones are fetched, kept for an hour at most, and never replaced by older ones. What
cannot be checked now does not hold now.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Protocol
from urllib.parse import urlencode

import msgspec

from agentmesh.discovery.log_pages import Ask
from agentmesh.errors import Refused, RemoteProtocolError, TransportError
from agentmesh.policy.facts import Certificate as Fact
from agentmesh.protocol.certificates import revocation_list
from agentmesh.protocol.certificates.chain import (
    Vouched,
    check,
    issuer_in,
    read_authority,
    read_chain,
)
from agentmesh.protocol.certificates.contents import Contents
from agentmesh.protocol.certificates.form import Certificate, invalid
from agentmesh.protocol.certificates.names import key_id
from agentmesh.protocol.certificates.revocation_list import RevocationList
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import (
    MAX_CERTIFICATE,
    MAX_REVOCATION_LIST,
    REVOCATION_CACHE_SECONDS,
)
from agentmesh.protocol.tiers import ANONYMOUS
from agentmesh.protocol.world import Clock

MAX_LISTS = 200
"""Of so many issuers the list is kept; whose was asked for longest ago is forgotten first."""
ANY: frozenset[str] = frozenset()
"""The owner has not said which authorities count: the one that is shown first does."""
NO_AUTHORITY = frozenset({"no_authority", "not_found"})
_FACTS: dict[str, Fact] = {
    "invalid_certificate": "invalid",
    "certificate_expired": "expired",
    "certificate_revoked": "revoked",
    "authority_untrusted": "invalid",
}

Data = Annotated[bytes, msgspec.Meta(max_length=MAX_CERTIFICATE)]
ListData = Annotated[bytes, msgspec.Meta(max_length=MAX_REVOCATION_LIST)]


class AuthorityAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An authority, and its list."""

    certificate: Data
    revoked: ListData


class OrganizationAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Who speaks for a domain."""

    domain: str
    name: str
    amid: str
    certificate: Data
    revoked: ListData | None = None


class KeptList(msgspec.Struct, frozen=True):
    """An issuer's list: as it was signed, its number, and when it was asked for."""

    signed: bytes
    number: int
    asked_at: float


class TrustBook(msgspec.Struct, kw_only=True):
    """What is remembered: the authority, and lists by the id of their issuer's key."""

    authority: bytes = b""
    lists: dict[bytes, KeptList] = msgspec.field(default_factory=dict)


class TrustCabinet(Protocol):
    """Where the book is kept."""

    async def load(self) -> TrustBook:
        """Return the book; an empty one if there is none yet."""

    async def save(self, book: TrustBook) -> None:
        """Keep the book."""


class Vouching(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a chain, and what it says if it holds.

    `chain` is without its session's certificate; `session_until`: until when that one holds.
    """

    fact: Fact
    tier: float = ANONYMOUS
    organization: str = ""
    expires_at: int = 0
    session_until: int = 0
    chain: tuple[bytes, ...] = ()


class Trust:
    """Judges chains by one registry's authority."""

    def __init__(
        self, ask: Ask, clock: Clock, cabinet: TrustCabinet, trusted: frozenset[str] = ANY
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._cabinet = cabinet
        self._book: TrustBook | None = None
        self._lists: dict[bytes, RevocationList] = {}
        self._is_stale = False
        self._asking = asyncio.Lock()
        self.trusted = trusted
        self.refused = ""

    async def judge(self, chain: Sequence[bytes], amid: Amid) -> Vouching | None:
        """Return what became of an agent's chain; None where no authority is known."""
        try:
            authority = await self.authority()
            if authority is None:
                return None
            said = await self.read(chain, amid)
            return Vouching(
                fact="valid",
                tier=said.tier,
                organization=said.organization,
                expires_at=said.not_after,
                chain=tuple(chain),
            )
        except (RemoteProtocolError, Refused, TransportError) as error:
            return Vouching(fact=_FACTS.get(error.code, "unchecked"))

    async def read(self, chain: Sequence[bytes], amid: Amid) -> Vouched:
        """Return what a chain says of this agent, if it holds now; else say why not."""
        authority = await self.authority()
        if authority is None:
            raise Refused("no_authority", "This registry has no authority.")
        said = read_chain(chain, authority)
        if said.amid != amid:
            raise invalid()
        # Those that have expired are on no list.
        check_lists = {key_id(authority.contents.key): await self._list(authority.contents)}
        if said.issuer.kind == "organization":
            check_lists[key_id(said.issuer.key)] = await self._list(said.issuer)
        check(said, authority, check_lists, self._clock.now())
        return said

    async def authority(self) -> Certificate | None:
        """Return the authority of this registry; None if it has none and never had.

        One that the owner does not trust is `authority_untrusted`; `refused` names it from then on.
        """
        async with self._asking:
            book = await self._opened()
            if not book.authority:
                try:
                    answer = await self._ask("/v1/registry/authority", AuthorityAnswer)
                except Refused as error:
                    if error.code not in NO_AUTHORITY:
                        raise
                    if self.trusted:  # else it could take its authority away, and be believed
                        raise self._untrusted("none") from None
                    return None
                shown = read_authority(answer.certificate)
                if not self._is_trusted(shown):
                    raise self._untrusted(key_id(shown.contents.key).hex())
                book.authority = answer.certificate
                await self._cabinet.save(book)
            self.refused = ""
            return read_authority(book.authority)

    def forget_lists(self) -> None:
        """Ask for every list afresh: somebody was revoked."""
        self._is_stale = True

    async def accept_anew(self) -> None:
        """Forget the authority: the next one that the registry shows is pinned."""
        async with self._asking:
            self._book = TrustBook()
            self._lists.clear()
            await self._cabinet.save(self._book)

    async def _list(self, issuer: Contents) -> RevocationList:
        """Return an issuer's list, an hour old at most."""
        async with self._asking:
            book = await self._opened()
            if self._is_stale:
                self._is_stale = False
                self._lists.clear()
                book.lists = {
                    name: msgspec.structs.replace(kept, asked_at=0.0)
                    for name, kept in book.lists.items()
                }
                await self._cabinet.save(book)
            name, now = key_id(issuer.key), self._clock.now()
            kept = book.lists.get(name)
            if kept is not None and 0 <= now - kept.asked_at < REVOCATION_CACHE_SECONDS:
                return self._read(name, kept, issuer)
            return await self._fetch(book, name, issuer)

    def _read(self, name: bytes, kept: KeptList, issuer: Contents) -> RevocationList:
        said = self._lists.get(name)
        if said is None:
            said = revocation_list.read(kept.signed, issuer_in(issuer), self._clock.now())
            self._lists[name] = said
        return said

    async def _fetch(self, book: TrustBook, name: bytes, issuer: Contents) -> RevocationList:
        now, signed = self._clock.now(), await self._signed(issuer)
        said = revocation_list.read(signed, issuer_in(issuer), now)
        kept = book.lists.pop(name, None)
        if kept is not None and said.number < kept.number:
            book.lists[name] = kept
            raise RemoteProtocolError(
                "revocation_list_rolled_back", "The registry shows an older list than before."
            )
        book.lists[name] = KeptList(signed, said.number, now)
        while len(book.lists) > MAX_LISTS:
            del book.lists[next(iter(book.lists))]
        self._lists = {it: one for it, one in self._lists.items() if it in book.lists}
        self._lists[name] = said
        await self._cabinet.save(book)
        return said

    async def _signed(self, issuer: Contents) -> bytes:
        if issuer.kind == "authority":
            answer = await self._ask("/v1/registry/authority", AuthorityAnswer)
            return answer.revoked
        target = "/v1/registry/org/lookup?" + urlencode({"domain": issuer.name})
        found = await self._ask(target, OrganizationAnswer)
        if found.revoked is None:
            raise RemoteProtocolError("revocation_list_stale", "There is no list yet.")
        return found.revoked

    async def _opened(self) -> TrustBook:
        if self._book is None:
            self._book = await self._cabinet.load()
            kept = self._book.authority
            if kept and not self._is_trusted(read_authority(kept)):
                self._book = TrustBook()  # the owner has said since that it does not count
        return self._book

    def _is_trusted(self, authority: Certificate) -> bool:
        return not self.trusted or key_id(authority.contents.key).hex() in self.trusted

    def _untrusted(self, shown: str) -> RemoteProtocolError:
        self.refused = shown
        return RemoteProtocolError(
            "authority_untrusted",
            f"The registry's authority ({shown}) is none that this agent's owner trusts.",
            "See agentmesh doctor; whom to trust is said by AGENTMESH_TRUSTED_CAS.",
        )
