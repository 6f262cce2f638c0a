"""What peers ask for and vouch for, and what owners pass on by hand."""

import base64

import msgspec

from agentmesh.identity.invite_code import read_code
from agentmesh.identity.verification import compare, verification_text
from agentmesh.messages.strict_json import write_json
from agentmesh.node.consent.grant_book import read_request, request_payload
from agentmesh.node.consent.introductions import read_introduction
from agentmesh.protocol.introduction import Introduction
from agentmesh.protocol.signed import Purpose, sign
from tests.support.crypto_parties import Party
from tests.unit.fuzz.door import Door

ALICE, BOB = Party.make("alice"), Party.make("bob")
NUMBER = "12345 " * 12
CODE = f"{ALICE.amid}-1-lusab-babad"
INTRODUCED = sign(
    Introduction(introduced=BOB.amid, name="Bob", timestamp=1, sender=ALICE.amid, to=BOB.amid),
    Purpose.INTRODUCTION,
    ALICE.signing,
)
VOUCHED = {"signed": base64.b64encode(msgspec.msgpack.encode(INTRODUCED)).decode()}


def text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


CONSENT_DOORS = {
    "a request for a grant": Door(
        read_request, (request_payload("task:travel/flights", "for the trip"),)
    ),
    "a word for somebody": Door(read_introduction, (write_json(VOUCHED),)),
    "an invite code": Door(
        lambda data: read_code(text(data)), (CODE.encode(), f"agentmesh:join/{CODE}".encode())
    ),
    "a scanned number": Door(
        lambda data: compare(text(data), ALICE.amid, BOB.amid, NUMBER),
        (verification_text(ALICE.amid, BOB.amid, NUMBER).encode(),),
    ),
}
