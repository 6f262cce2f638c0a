"""A registry, by its REST API: what is asked, and what of the answer is believed."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from agentmesh.crypto.bundle import VerifiedBundle
from agentmesh.discovery.answers import (
    A,
    AgentAnswer,
    PageAnswer,
    ProvidersAnswer,
    RateAnswer,
    SchemaAnswer,
    checked_bundle,
    decoded,
    found,
    schema_of,
)
from agentmesh.discovery.book import Cabinet
from agentmesh.discovery.interface import (
    DirectoryStatus,
    Found,
    PrekeyCount,
    ProofBegun,
    Query,
    Reputation,
    SearchPage,
)
from agentmesh.discovery.line import Asking, Line
from agentmesh.discovery.log import RegistryLog, known
from agentmesh.discovery.office import Office
from agentmesh.discovery.registry_wire import ANSWER_SECONDS, RegistryWire, Signer
from agentmesh.discovery.revocations import RevocationAnswer
from agentmesh.discovery.stamping import with_stamp
from agentmesh.discovery.trust import ANY, Trust, TrustCabinet
from agentmesh.errors import AgentMeshError, Refused, RemoteProtocolError
from agentmesh.identity.registry_log import KnownHead, LogFault
from agentmesh.observability.health import Version
from agentmesh.protocol.bounded import Status
from agentmesh.protocol.feedback import Feedback
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.published_schema import PublishedSchema
from agentmesh.protocol.records import PrekeyBundle, PrekeyUpload
from agentmesh.protocol.signed import Signed
from agentmesh.protocol.world import Clock, Entropy

T = TypeVar("T")

REVOKED = "identity_revoked"


class RegistryDirectory:
    """One registry. Enter it before use."""

    def __init__(
        self,
        url: str,
        signer: Signer,
        world: tuple[Clock, Entropy],
        cabinet: Cabinet,
        seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._wire = RegistryWire(url, signer, world, seconds)
        self._clock, _ = world
        self.log = RegistryLog(self._get, self._clock, cabinet)
        self._own = signer.amid

    async def __aenter__(self) -> "RegistryDirectory":
        """Make ready. Nothing is sent yet."""
        await self._wire.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        await self._wire.close()

    def tell_time_to(self, listener: Callable[[float], None]) -> None:
        """Say who is told what time the registry says it is. Called once, before the start."""
        self._wire.heard = listener

    def tell_when_reached(self, listener: Callable[[], None]) -> None:
        """Say who is told that it answers after it did not. Called once, before the start."""
        self._wire.reached = listener

    async def lookup(self, amid: Amid) -> Found:
        """Return who that is, proved by the log, or raise `agent_not_found`, `identity_revoked`."""
        return await self._of(amid, self._looked_up(amid))

    async def bundle(self, amid: Amid, *, one_time: bool = True) -> VerifiedBundle:
        """Return keys to begin a session with; a one-time prekey among them is spent for us."""
        target = f"/v1/registry/prekeys/{amid}" + ("" if one_time else "?one_time=false")
        answer = await self._of(amid, self._get(target, PrekeyBundle, signed=True))
        return checked_bundle(answer, amid)

    async def register(self, signed: Signed) -> Found:
        """Publish our record (again). Return how others see it."""
        asked = await self.log.ready()
        body = {"record": msgspec.msgpack.encode(signed), **known(asked)}
        encoded = msgspec.json.encode(body)
        said = await with_stamp(partial(self._register, encoded), self._wire.make_stamp)
        answer = decoded(said, AgentAnswer)
        agent = self._found(answer)
        if agent.signed != signed:
            raise RemoteProtocolError(
                "record_swapped", "The registry shows another record than we registered."
            )
        return await self._proved(agent, answer, asked)

    async def revoke(self, signed: Signed) -> None:
        """Take an identity back here: it is in the log when this returns."""
        asked = await self.log.ready()
        body = {"revocation": msgspec.msgpack.encode(signed), **known(asked)}
        answer = await self._post("/v1/registry/revoke", msgspec.json.encode(body))
        await self.log.revoked(signed.amid, signed, decoded(answer, RevocationAnswer), asked)

    async def succeed(self, revocation: Signed, record: Signed) -> None:
        """Take our identity back and register its successor: both are in the log, or neither.

        A refusal is one only if the registry has not taken them before: an answer may get lost.
        """
        asked = await self.log.ready()
        encode = msgspec.msgpack.encode
        body = {"revocation": encode(revocation), "record": encode(record), **known(asked)}
        try:
            answer = await self._post("/v1/registry/revoke", msgspec.json.encode(body))
        except Refused:
            if await self._names(revocation.amid) != record.amid:
                raise
            return
        said = decoded(answer, RevocationAnswer)
        await self.log.revoked(revocation.amid, revocation, said, asked)

    async def _names(self, old: Amid) -> Amid | None:
        """Return who takes an identity's place, as the log proves; None if nobody does."""
        try:
            return (await self.log.revocation(old)).successor
        except RemoteProtocolError:
            return None

    async def publish_prekeys(self, upload: PrekeyUpload) -> PrekeyCount:
        """Publish our prekeys; one-time prekeys are added to those that are there."""
        answer = await self._post("/v1/registry/prekeys", msgspec.json.encode(upload))
        return decoded(answer, PrekeyCount)

    async def prekey_count(self) -> PrekeyCount:
        """Return what is there of our prekeys."""
        target = f"/v1/registry/prekeys/{self._own}/count"
        return await self._get(target, PrekeyCount, signed=True)

    async def set_status(self, status: Status) -> None:
        """Publish our presence; it fades when it is not repeated."""
        await self._post("/v1/registry/status", msgspec.json.encode({"status": status}))

    async def search(self, query: Query) -> SearchPage:
        """Return a page of agents; who does not verify, or was revoked, is left out.

        A page is not proved by the log: a lookup is.
        """
        fields = msgspec.structs.asdict(query)
        given = {name: value for name, value in fields.items() if value not in ("", None)}
        page = await self._get("/v1/registry/search?" + urlencode(given), PageAnswer)
        results: list[Found] = []
        for raw in page.results[: query.limit]:
            try:
                agent = self._found(decoded(bytes(raw), AgentAnswer))
            except AgentMeshError:
                continue
            if not self.log.is_revoked(agent.amid):
                results.append(agent)
        rejected = len(page.results) - len(results)
        return SearchPage(tuple(results), page.total, rejected, page.next)

    async def providers(self) -> tuple[str, ...]:
        """Return where our owner can prove to be our owner."""
        found = await self._get("/v1/registry/owner/providers", ProvidersAnswer)
        return found.providers

    async def begin_proof(self, provider: str, address: str) -> ProofBegun:
        """Begin to prove who owns us."""
        body = msgspec.json.encode({"provider": provider, "address": address})
        return decoded(await self._post("/v1/registry/owner/begin", body), ProofBegun)

    async def prove(self, attempt: str, code: str) -> Found:
        """Hand in the code that the owner was shown; return how others see us now."""
        body = msgspec.json.encode({"attempt": attempt, "code": code})
        return self._found(decoded(await self._post("/v1/registry/owner/prove", body), AgentAnswer))

    async def publish_schema(self, signed: Signed) -> None:
        """Publish a schema of ours for good."""
        body = msgspec.json.encode({"document": msgspec.msgpack.encode(signed)})
        await self._post("/v1/registry/schemas", body)

    async def schema(self, schema_id: str) -> PublishedSchema:
        """Return a published schema, verified, or raise `schema_not_found`."""
        target = "/v1/registry/schemas?" + urlencode({"id": schema_id})
        return schema_of(await self._get(target, SchemaAnswer), schema_id)

    async def rate(self, receipt: bytes, feedback: Feedback) -> bool:
        """Rate the other party of a session; return whether that was news."""
        body = msgspec.json.encode({"receipt": receipt, "feedback": feedback})
        answer = await self._post("/v1/registry/reputation/feedback", body)
        return decoded(answer, RateAnswer).outcome == "kept"

    async def reputation(self, amid: Amid) -> Reputation:
        """Return an agent's reputation, or raise `agent_not_found`."""
        target = "/v1/registry/reputation/score?" + urlencode({"amid": amid})
        found = await self._get(target, Reputation)
        if found.amid != amid:
            raise RemoteProtocolError(
                "reputation_swapped", "The registry answered with the reputation of somebody else."
            )
        return found

    async def look(self) -> None:
        """Return if the registry answers that it is well."""
        await self._wire.ask("GET", "/healthz")

    async def version(self) -> Version:
        """Return what runs there."""
        return await self._get("/version", Version)

    def certificates(
        self, asking: Asking, cabinet: TrustCabinet, trusted: frozenset[str] = ANY
    ) -> tuple[Office, Trust]:
        """Return who gets and gives certificates, and what judges chains by the authority here."""
        line = Line(self._get, self._post, asking)
        trust = Trust(line.ask, self._clock, cabinet, trusted)
        self.log.ask_authority_of(trust.authority)
        return Office(line.ask, line.post, self.log), trust

    def status(self) -> tuple[DirectoryStatus, ...]:
        """Return how the registry is doing, as of the last time we asked it anything."""
        return (self._wire.status,)

    async def _of(self, amid: Amid, asking: Coroutine[Any, Any, T]) -> T:
        """Return what is asked about an agent; that it was revoked is believed with proof alone."""
        if self.log.is_revoked(amid):
            asking.close()
            raise revoked(amid)
        try:
            return await asking
        except Refused as error:
            if error.code == REVOKED:
                raise await self._proved_revoked(amid) from None
            raise

    async def _proved_revoked(self, amid: Amid) -> Refused:
        """Return that an identity was taken back, once that is proved; or blame the registry."""
        try:
            await self.log.revocation(amid)
        except Refused:
            raise LogFault(
                "revocation_unproved", "proves no revocation of whom it calls revoked"
            ) from None
        return revoked(amid)

    async def _looked_up(self, amid: Amid) -> Found:
        asked = await self.log.ready()
        target = "/v1/registry/lookup?" + urlencode({"amid": amid, **known(asked)})
        answer = await self._get(target, AgentAnswer)
        agent = self._found(answer)
        if agent.amid != amid:
            raise RemoteProtocolError(
                "record_swapped", "The registry answered with the record of somebody else."
            )
        return await self._proved(agent, answer, asked)

    async def _proved(self, agent: Found, answer: AgentAnswer, asked: KnownHead | None) -> Found:
        proved = await self.log.record(agent.amid, answer.record, answer.log, asked)
        return msgspec.structs.replace(agent, proved=proved)

    def _found(self, answer: AgentAnswer) -> Found:
        return found(answer, self._clock.now())

    async def _get(self, target: str, kind: type[A], *, signed: bool = False) -> A:
        return decoded(await self._wire.ask("GET", target, signed=signed), kind)

    async def _register(self, body: bytes, stamp: str) -> bytes:
        return await self._wire.ask("POST", "/v1/registry/register", body, signed=True, stamp=stamp)

    async def _post(self, target: str, body: bytes) -> bytes:
        return await self._wire.ask("POST", target, body, signed=True)


def revoked(amid: Amid) -> Refused:
    """Return the error that says: this identity was taken back."""
    return Refused(
        REVOKED, f"The identity {amid} was taken back.", "It counts no more; ask its owner."
    )
