"""What a registry shows as a revocation is one, of that identity, by somebody who may make it."""

import msgspec
import pytest
from nacl.signing import SigningKey

from agentmesh.discovery.revocations import no_authority, revocation_in
from agentmesh.errors import RemoteProtocolError
from agentmesh.identity.registry_log import LogFault
from agentmesh.protocol.certificates.form import Certificate
from agentmesh.protocol.ids import amid_of
from agentmesh.protocol.revocation import Revocation
from agentmesh.protocol.signed import Purpose, sign
from tests.support.registrant import Registrant
from tests.support.vouching import ACME, ALICE, NOW, fleet, trusted

CAROL = Registrant("carol")
AMID = amid_of(bytes(ALICE.verify_key))


def by(key: SigningKey = ACME.key) -> bytes:
    said = Revocation(
        amid=AMID,
        reason="other",
        issuer="organization",
        timestamp=NOW * 1000,
        certificates=tuple(fleet()),
    )
    return msgspec.msgpack.encode(sign(said, Purpose.REVOCATION, key))


async def known() -> Certificate:
    return trusted()


async def untrusted() -> Certificate:
    raise RemoteProtocolError("authority_untrusted", "Our owner does not trust it.")


async def test_an_organizations_word_counts_under_our_authority() -> None:
    assert (await revocation_in(by(), AMID, None, known)).organization == ACME.name
    with pytest.raises(LogFault):
        await revocation_in(by(), AMID, None, no_authority)
    with pytest.raises(RemoteProtocolError, match="does not trust"):
        await revocation_in(by(), AMID, None, untrusted)


async def test_a_keys_word_counts_whatever_authority_there_is() -> None:
    own = msgspec.msgpack.encode(CAROL.revocation())
    assert (await revocation_in(own, CAROL.amid, None, untrusted)).organization == ""


@pytest.mark.parametrize(
    "data", [b"", b"\x80", by(CAROL.key), msgspec.msgpack.encode(CAROL.revocation())]
)
async def test_anything_else_is_unproved(data: bytes) -> None:
    with pytest.raises(LogFault) as caught:
        await revocation_in(data, AMID, None, known)
    assert caught.value.code == "revocation_unproved"
