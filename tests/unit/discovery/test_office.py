"""Asking for certificates."""

import base64
from typing import Any

import msgspec
import pytest

from agentmesh.discovery.office import Office
from agentmesh.errors import RemoteProtocolError
from tests.support.fake_authority import FakeAuthority
from tests.support.fake_log import FakeLog
from tests.support.registrant import Registrant
from tests.support.vouching import ACME, fleet
from tests.support.world import FakeClock

ALICE = Registrant("alice")


class Desk:
    """Answers every POST with the same."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.said = said
        self.asked: list[tuple[str, Any]] = []

    async def post(self, target: str, body: bytes) -> bytes:
        self.asked.append((target, msgspec.json.decode(body)))
        return msgspec.json.encode(self.said)

    def office(self) -> Office:
        return Office(FakeAuthority().ask, self.post, FakeLog(FakeClock()).follower())


async def test_a_chain_is_asked_for_by_its_organization() -> None:
    desk = Desk({"certificates": fleet()})
    assert await desk.office().obtain("acme.example") == tuple(fleet())
    assert desk.asked == [("/v1/registry/certificate", {"organization": "acme.example"})]


@pytest.mark.parametrize("certificates", [[], fleet() * 2, [b"x" * 2000], "none"])
async def test_what_is_no_chain_is_refused(certificates: object) -> None:
    with pytest.raises(RemoteProtocolError):
        await Desk({"certificates": certificates}).office().obtain("")


def challenge(**changes: str) -> dict[str, object]:
    said = {
        "domain": ACME.name,
        "record": f"_agentmesh.{ACME.name}",
        "value": "agentmesh-verify=abc",
        "expires_in_seconds": 86400,
    }
    return {**said, **changes}


async def test_a_claim_is_answered_with_a_record_of_that_domain() -> None:
    signed = ALICE.revocation()
    found = await Desk(challenge()).office().claim(signed, ACME.name)
    assert found.value == "agentmesh-verify=abc"


@pytest.mark.parametrize(
    "changes",
    [
        {"domain": "rival.example"},
        {"record": "_agentmesh.rival.example"},
        {"value": "\x1b[2J"},
        {"record": "\n." + ACME.name},
    ],
)
async def test_a_record_of_another_domain_is_not_shown(changes: dict[str, str]) -> None:
    with pytest.raises(RemoteProtocolError):
        await Desk(challenge(**changes)).office().claim(ALICE.revocation(), ACME.name)


async def test_what_we_hand_in_is_of_our_domain() -> None:
    above = base64.b64encode(fleet()[1]).decode()
    desk = Desk({"domain": ACME.name, "name": "Acme", "amid": "", "certificate": above})
    office = desk.office()
    await office.offer(ACME.name, b"certificate")
    await office.publish(ACME.name, b"list")
    assert (await office.verify(ACME.name)).certificate == fleet()[1]
    assert [body["domain"] for _, body in desk.asked] == [ACME.name] * 3
