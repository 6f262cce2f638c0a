"""What is said in certificates."""

from agentmesh.protocol.certificates.contents import amid_in, new_serial
from agentmesh.protocol.certificates.names import NOBODYS_DOMAIN
from agentmesh.protocol.ids import amid_of
from tests.support.vouching import ALICE, of_alice, of_bob
from tests.support.world import FakeEntropy


def test_numbers_are_long_and_never_the_same() -> None:
    draw = FakeEntropy("serials")
    drawn = [new_serial(draw) for _ in range(100)]
    assert len(set(drawn)) == 100
    assert {number.bit_length() for number in drawn} == {159}
    assert new_serial(lambda count: b"\0" * count).bit_length() == 159


def test_an_agent_of_nobodys_domain_has_no_organization() -> None:
    assert of_bob().domain == NOBODYS_DOMAIN
    assert (of_bob().organization, of_alice().organization) == ("", "acme.example")


def test_the_amid_follows_from_the_key() -> None:
    assert amid_in(of_alice(name="somebody else")) == amid_of(bytes(ALICE.verify_key))
