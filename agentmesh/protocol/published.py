"""Reading what an agent published: every signature is its own, and every document names it."""

from typing import TypeVar

import msgspec

from agentmesh.errors import CryptoError
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.records import (
    AgentRecord,
    ExchangeKey,
    KemPrekey,
    PrekeyUpload,
    SignedPrekey,
    SuiteList,
)
from agentmesh.protocol.signed import Purpose, Signed, read

K = TypeVar("K", ExchangeKey, SignedPrekey, KemPrekey, SuiteList)


class Prekeys(msgspec.Struct, frozen=True):
    """The signed documents of an upload, verified."""

    exchange_key: ExchangeKey
    signed_prekey: SignedPrekey
    kem_prekey: KemPrekey
    suites: SuiteList


def read_record(signed: Signed) -> tuple[AgentRecord, ExchangeKey]:
    """Return a record and its exchange key, if both are by the agent that they name."""
    record = read(signed, AgentRecord, Purpose.RECORD)
    if record.amid != signed.amid:
        raise CryptoError("amid_mismatch", "The AMID does not follow from the record's signer.")
    key = _read_own(record.exchange_key, ExchangeKey, Purpose.EXCHANGE_KEY, record.amid)
    return record, key


def read_prekeys(source: PrekeyUpload, amid: Amid) -> Prekeys:
    """Return the documents of an upload, if all are by this agent."""
    return Prekeys(
        _read_own(source.exchange_key, ExchangeKey, Purpose.EXCHANGE_KEY, amid),
        _read_own(source.signed_prekey, SignedPrekey, Purpose.SIGNED_PREKEY, amid),
        _read_own(source.kem_prekey, KemPrekey, Purpose.KEM_PREKEY, amid),
        _read_own(source.suites, SuiteList, Purpose.SUITES, amid),
    )


def _read_own(signed: Signed, kind: type[K], purpose: Purpose, amid: Amid) -> K:
    document = read(signed, kind, purpose)
    if signed.amid != amid or document.amid != amid:
        raise CryptoError("amid_mismatch", f"The {purpose} is not by {amid}.")
    return document
