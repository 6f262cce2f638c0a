"""A letter counts if its sender signed it, for us, for this purpose, just now."""

import pytest

from agentmesh.errors import AgentMeshError
from agentmesh.node.invites.letters import Letters
from agentmesh.protocol.frames import Letter
from agentmesh.protocol.invites import JoinProof
from agentmesh.protocol.limits import INVITE_SECONDS
from agentmesh.protocol.signed import Purpose
from tests.support.node_pair import Pair


def proof(pair: Pair, **changed: object) -> JoinProof:
    fields = {
        "id": "one", "tag": bytes(32), "timestamp": round(pair.clock.now() * 1000),
        "sender": pair.low.amid, "to": pair.high.amid, **changed,
    }  # fmt: skip
    return JoinProof(**fields)  # type: ignore[arg-type]


def letters(pair: Pair) -> tuple[Letters, Letters]:
    return pair.low.invites.joiner._letters, pair.high.invites.joiner._letters


async def test_a_letter_reads_as_it_was_written(pair: Pair) -> None:
    low, high = letters(pair)
    document = proof(pair)
    assert high.read(pair.low.amid, low.write(document), JoinProof) == document


async def test_anything_else_is_dropped(pair: Pair) -> None:
    low, high = letters(pair)
    now = round(pair.clock.now() * 1000)
    sign = pair.low.hand.keys.ring.identity.sign
    for letter in (
        high.write(proof(pair)),
        low.write(proof(pair, to=pair.low.amid)),
        low.write(proof(pair, sender=pair.high.amid)),
        low.write(proof(pair, timestamp=now - INVITE_SECONDS * 1000 - 1)),
        low.write(proof(pair, timestamp=now + 301_000)),
        Letter("join_ask", low.write(proof(pair)).signed),
        Letter("join_proof", sign(proof(pair), Purpose.JOIN_ASK)),
    ):
        with pytest.raises(AgentMeshError):
            high.read(pair.low.amid, letter, JoinProof)
    with pytest.raises(AgentMeshError):
        high.read(pair.high.amid, low.write(proof(pair)), JoinProof)
