"""A registry in memory, with real keys in it: what one agent publishes, another finds."""

from agentmesh.crypto.bundle import VerifiedBundle
from agentmesh.discovery.answers import checked_bundle
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
from agentmesh.protocol.limits import ONE_TIME_PREKEYS
from agentmesh.protocol.published import read_record
from agentmesh.protocol.published_schema import PublishedSchema, read_schema
from agentmesh.protocol.records import OneTimePrekey, PrekeyBundle, PrekeyUpload
from agentmesh.protocol.signed import Signed
from tests.support.directories import unrated


class Shelf:
    """What all agents see of one another."""

    def __init__(self) -> None:
        self.records: dict[Amid, Signed] = {}
        self.uploads: dict[Amid, PrekeyUpload] = {}
        self.one_time: dict[Amid, list[OneTimePrekey]] = {}
        self.reputation: dict[Amid, float] = {}
        self.certificates: dict[Amid, tuple[bytes, ...]] = {}
        self.tiers: dict[Amid, tuple[float, str]] = {}
        self.schemas: list[PublishedSchema] = []
        self.rated: list[tuple[bytes, Feedback]] = []


class RealisticDirectory:
    """How one agent (`us`) reaches the shelf. `fails_with` makes it fail; `asked` counts."""

    def __init__(self, shelf: Shelf, us: Amid) -> None:
        self.shelf = shelf
        self.us = us
        self.fails_with: AgentMeshError | None = None
        self.asked: list[str] = []
        self.shown: list[Status] = []

    def _ask(self, question: str) -> None:
        self.asked.append(question)
        if self.fails_with is not None:
            raise self.fails_with

    async def lookup(self, amid: Amid) -> Found:
        self._ask("lookup")
        if amid not in self.shelf.records:
            raise Refused("agent_not_found")
        return self._found(amid)

    def _found(self, amid: Amid) -> Found:
        signed = self.shelf.records[amid]
        record, exchange_key = read_record(signed)
        tier, organization = self.shelf.tiers.get(amid, (2, ""))
        return Found(
            record=record,
            exchange_key=exchange_key,
            signed=signed,
            tier=tier,
            organization=organization,
            reputation=self.shelf.reputation.get(amid, 0.5),
            ratings_count=0,
            reputation_status="unrated",
            status="online",
            certificates=self.shelf.certificates.get(amid, ()),
        )

    async def bundle(self, amid: Amid, *, one_time: bool = True) -> VerifiedBundle:
        self._ask("bundle")
        if amid not in self.shelf.uploads:
            raise Refused("agent_not_found")
        upload = self.shelf.uploads[amid]
        left = self.shelf.one_time.get(amid, [])
        bundle = PrekeyBundle(
            identity=upload.suites.signer,
            exchange_key=upload.exchange_key,
            signed_prekey=upload.signed_prekey,
            kem_prekey=upload.kem_prekey,
            suites=upload.suites,
            one_time=left.pop(0) if one_time and left else None,
        )
        return checked_bundle(bundle, amid)

    async def register(self, signed: Signed) -> Found:
        self._ask("register")
        self.shelf.records[self.us] = signed
        return self._found(self.us)

    async def publish_prekeys(self, upload: PrekeyUpload) -> PrekeyCount:
        self._ask("publish_prekeys")
        self.shelf.uploads[self.us] = upload
        kept = [*self.shelf.one_time.get(self.us, []), *upload.one_time]
        self.shelf.one_time[self.us] = kept[-ONE_TIME_PREKEYS:]
        return self._count()

    async def prekey_count(self) -> PrekeyCount:
        self._ask("prekey_count")
        if self.us not in self.shelf.uploads:
            raise Refused("agent_not_found")
        return self._count()

    def _count(self) -> PrekeyCount:
        left = len(self.shelf.one_time[self.us])
        return PrekeyCount(
            one_time=left,
            last_one_time_id=0,
            signed_prekey_id=0,
            kem_prekey_id=0,
            low_prekeys=left < 20,
        )

    async def set_status(self, status: Status) -> None:
        self._ask("set_status")
        if self.us not in self.shelf.records:
            raise Refused("unknown_signer")
        self.shown.append(status)

    async def search(self, query: Query) -> SearchPage:
        self._ask("search")
        found = [self._found(amid) for amid in self.shelf.records]
        return SearchPage(tuple(found[: query.limit]), len(found))

    async def providers(self) -> tuple[str, ...]:
        self._ask("providers")
        return ("github", "email")

    async def begin_proof(self, provider: str, address: str) -> ProofBegun:
        self._ask("begin_proof")
        url = "" if address else f"https://{provider}.example/sign-in"
        return ProofBegun(attempt="attempt", url=url, expires_in_seconds=600)

    async def prove(self, attempt: str, code: str) -> Found:
        self._ask("prove")
        return self._found(self.us)

    async def publish_schema(self, signed: Signed) -> None:
        self._ask("publish_schema")
        self.shelf.schemas.append(read_schema(signed))

    async def schema(self, schema_id: str) -> PublishedSchema:
        self._ask("schema")
        for schema in self.shelf.schemas:
            if schema.id == schema_id:
                return schema
        raise Refused("schema_not_found", schema_id)

    async def rate(self, receipt: bytes, feedback: Feedback) -> bool:
        self._ask("rate")
        self.shelf.rated.append((receipt, feedback))
        return self.shelf.rated.count((receipt, feedback)) == 1

    async def reputation(self, amid: Amid) -> Reputation:
        self._ask("reputation")
        if amid not in self.shelf.records:
            raise Refused("agent_not_found")
        return unrated(amid)

    def status(self) -> tuple[DirectoryStatus, ...]:
        return (DirectoryStatus(name="fake", url="http://127.0.0.1:1", state="up"),)
