"""An agent with fixed keys, as a registry meets it: its record, its prekeys, its signatures."""

import msgspec
from nacl.signing import SigningKey

from agentmesh.protocol.ids import amid_of
from agentmesh.protocol.published_schema import PublishedSchema
from agentmesh.protocol.records import (
    AgentRecord,
    Capability,
    ExchangeKey,
    KemPrekey,
    OneTimePrekey,
    PrekeyBundle,
    PrekeyUpload,
    SignedPrekey,
    SuiteList,
)
from agentmesh.protocol.revocation import Revocation, RevocationReason, Succession
from agentmesh.protocol.signed import Document, Purpose, Signed, sign, signing_bytes

NOW = 1_800_000_000.0
DAY = 86_400


class Registrant:
    """Alice, or whoever: the same name makes the same keys."""

    def __init__(self, name: str, now: float = NOW) -> None:
        self.name = name
        self.key = SigningKey(name.encode().ljust(32, b"."))
        self.public = bytes(self.key.verify_key)
        self.amid = amid_of(self.public)
        self.now = int(now * 1000)

    def sign_bytes(self, payload: bytes, purpose: Purpose) -> bytes:
        return self.key.sign(signing_bytes(purpose, payload)).signature

    def signed(self, document: Document, purpose: Purpose) -> Signed:
        return sign(document, purpose, self.key)

    def exchange_key(self, number: int = 1) -> Signed:
        key = ExchangeKey(amid=self.amid, id=number, key=b"x" * 32, created_at=self.now)
        return sign(key, Purpose.EXCHANGE_KEY, self.key)

    def plain_record(self, sequence: int = 1, *capabilities: str) -> AgentRecord:
        words = [text.partition("/") for text in capabilities]
        return AgentRecord(
            amid=self.amid,
            exchange_key=self.exchange_key(),
            display_name=self.name,
            capabilities=tuple(Capability(category=a, subcategory=b) for a, _, b in words),
            relay_endpoint="ws://127.0.0.1:1/v1/connect",
            sequence=sequence,
            published_at=self.now,
            expires_at=self.now + 30 * DAY * 1000,
        )

    def record(self, sequence: int = 1, *capabilities: str, **changes: object) -> Signed:
        plain = self.plain_record(sequence, *capabilities)
        return sign(msgspec.structs.replace(plain, **changes), Purpose.RECORD, self.key)

    def schema(self, schema_id: str, text: bytes = b"{}", **changes: object) -> Signed:
        """A schema of its own, published now."""
        schema = PublishedSchema(id=schema_id, author=self.amid, text=text, published_at=self.now)
        return sign(msgspec.structs.replace(schema, **changes), Purpose.SCHEMA, self.key)

    def upload(self, first: int = 1, count: int = 3, number: int = 1) -> PrekeyUpload:
        """Prekeys number `number`, with `count` one-time prekeys from id `first` on."""
        signed = SignedPrekey(amid=self.amid, id=number, key=b"s" * 32, created_at=self.now)
        kem = KemPrekey(amid=self.amid, id=number, key=b"k" * 1184, created_at=self.now)
        suites = SuiteList(amid=self.amid, suites=("pqxdh-dr.v1",), sequence=number)
        return PrekeyUpload(
            exchange_key=self.exchange_key(number),
            signed_prekey=sign(signed, Purpose.SIGNED_PREKEY, self.key),
            kem_prekey=sign(kem, Purpose.KEM_PREKEY, self.key),
            suites=sign(suites, Purpose.SUITES, self.key),
            one_time=tuple(
                OneTimePrekey(n, n.to_bytes(32, "big")) for n in range(first, first + count)
            ),
        )

    def revocation(
        self, reason: RevocationReason = "key_compromise", successor: "Registrant | None" = None
    ) -> Signed:
        """Take this identity back; a successor agrees."""
        agreed = None
        if successor is not None:
            place = Succession(predecessor=self.amid, successor=successor.amid, timestamp=self.now)
            agreed = sign(place, Purpose.SUCCESSION, successor.key)
        document = Revocation(
            amid=self.amid, reason=reason, issuer="key", timestamp=self.now, successor=agreed
        )
        return sign(document, Purpose.REVOCATION, self.key)

    def bundle(self, one_time: int | None = None) -> PrekeyBundle:
        upload = self.upload()
        return PrekeyBundle(
            identity=self.public,
            exchange_key=upload.exchange_key,
            signed_prekey=upload.signed_prekey,
            kem_prekey=upload.kem_prekey,
            suites=upload.suites,
            one_time=None if one_time is None else OneTimePrekey(one_time, b"o" * 32),
        )
