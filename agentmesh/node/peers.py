"""Who our peers are: contacts, names, the keys we saw, and which relay they are at."""

import hashlib
import unicodedata
from contextlib import suppress

import msgspec

from agentmesh.crypto.suites import Known
from agentmesh.discovery.interface import Directory, Found
from agentmesh.errors import CryptoError, Refused, StorageError, TransportError, UsageError
from agentmesh.node.suite_pins import SuitePins
from agentmesh.protocol.ids import Amid, parse_amid
from agentmesh.protocol.records import SuiteList
from agentmesh.protocol.world import Clock
from agentmesh.storage.interface import Change, ContactRow, DropContact, Put, SetValue, Store

MAX_ROWS = 1000
RELAY_SECONDS = 60.0
"""How long a peer's relay is not asked for again: while the directory is away, too."""
CONTACT = 1
"""The lowest trust level of a contact; below it a row only remembers keys."""


class Peers:
    """The owner's address book, and what it remembers of strangers."""

    def __init__(self, store: Store, directory: Directory, clock: Clock) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock
        self._relays: dict[Amid, tuple[str, float]] = {}
        self._news: dict[Amid, list[Change]] = {}
        self._rows: dict[Amid, ContactRow | None] = {}  # only this class changes contacts
        self.pins = SuitePins(store, clock)

    async def find(self, text: str) -> Amid:
        """Return the AMID of a peer given as alias, name, AMID or DID."""
        with suppress(UsageError):
            return parse_amid(text)
        contacts = [row for row in await self._called(text) if row.trust >= CONTACT]
        for name_of in (_alias, _name):
            fitting = [row.amid for row in contacts if name_of(row) == _folded(text)]
            if len(fitting) > 1:
                raise UsageError(
                    "ambiguous_peer",
                    f"{len(fitting)} contacts are called {text[:60]!r}.",
                    "Use the AMID, or give one an alias: agentmesh contacts alias AMID NAME",
                )
            if fitting:
                return fitting[0]
        raise UsageError(
            "unknown_peer",
            f"{text[:60]!r} is neither a contact nor an AMID.",
            "`agentmesh contacts` lists contacts, `agentmesh search` finds agents.",
        )

    async def row(self, amid: Amid) -> ContactRow | None:
        """Return what is kept of a peer."""
        if amid not in self._rows:
            if len(self._rows) >= MAX_ROWS:
                self._rows.clear()
            self._rows[amid] = await self._store.contact(amid)
        return self._rows[amid]

    async def contact(self, amid: Amid) -> ContactRow:
        """Return a contact, or say that this is none."""
        row = await self.row(amid)
        if row is None or row.trust < CONTACT:
            raise UsageError(
                "not_a_contact",
                f"{amid} is not among the contacts.",
                f"What is known of it: agentmesh policy explain {amid}. To make it a contact: "
                f"agentmesh contacts add {amid}",
            )
        return row

    async def contacts(self) -> list[ContactRow]:
        """Return the contacts."""
        return [row for row in await self._store.contacts() if row.trust >= CONTACT]

    async def trust(
        self, amid: Amid, level: int, *, signing_key: bytes = b"", name: str = ""
    ) -> ContactRow:
        """Set how far a peer is trusted; `name` is its own, for as long as nobody knows better."""
        row = await self._kept(amid, signing_key)
        return await self._keep(msgspec.structs.replace(row, trust=level, name=row.name or name))

    async def describe(
        self, amid: Amid, *, alias: str | None = None, description: str | None = None
    ) -> ContactRow:
        """Give a peer words of our own."""
        row = await self._kept(amid, b"")
        if alias := alias and alias.strip():
            await self._check_alias(amid, alias)
        changes = {"alias": alias, "description": description and description.strip()}
        given = {name: value for name, value in changes.items() if value is not None}
        return await self._keep(msgspec.structs.replace(row, **given))

    async def signing_key(self, amid: Amid) -> bytes:
        """Return a peer's signing key: as we know it, or as the directory says."""
        row = await self.row(amid)
        if row is not None and row.signing_key:
            return row.signing_key
        return (await self._directory.lookup(amid)).signing_key

    async def verify(self, amid: Amid, signing_key: bytes) -> ContactRow:
        """Keep that the owner compared the safety number of a contact's key."""
        row = await self.contact(amid)
        now = self._clock.now()
        return await self._keep(
            msgspec.structs.replace(row, signing_key=signing_key, verified_at=now)
        )

    async def forget_suites(self, amid: Amid) -> None:
        """Take the next list of suites that a peer signed, even if it is an older one."""
        row = await self.row(amid)
        if row is not None:
            await self._keep(msgspec.structs.replace(row, suites=(), suites_sequence=0))

    async def let_do(self, amid: Amid, autonomy: str) -> ContactRow:
        """Set what our agent may do by itself with a contact; empty: what the policy says."""
        row = await self.contact(amid)
        return await self._keep(msgspec.structs.replace(row, autonomy=autonomy))

    async def forget(self, amid: Amid) -> None:
        """Forget a contact."""
        if await self.row(amid) is None:
            raise UsageError("unknown_contact", "There is no such contact.")
        await self._store.commit([DropContact(amid)])
        self._rows.pop(amid, None)
        await self.pins.forbid(amid)

    async def replace(self, old: Amid, found: Found, more: list[Change]) -> ContactRow:
        """Put another agent in a contact's place: under the names it had, as a contact, no more.

        `more` is kept together with it.
        """
        was, row = await self.contact(old), await self._kept(found.amid, found.signing_key)
        fresh = msgspec.structs.replace(
            row,
            alias=row.alias or was.alias,
            name=was.name or found.record.display_name,
            description=row.description or was.description,
            trust=max(row.trust, CONTACT),
        )
        await self.save(found.amid, [DropContact(old), *self._changed(fresh), *more])
        self._rows.pop(old, None)
        await self.pins.forbid(old)
        return fresh

    async def learnt(self, found: Found, suites: SuiteList, suite: str) -> list[Change]:
        """Return what to keep of a lookup and of the suite chosen: what is older is noticed later.

        The caller saves it, here or before anything leaves; if that fails, it calls `doubt`.
        """
        changes = await self._news_of(found)
        row = await self._kept(found.amid, found.signing_key)
        if row.signing_key not in (b"", found.signing_key):
            raise CryptoError("key_changed", "That is not the key we know for this AMID.")
        # A contact keeps the name that its owner knows: by that it is written to.
        keeps_name = row.trust >= CONTACT and row.name
        fresh = msgspec.structs.replace(
            row,
            signing_key=found.signing_key,
            name=row.name if keeps_name else found.record.display_name,
            suites=suites.suites,
            suites_sequence=suites.sequence,
        )
        return changes + self._changed(fresh) + await self.pins.chosen(found.amid, suite)

    def doubt(self, amid: Amid) -> None:
        """Read again what is kept of a peer: a change of it was perhaps not saved."""
        self._rows.pop(amid, None)
        self.pins.doubt(amid)

    async def known_suites(self, amid: Amid) -> Known:
        """Return what we remember of a peer's suites, and what the owner allowed."""
        row, pin = await self.row(amid), await self.pins.of(amid)
        return Known(
            suites=row.suites if row else (),
            sequence=row.suites_sequence if row else 0,
            pinned=pin.strongest,
            allowed=frozenset(pin.allowed),
        )

    async def was_let_in(self, amid: Amid, suites: SuiteList, suite: str) -> None:
        """Keep what a KNOCK showed of a peer, if we keep anything of it."""
        row = await self.row(amid)
        if row is None:
            return
        changes: list[Change] = []
        if suites.sequence > row.suites_sequence:
            told = {"suites": suites.suites, "suites_sequence": suites.sequence}
            changes = self._changed(msgspec.structs.replace(row, **told))
        await self.save(amid, changes + await self.pins.chosen(amid, suite))

    async def relay_of(self, amid: Amid) -> str:
        """Return the relay that a peer is at: as the directory says, or as it last said."""
        relay, until = self._relays.get(amid, ("", 0.0))
        if self._clock.monotonic() < until:
            return relay
        try:
            found = await self._directory.lookup(amid)
        except (TransportError, Refused):
            kept = await self._store.value(_relay_name(amid))
            if kept is None:
                raise
            return self._is_at(amid, kept.decode())
        if news := await self._news_of(found):
            self._news[amid] = news
        return found.record.relay_endpoint

    async def keep_news(self, amid: Amid) -> None:
        """Save what `relay_of` learnt, for when the directory is away; what is lost is asked again.

        Frames need not wait for it.
        """
        if news := self._news.pop(amid, None):
            with suppress(StorageError):
                await self._store.commit(news)

    async def _news_of(self, found: Found) -> list[Change]:
        """Return what is to be saved of a lookup: where the peer is, and its exchange key."""
        relay = self._is_at(found.amid, found.record.relay_endpoint)
        now = {
            exchange_name(found.amid): hashlib.sha256(found.record.exchange_key.payload).digest(),
            _relay_name(found.amid): relay.encode(),
        }
        return [
            SetValue(name, value)
            for name, value in now.items()
            if await self._store.value(name) != value
        ]

    def _is_at(self, amid: Amid, relay: str) -> str:
        if len(self._relays) >= MAX_ROWS:
            self._relays.clear()
            self._news.clear()
        self._relays[amid] = (relay, self._clock.monotonic() + RELAY_SECONDS)
        return relay

    async def _kept(self, amid: Amid, signing_key: bytes) -> ContactRow:
        row = await self.row(amid)
        return row or ContactRow(amid=amid, signing_key=signing_key, added_at=self._clock.now())

    async def _keep(self, row: ContactRow) -> ContactRow:
        await self.save(row.amid, self._changed(row))
        return row

    def _changed(self, row: ContactRow) -> list[Change]:
        # At hand before it is on the disk: who changes it meanwhile changes this one.
        if self._rows.get(row.amid) == row:
            return []
        self._rows[row.amid] = row
        return [Put(row)]

    async def save(self, amid: Amid, changes: list[Change]) -> None:
        """Keep what was learnt of a peer."""
        if not changes:
            return
        try:
            await self._store.commit(changes)
        except StorageError:
            self.doubt(amid)
            raise

    async def _called(self, text: str) -> list[ContactRow]:
        """Return who has this alias or name, in any case."""
        if not (wanted := _folded(text)):
            return []
        names = await self._store.contact_names()
        amids = [it.amid for it in names if wanted in (_folded(it.alias), _folded(it.name))]
        return [row for amid in amids if (row := await self.row(amid)) is not None]

    async def _check_alias(self, amid: Amid, alias: str) -> None:
        for row in await self._called(alias):
            if row.amid != amid and _alias(row) == _folded(alias):
                raise UsageError("alias_taken", f"Another contact has the alias {alias!r}.")


def exchange_name(amid: Amid) -> str:
    """Return under which name the hash of a peer's exchange key is kept."""
    return f"exchange/{amid}"


def _relay_name(amid: Amid) -> str:
    return f"relay/{amid}"


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _alias(row: ContactRow) -> str:
    return _folded(row.alias)


def _name(row: ContactRow) -> str:
    return _folded(row.name)
