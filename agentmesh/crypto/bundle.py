"""Whether a prekey bundle is what its owner published: every signature, every name."""

import msgspec

from agentmesh.crypto import kem
from agentmesh.errors import CryptoError
from agentmesh.protocol.ids import Amid, amid_of
from agentmesh.protocol.records import (
    ExchangeKey,
    KemPrekey,
    OneTimePrekey,
    PrekeyBundle,
    SignedPrekey,
    SuiteList,
)
from agentmesh.protocol.signed import D, Purpose, Signed, read


class VerifiedBundle(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle whose documents all verified and all speak of the same agent."""

    amid: Amid
    identity: bytes
    exchange_key: ExchangeKey
    signed_prekey: SignedPrekey
    kem_prekey: KemPrekey
    suites: SuiteList
    signed_suites: Signed
    one_time: OneTimePrekey | None


def verify_bundle(bundle: PrekeyBundle, amid: Amid) -> VerifiedBundle:
    """Return the bundle's documents, or raise `CryptoError` (`bundle_invalid`, ...)."""
    if amid_of(bundle.identity) != amid:
        raise CryptoError("bundle_invalid")
    identity = bundle.identity
    kem_prekey = read_own(bundle.kem_prekey, KemPrekey, Purpose.KEM_PREKEY, identity)
    kem.check(kem_prekey.key)
    return VerifiedBundle(
        amid=amid,
        identity=identity,
        exchange_key=read_own(bundle.exchange_key, ExchangeKey, Purpose.EXCHANGE_KEY, identity),
        signed_prekey=read_own(bundle.signed_prekey, SignedPrekey, Purpose.SIGNED_PREKEY, identity),
        kem_prekey=kem_prekey,
        suites=read_own(bundle.suites, SuiteList, Purpose.SUITES, identity),
        signed_suites=bundle.suites,
        one_time=bundle.one_time,
    )


def read_own(signed: Signed, kind: type[D], purpose: Purpose, identity: bytes) -> D:
    """Return a document that `identity` signed about itself."""
    if signed.signer != identity:
        raise CryptoError("bundle_invalid")
    document = read(signed, kind, purpose)
    if getattr(document, "amid", None) != amid_of(identity):
        raise CryptoError("bundle_invalid")
    return document
