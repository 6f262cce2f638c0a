"""A registry, by its REST API. Every request and every answer has a bound in time and in size."""

from email.utils import parsedate_to_datetime
from typing import Literal, Protocol
from urllib.parse import urlencode

import aiohttp
import msgspec
from yarl import URL

from agentmesh.discovery.answers import (
    A,
    AgentAnswer,
    PageAnswer,
    RateAnswer,
    SchemaAnswer,
    checked_bundle,
    decoded,
    failure,
    found,
    schema_of,
)
from agentmesh.discovery.interface import (
    DirectoryStatus,
    Found,
    PrekeyCount,
    Query,
    Reputation,
    SearchPage,
)
from agentmesh.errors import AgentMeshError, RemoteProtocolError, TransportError, UsageError
from agentmesh.observability.health import Version
from agentmesh.protocol import requests
from agentmesh.protocol.bounded import Status
from agentmesh.protocol.feedback import Feedback
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.published_schema import PublishedSchema
from agentmesh.protocol.records import PrekeyBundle, PrekeyUpload
from agentmesh.protocol.requests import Request
from agentmesh.protocol.signed import Purpose, Signed
from agentmesh.protocol.world import Clock, Entropy

ANSWER_SECONDS = 5.0
_MAX_ANSWER = 4 * 1024 * 1024  # a page of a hundred agents with all their adverts
_IDLE_SECONDS = 5  # less than a registry waits for the next request on a connection
_CONNECTIONS = 8


class Signer(Protocol):
    """Who asks: an identity that signs and never hands out its key."""

    @property
    def amid(self) -> Amid:
        """Its AMID."""

    def sign_bytes(self, payload: bytes, purpose: Purpose) -> bytes:
        """Return its bare signature."""


class RegistryDirectory:
    """One registry. Enter it before use."""

    def __init__(
        self,
        url: str,
        signer: Signer,
        clock: Clock,
        entropy: Entropy,
        seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._audience = requests.audience_of(url)
        self._signer = signer
        self._seconds = seconds
        self._clock = clock
        self._entropy = entropy
        self._session: aiohttp.ClientSession | None = None
        self._status = DirectoryStatus(name="registry", url=self._audience)

    async def __aenter__(self) -> "RegistryDirectory":
        """Make ready. Nothing is sent yet."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=_IDLE_SECONDS),
            timeout=aiohttp.ClientTimeout(total=self._seconds),
            auto_decompress=False,  # nothing may grow on arrival
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def lookup(self, amid: Amid) -> Found:
        """Return who that is, or raise `agent_not_found`."""
        target = "/v1/registry/lookup?" + urlencode({"amid": amid})
        agent = self._found(await self._get(target, AgentAnswer))
        if agent.amid != amid:
            raise RemoteProtocolError(
                "record_swapped", "The registry answered with the record of somebody else."
            )
        return agent

    async def bundle(self, amid: Amid, *, one_time: bool = True) -> PrekeyBundle:
        """Return keys to begin a session with; a one-time prekey among them is spent for us."""
        target = f"/v1/registry/prekeys/{amid}" + ("" if one_time else "?one_time=false")
        return checked_bundle(await self._get(target, PrekeyBundle, signed=True), amid)

    async def register(self, signed: Signed) -> Found:
        """Publish our record (again). Return how others see it."""
        body = msgspec.json.encode({"record": msgspec.msgpack.encode(signed)})
        answer = await self._post("/v1/registry/register", body)
        return self._found(decoded(answer, AgentAnswer))

    async def publish_prekeys(self, upload: PrekeyUpload) -> PrekeyCount:
        """Publish our prekeys; one-time prekeys are added to those that are there."""
        answer = await self._post("/v1/registry/prekeys", msgspec.json.encode(upload))
        return decoded(answer, PrekeyCount)

    async def prekey_count(self) -> PrekeyCount:
        """Return what is there of our prekeys."""
        target = f"/v1/registry/prekeys/{self._signer.amid}/count"
        return await self._get(target, PrekeyCount, signed=True)

    async def set_status(self, status: Status) -> None:
        """Publish our presence; it fades when it is not repeated."""
        await self._post("/v1/registry/status", msgspec.json.encode({"status": status}))

    async def search(self, query: Query) -> SearchPage:
        """Return a page of agents; those whose records do not verify are left out."""
        fields = msgspec.structs.asdict(query)
        given = {name: value for name, value in fields.items() if value not in ("", None)}
        page = await self._get("/v1/registry/search?" + urlencode(given), PageAnswer)
        results: list[Found] = []
        for raw in page.results[: query.limit]:
            try:
                results.append(self._found(decoded(bytes(raw), AgentAnswer)))
            except AgentMeshError:
                continue
        rejected = len(page.results) - len(results)
        return SearchPage(tuple(results), page.total, rejected)

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
        await self._ask(Request(self._audience, "GET", "/healthz"), signed=False)

    async def version(self) -> Version:
        """Return what runs there."""
        return await self._get("/version", Version)

    def status(self) -> tuple[DirectoryStatus, ...]:
        """Return how the registry is doing, as of the last time we asked it anything."""
        return (self._status,)

    def _found(self, answer: AgentAnswer) -> Found:
        return found(answer, self._clock.now())

    async def _get(self, target: str, kind: type[A], *, signed: bool = False) -> A:
        return decoded(await self._ask(Request(self._audience, "GET", target), signed=signed), kind)

    async def _post(self, target: str, body: bytes) -> bytes:
        return await self._ask(Request(self._audience, "POST", target, body), signed=True)

    async def _ask(self, request: Request, *, signed: bool) -> bytes:
        headers = {"Content-Type": "application/json"} if request.body else {}
        if signed:
            headers["Authorization"] = requests.authorize(
                request,
                self._signer.amid,
                self._signer.sign_bytes,
                self._clock.now(),
                self._entropy,
            )
        try:
            return await self._exchange(request, headers)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            failed = TransportError(
                "registry_unreachable",
                f"The registry {self._audience} does not answer ({type(error).__name__}).",
                "Is its address right, and is it running? `agentmesh doctor` looks closer.",
            )
            self._note("down", failed.code)
            raise failed from None
        except TransportError as error:
            self._note("down", error.code)
            raise

    async def _exchange(self, request: Request, headers: dict[str, str]) -> bytes:
        if self._session is None:
            raise UsageError("not_started", "The directory was not entered.")
        # The target is sent as it was signed, not as a library would spell it.
        url = URL(request.audience + request.target, encoded=True)
        async with self._session.request(
            request.method, url, data=request.body or None, headers=headers, allow_redirects=False
        ) as response:
            answer = await _read(response)
            if not 200 <= response.status < 300:
                raise failure(response.status, answer)
            self._note("up", "", _time_of(response))
            return answer

    def _note(
        self, state: Literal["up", "down"], reason: str, their_time: float | None = None
    ) -> None:
        now = self._clock.now()
        before = self._status
        self._status = DirectoryStatus(
            name=before.name,
            url=before.url,
            state=state,
            reason=reason,
            last_answer_at=now if state == "up" else before.last_answer_at,
            clock_offset=before.clock_offset if their_time is None else their_time - now,
        )


async def _read(response: aiohttp.ClientResponse) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > _MAX_ANSWER:
            raise RemoteProtocolError("registry_answer_too_large")
        parts.append(part)
    return b"".join(parts)


def _time_of(response: aiohttp.ClientResponse) -> float | None:
    try:
        return parsedate_to_datetime(response.headers["Date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return None
