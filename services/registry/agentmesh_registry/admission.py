"""Whether a record may be kept: signed by whom it names, current, and understandable."""

import msgspec

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.categories import take_apart
from agentmesh.protocol.limits import SIGNATURE_MAX_AHEAD
from agentmesh.protocol.published import read_record
from agentmesh.protocol.records import AgentRecord, ExchangeKey
from agentmesh.protocol.signed import Signed
from agentmesh.protocol.urls import taken_apart
from agentmesh_registry.storage.agents import Registration

_MAX_LIFE_MS = 10 * 366 * 86_400_000
_signed_in = msgspec.msgpack.Decoder(Signed)
_record_in = msgspec.msgpack.Decoder(AgentRecord)
_key_in = msgspec.msgpack.Decoder(ExchangeKey)
_RELAY_SCHEMES = {"ws", "wss", "http", "https"}


def admit(data: bytes, now: int) -> Registration:
    """Return what is to be kept of a record, or blame its sender. `now` is in milliseconds."""
    try:
        signed = msgspec.msgpack.decode(data, type=Signed)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise RemoteProtocolError(
            "document_malformed",
            "`record` is not a signed document.",
            "It is the base64 of the MessagePack of Signed(AgentRecord).",
        ) from None
    record, _ = read_record(signed)
    _check_times(record, now)
    _check_endpoints(record)
    words = (f"{one.category}/{one.subcategory}".rstrip("/") for one in record.capabilities)
    return Registration(
        amid=record.amid,
        signing_key=signed.signer,
        signed=msgspec.msgpack.encode(signed),
        sequence=record.sequence,
        expires_at=record.expires_at,
        words=frozenset(take_apart(path) for path in words),
    )


def admitted(data: bytes) -> tuple[AgentRecord, ExchangeKey]:
    """Return what a record says that is kept here: it verified when it was admitted."""
    record = _record_in.decode(_signed_in.decode(data).payload)
    return record, _key_in.decode(record.exchange_key.payload)


def _check_times(record: AgentRecord, now: int) -> None:
    if record.expires_at <= now:
        raise _invalid("it has expired", "Publish it again with a later `expires_at`.")
    if record.expires_at > now + _MAX_LIFE_MS:
        raise _invalid("it never expires", "`expires_at` is at most ten years ahead.")
    if record.published_at > now + SIGNATURE_MAX_AHEAD * 1000:
        raise _invalid("it was published in the future", "Set the machine's clock (NTP).")


def _check_endpoints(record: AgentRecord) -> None:
    if not _is_address(record.relay_endpoint):
        raise _invalid("its `relay_endpoint` is no address", "wss://relay.example")
    if record.direct_endpoint and not record.direct_endpoint.isprintable():
        raise _invalid("its `direct_endpoint` is no address", "Leave it empty.")


def _is_address(url: str) -> bool:
    parts = taken_apart(url)
    return parts is not None and parts.scheme in _RELAY_SCHEMES and parts.username is None


def _invalid(reason: str, hint: str) -> RemoteProtocolError:
    return RemoteProtocolError("invalid_record", f"The record is refused: {reason}.", hint)
