"""The prekeys that agents left here. A one-time prekey is handed out once, or never."""

import hashlib
from collections.abc import Mapping
from itertools import pairwise

import msgspec
import sqlalchemy as sa

from agentmesh.errors import Refused
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import ONE_TIME_PREKEYS
from agentmesh.protocol.published import Prekeys
from agentmesh.protocol.records import OneTimePrekey, PrekeyUpload
from agentmesh.protocol.signed import Signed
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.tables import agents, one_time_prekeys, prekeys
from agentmesh_registry.storage.writer import Work

_DOCUMENTS = ("exchange_key", "signed_prekey", "kem_prekey", "suites")
_NONE = -1  # below every id

# To put a statement together takes longer than to carry it out.
_PARTS = (
    sa.select(agents.c.signing_key, agents.c.revoked_at, *(prekeys.c[it] for it in _DOCUMENTS))
    .select_from(agents.outerjoin(prekeys, prekeys.c.amid == agents.c.amid))
    .where(agents.c.amid == sa.bindparam("asked"), agents.c.expires_at > sa.bindparam("now"))
)
_mine = one_time_prekeys.c.amid == sa.bindparam("asked")
_first = (
    sa.select(one_time_prekeys.c.id)
    .where(_mine)
    .order_by(one_time_prekeys.c.id)
    .limit(1)
    .scalar_subquery()
)
_ONE = (
    sa.delete(one_time_prekeys)
    .where(_mine, one_time_prekeys.c.id == _first)
    .returning(one_time_prekeys.c.id, one_time_prekeys.c.key)
)


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `prekeys`: the documents, and the numbers that only rise."""

    exchange_key: bytes
    signed_prekey: bytes
    kem_prekey: bytes
    suites: bytes
    exchange_key_id: int
    signed_prekey_id: int
    kem_prekey_id: int
    suites_sequence: int
    last_one_time_id: int
    last_batch: bytes


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """What lies here for one agent: how many one-time prekeys, and the last ids (-1: none yet)."""

    one_time: int = 0
    last_one_time_id: int = _NONE
    signed_prekey_id: int = _NONE
    kem_prekey_id: int = _NONE


class Taken(msgspec.Struct, frozen=True):
    """The parts of a bundle; an agent that left no prekeys, or was revoked, has no documents."""

    identity: bytes
    documents: Mapping[str, Signed]
    one_time: OneTimePrekey | None
    is_revoked: bool = False


class PrekeyStore:
    """The prekeys of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, upload: PrekeyUpload, read: Prekeys, now: int, first: Work[None]) -> Shelf:
        """Keep an upload: documents replace older ones, one-time prekeys join those that are here.

        Ids only rise. The same upload again, after a lost answer, changes nothing. `first` is done
        in the same transaction, and may refuse all of it.
        """
        new, amid = _kept(upload, read), read.suites.amid
        columns = [prekeys.c[name] for name in _Kept.__struct_fields__]
        look = sa.select(*columns).where(prekeys.c.amid == amid)

        def keep(connection: sa.Connection) -> Shelf:
            first(connection)
            row = connection.execute(look).one_or_none()
            old = None if row is None else _Kept(**row._asdict())
            if old is not None:
                _check_documents(old, new)
            _put(connection, amid, _merged(old, new, upload), now)
            if upload.one_time and (old is None or old.last_batch != new.last_batch):
                _add(connection, amid, upload)
            return _shelf(connection, amid)

        return await self._database.write(keep)

    async def take(
        self, amid: Amid, now: int, *, one_time: bool, first: Work[None]
    ) -> Taken | None:
        """Return the parts of a bundle of an agent whose record has not expired.

        A one-time prekey among them is gone from here for ever. `first` is done in the same
        transaction, and may refuse all of it.
        """

        def take(connection: sa.Connection) -> Taken | None:
            first(connection)
            asked = {"asked": amid, "now": now}
            row = connection.execute(_PARTS, asked).mappings().one_or_none()
            if row is None:
                return None
            is_revoked = row["revoked_at"] is not None
            if row["suites"] is None or is_revoked:
                return Taken(row["signing_key"], {}, None, is_revoked)
            taken = _take_one(connection, amid) if one_time else None
            decode = msgspec.msgpack.decode
            documents = {name: decode(row[name], type=Signed) for name in _DOCUMENTS}
            return Taken(row["signing_key"], documents, taken)

        return await self._database.write(take, is_small=True)

    async def shelf(self, amid: Amid) -> Shelf:
        """Return what lies here for an agent."""
        return await self._database.read(lambda connection: _shelf(connection, amid))


def _kept(upload: PrekeyUpload, read: Prekeys) -> _Kept:
    encode = msgspec.msgpack.encode
    return _Kept(
        exchange_key=encode(upload.exchange_key),
        signed_prekey=encode(upload.signed_prekey),
        kem_prekey=encode(upload.kem_prekey),
        suites=encode(upload.suites),
        exchange_key_id=read.exchange_key.id,
        signed_prekey_id=read.signed_prekey.id,
        kem_prekey_id=read.kem_prekey.id,
        suites_sequence=read.suites.sequence,
        last_one_time_id=max(_ids(upload), default=_NONE),
        last_batch=hashlib.sha256(encode(upload.one_time)).digest(),
    )


def _check_documents(old: _Kept, new: _Kept) -> None:
    pairs = {
        "exchange_key.id": (old.exchange_key_id, new.exchange_key_id),
        "signed_prekey.id": (old.signed_prekey_id, new.signed_prekey_id),
        "kem_prekey.id": (old.kem_prekey_id, new.kem_prekey_id),
        "suites.sequence": (old.suites_sequence, new.suites_sequence),
    }
    for name, (was, comes) in pairs.items():
        document = name.partition(".")[0]
        changed = getattr(old, document) != getattr(new, document)
        if comes < was or (comes == was and changed):
            raise Refused(
                "prekey_id_reused",
                f"{name} only rises; it is {was} here, and another document came with {comes}.",
                "Give a new key a new id.",
            )


def _merged(old: _Kept | None, new: _Kept, upload: PrekeyUpload) -> _Kept:
    """Return what is to be kept, or refuse ids of one-time prekeys that do not rise."""
    if old is not None and (not upload.one_time or old.last_batch == new.last_batch):
        return msgspec.structs.replace(
            new, last_one_time_id=old.last_one_time_id, last_batch=old.last_batch
        )
    last = _NONE if old is None else old.last_one_time_id
    if any(later <= earlier for earlier, later in pairwise([last, *_ids(upload)])):
        raise Refused(
            "prekey_id_reused",
            f"The ids of one-time prekeys only rise; the last one here is {last}.",
            "Number new prekeys from there on; GET /v1/registry/prekeys/{amid}/count tells.",
        )
    return new


def _ids(upload: PrekeyUpload) -> list[int]:
    return [one.id for one in upload.one_time]


def _put(connection: sa.Connection, amid: Amid, kept: _Kept, now: int) -> None:
    fields = msgspec.structs.asdict(kept) | {"updated_at": now}
    change = sa.update(prekeys).where(prekeys.c.amid == amid).values(**fields)
    if connection.execute(change).rowcount == 0:
        connection.execute(sa.insert(prekeys).values(amid=amid, **fields))


def _add(connection: sa.Connection, amid: Amid, upload: PrekeyUpload) -> None:
    rows = [{"amid": amid, "id": one.id, "key": one.key} for one in upload.one_time]
    connection.execute(sa.insert(one_time_prekeys), rows)
    mine = one_time_prekeys.c.amid == amid
    # At the bound the oldest make room: their owner may have lost them with a broken disk.
    keep = sa.select(one_time_prekeys.c.id).where(mine).order_by(one_time_prekeys.c.id.desc())
    kept = keep.limit(ONE_TIME_PREKEYS)
    connection.execute(sa.delete(one_time_prekeys).where(mine, one_time_prekeys.c.id.not_in(kept)))


def _take_one(connection: sa.Connection, amid: Amid) -> OneTimePrekey | None:
    row = connection.execute(_ONE, {"asked": amid}).one_or_none()
    return None if row is None else OneTimePrekey(row.id, row.key)


def _shelf(connection: sa.Connection, amid: Amid) -> Shelf:
    mine = sa.select(sa.func.count()).where(one_time_prekeys.c.amid == amid)
    left = connection.execute(mine).scalar_one()
    columns = (prekeys.c.last_one_time_id, prekeys.c.signed_prekey_id, prekeys.c.kem_prekey_id)
    look = sa.select(*columns).where(prekeys.c.amid == amid)
    row = connection.execute(look).one_or_none()
    return Shelf() if row is None else Shelf(one_time=left, **row._asdict())
