"""Directories that answer what a test tells them, and how agents look in one."""

from agentmesh.crypto.bundle import VerifiedBundle, verify_bundle
from agentmesh.discovery.interface import (
    DirectoryStatus,
    Found,
    PrekeyCount,
    ProofBegun,
    Query,
    Reputation,
    SearchPage,
)
from agentmesh.errors import AgentMeshError, Refused
from agentmesh.protocol.bounded import Status
from agentmesh.protocol.feedback import Feedback
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.published import read_record
from agentmesh.protocol.published_schema import PublishedSchema, read_schema
from agentmesh.protocol.records import PrekeyUpload
from agentmesh.protocol.signed import Signed
from tests.support.registrant import Registrant


def found(agent: Registrant, sequence: int = 1) -> Found:
    """Return the agent as a directory shows it."""
    signed = agent.record(sequence)
    record, exchange_key = read_record(signed)
    return Found(
        record=record,
        exchange_key=exchange_key,
        signed=signed,
        tier=2,
        reputation=0.5,
        ratings_count=0,
        reputation_status="unrated",
        status="online",
    )


def unrated(amid: Amid) -> Reputation:
    """Return what is said of an agent that nobody has rated."""
    return Reputation(
        amid=amid,
        reputation_score=0.5,
        reputation_status="unrated",
        ratings_count=0,
        owners=0,
        sessions=0,
        completed=0,
        tier=2,
        registered_at="2026-01-31T12:00:00.000Z",
    )


class FakeDirectory:
    """Knows some agents, or fails; counts what it is asked."""

    def __init__(self, name: str, *agents: Registrant) -> None:
        self.name = name
        self.agents = {agent.amid: agent for agent in agents}
        self.fails_with: AgentMeshError | None = None
        self.asked: list[str] = []
        self.published: list[PublishedSchema] = []

    def _agent(self, question: str, amid: Amid | None = None) -> Registrant:
        self.asked.append(question)
        if self.fails_with is not None:
            raise self.fails_with
        if amid is not None and amid not in self.agents:
            raise Refused("agent_not_found", self.name)
        return self.agents[amid] if amid else next(iter(self.agents.values()))

    async def lookup(self, amid: Amid) -> Found:
        return found(self._agent("lookup", amid), sequence=len(self.asked))

    async def bundle(self, amid: Amid, *, one_time: bool = True) -> VerifiedBundle:
        bundle = self._agent("bundle", amid).bundle(len(self.asked) if one_time else None)
        return verify_bundle(bundle, amid)

    async def register(self, signed: Signed) -> Found:
        return found(self._agent("register"))

    async def publish_prekeys(self, upload: PrekeyUpload) -> PrekeyCount:
        return self._count("publish_prekeys")

    async def prekey_count(self) -> PrekeyCount:
        return self._count("prekey_count")

    async def set_status(self, status: Status) -> None:
        self._agent(f"set_status {status}")

    async def search(self, query: Query) -> SearchPage:
        return SearchPage((found(self._agent("search")),), 1)

    async def providers(self) -> tuple[str, ...]:
        self._agent("providers")
        return ("github", "email")

    async def begin_proof(self, provider: str, address: str) -> ProofBegun:
        self._agent("begin_proof")
        url = "" if address else f"https://{provider}.example/sign-in"
        return ProofBegun(attempt="attempt", url=url, expires_in_seconds=600)

    async def prove(self, attempt: str, code: str) -> Found:
        return found(self._agent(f"prove {attempt} {code}"))

    async def publish_schema(self, signed: Signed) -> None:
        self._agent("publish_schema")
        self.published.append(read_schema(signed))

    async def schema(self, schema_id: str) -> PublishedSchema:
        self._agent("schema")
        for schema in self.published:
            if schema.id == schema_id:
                return schema
        raise Refused("schema_not_found", schema_id)

    async def rate(self, receipt: bytes, feedback: Feedback) -> bool:
        self._agent(f"rate {receipt!r} {feedback.score}")
        return self.asked.count(self.asked[-1]) == 1

    async def reputation(self, amid: Amid) -> Reputation:
        self._agent("reputation", amid)
        return unrated(amid)

    def status(self) -> tuple[DirectoryStatus, ...]:
        return (DirectoryStatus(name=self.name, url=""),)

    def _count(self, question: str) -> PrekeyCount:
        self._agent(question)
        return PrekeyCount(
            one_time=1, last_one_time_id=1, signed_prekey_id=1, kem_prekey_id=1, low_prekeys=True
        )
