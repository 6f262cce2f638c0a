"""What a registry answers, as far as we read it. It is a stranger: nothing is believed unproved."""

import re
from typing import Annotated, Literal, TypeVar, get_args

import msgspec

from agentmesh.crypto.bundle import VerifiedBundle, verify_bundle
from agentmesh.crypto.kem import KEM_KEY_INVALID
from agentmesh.discovery.interface import Found, RateLimited
from agentmesh.discovery.stamping import StampNeeded
from agentmesh.errors import (
    AgentMeshError,
    CryptoError,
    Refused,
    RemoteProtocolError,
    TransportError,
)
from agentmesh.protocol.bounded import Status, Word
from agentmesh.protocol.certificates.chain import MAX_CHAIN
from agentmesh.protocol.feedback import Flag
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import MAX_CERTIFICATE, MAX_RETRY_SECONDS
from agentmesh.protocol.published import read_record
from agentmesh.protocol.published_schema import PublishedSchema, read_schema
from agentmesh.protocol.records import PrekeyBundle
from agentmesh.protocol.signed import Signed
from agentmesh.protocol.times import from_text
from agentmesh.protocol.transparency import LogProof

A = TypeVar("A", bound=msgspec.Struct)

_FLAGS: tuple[Flag, ...] = get_args(Flag)

_CODE = re.compile(r"[a-z][a-z_]{0,63}")
_MAX_WORDS = 300


class ProvidersAnswer(msgspec.Struct, frozen=True):
    """Where owners can prove who they are."""

    providers: Annotated[tuple[Word, ...], msgspec.Meta(max_length=20)]


class SchemaAnswer(msgspec.Struct, frozen=True):
    """A published schema."""

    document: bytes


class RateAnswer(msgspec.Struct, frozen=True):
    """What became of a rating."""

    outcome: Literal["kept", "already_known"]


class AgentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An agent, by lookup or search."""

    record: bytes
    tier: float
    reputation_score: float
    ratings_count: int
    reputation_status: str
    status: Status
    last_seen: str | None = None
    organization: str | None = None
    flags: Annotated[tuple[Word, ...], msgspec.Meta(max_length=20)] = ()
    certificates: Annotated[
        tuple[Annotated[bytes, msgspec.Meta(max_length=MAX_CERTIFICATE)], ...],
        msgspec.Meta(max_length=MAX_CHAIN),
    ] = ()
    log: LogProof | None = None


class PageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A page of agents; each is read alone, so that a bad one spoils no other."""

    results: tuple[msgspec.Raw, ...]
    total: int
    next: Annotated[str, msgspec.Meta(max_length=64, pattern="^[A-Za-z0-9_-]+$")] | None = None


class ProblemAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal."""

    code: str = ""
    detail: str = ""
    hint: str = ""
    retry_after_seconds: int = 1
    stamp_bits: int = 0


def found(answer: AgentAnswer, now: float) -> Found:
    """Return an agent whose record verified and has not expired."""
    try:
        signed = msgspec.msgpack.decode(answer.record, type=Signed)
        record, exchange_key = read_record(signed)
        last_seen = None if answer.last_seen is None else from_text(answer.last_seen)
    except (msgspec.MsgspecError, CryptoError, ValueError, RecursionError):
        raise RemoteProtocolError(
            "record_invalid", "The registry handed out a record that its agent did not sign."
        ) from None
    if record.expires_at <= now * 1000:
        raise Refused("agent_not_found", f"The record of {record.amid} has expired.")
    return Found(
        record=record,
        exchange_key=exchange_key,
        signed=signed,
        tier=answer.tier,
        reputation=answer.reputation_score,
        ratings_count=answer.ratings_count,
        reputation_status=answer.reputation_status,
        status=answer.status,
        last_seen=last_seen,
        organization=answer.organization or "",
        flags=tuple(flag for flag in _FLAGS if flag in answer.flags),
        certificates=answer.certificates,
    )


def schema_of(answer: SchemaAnswer, schema_id: str) -> PublishedSchema:
    """Return a published schema that verified and is the one that was asked for."""
    try:
        schema = read_schema(msgspec.msgpack.decode(answer.document, type=Signed))
        if schema.id == schema_id:
            return schema
    except (msgspec.MsgspecError, CryptoError, RemoteProtocolError, RecursionError):
        pass
    raise RemoteProtocolError(
        "schema_invalid", "The registry handed out a schema that its author did not sign."
    )


def checked_bundle(bundle: PrekeyBundle, amid: Amid) -> VerifiedBundle:
    """Return the bundle, if all in it that is signed is by this agent.

    Raises `CryptoError` (`kem_key_invalid`) for what the agent itself made useless.
    """
    try:
        return verify_bundle(bundle, amid)
    except (CryptoError, RemoteProtocolError) as error:
        if error.code == KEM_KEY_INVALID:
            raise
    raise RemoteProtocolError(
        "bundle_invalid", "The registry handed out keys that the agent did not sign."
    )


def failure(status: int, body: bytes) -> AgentMeshError:
    """Return what a refusal means to the caller."""
    try:
        problem = msgspec.json.decode(body, type=ProblemAnswer)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        problem = ProblemAnswer()
    if status == 429:
        return RateLimited(min(max(problem.retry_after_seconds, 1), MAX_RETRY_SECONDS))
    if problem.code == "stamp_needed":
        return StampNeeded(problem.stamp_bits)
    if status >= 500:
        return TransportError(
            "registry_unavailable", f"The registry cannot serve at the moment ({status})."
        )
    if not _CODE.fullmatch(problem.code):
        return RemoteProtocolError(
            "registry_malformed", f"What answered with {status} does not speak like a registry."
        )
    return Refused(problem.code, _shown(problem.detail), _shown(problem.hint))


def decoded(body: bytes, kind: type[A]) -> A:
    """Return an answer, or blame the registry."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise RemoteProtocolError(
            "registry_malformed", "The registry's answer is not what it should be."
        ) from None


def _shown(text: str) -> str:
    return "".join(letter for letter in text[:_MAX_WORDS] if letter.isprintable())
