"""The frozen exchanges of invites: libsodium's reading of docs/protocol.md, 3, and AgentMesh's."""

import contextlib
import hashlib
from typing import Any

import pytest
from nacl import bindings
from nacl.exceptions import CryptoError

from agentmesh.crypto.invite_exchange import Exchange, Parties, Party
from agentmesh.crypto.secret import Secret
from agentmesh.errors import AgentMeshError
from agentmesh.protocol.ids import Amid
from tests.vectors.check import load
from tests.vectors.reading import derive, hkdf, join, raw, u32

Case = dict[str, Any]

ORDER = 2**252 + 27742317777372353535851937790883648493
M = raw("15cfd18e385952982b6a8f8c7854963b58e34388c8e6dae891db756481a02312")
N = raw("f04f2e7eb734b2a8f8b472eaf9c3c632576ac64aea650b496a8a20ff00e583c3")
VALID, MUST_FAIL = load("invite")


def agreed(case: Case) -> bool:
    """Whether both ends come to the case's points, key and tags, by libsodium alone."""
    words = b"agentmesh/1 invite\0" + case["words"].encode()
    wide = int.from_bytes(hkdf(words, b"", b"SPAKE2 pw", 48), "big")
    w = (wide % ORDER).to_bytes(32, "little")
    x, y = raw(case["joiner"]["scalar"]), raw(case["inviter"]["scalar"])
    times, plus = bindings.crypto_scalarmult_ed25519_noclamp, bindings.crypto_core_ed25519_add
    minus, base = bindings.crypto_core_ed25519_sub, bindings.crypto_scalarmult_ed25519_base_noclamp
    points = plus(base(x), times(w, M)), plus(base(y), times(w, N))
    secret = times(x, minus(points[1], times(w, N)))
    if secret != times(y, minus(points[0], times(w, M))):
        return False
    names = tuple(
        join(b"agentmesh/1 invite", role.encode(), *_party(case[role]))
        for role in ("joiner", "inviter")
    )
    hashed = [hashlib.sha256(part).digest() for part in (words, *names)]
    key = hashlib.sha256(b"".join([*hashed, *points, secret])).digest()
    sent = b"A" + points[0], b"B" + points[1]
    transcript = join(case["id"].encode(), u32(case["slot"]), *names, *sent)
    tags = [derive(key, f"invite {role}", context=transcript) for role in ("joiner", "inviter")]
    return [*sent, key, *tags] == [
        raw(case["joiner"]["pake"]), raw(case["inviter"]["pake"]), raw(case["key"]),
        raw(case["joiner"]["tag"]), raw(case["inviter"]["tag"]),
    ]  # fmt: skip


def exchanged(case: Case) -> bool:
    """Whether AgentMesh, with the case's scalars, says and proves what the case has."""
    parties = Parties(
        id=case["id"],
        slot=case["slot"],
        joiner=Party(Amid(case["joiner"]["amid"]), raw(case["joiner"]["signing_key"])),
        inviter=Party(Amid(case["inviter"]["amid"]), raw(case["inviter"]["signing_key"])),
    )
    for role, other in (("joiner", "inviter"), ("inviter", "joiner")):
        scalar = int.from_bytes(raw(case[role]["scalar"]), "little")
        drawn = scalar.to_bytes(64, "big")
        side = Exchange(parties, case["words"], lambda _, it=drawn: it, is_joiner=role == "joiner")
        proof = side.finish(raw(case[other]["pake"]))
        tags = Secret(raw(case["joiner"]["tag"])), Secret(raw(case["inviter"]["tag"]))
        if side.message != raw(case[role]["pake"]) or (proof.of_joiner, proof.of_inviter) != tags:
            return False
    return True


def _party(party: Case) -> tuple[bytes, bytes]:
    return party["amid"].encode(), raw(party["signing_key"])


@pytest.mark.parametrize("case", VALID, ids=[case["words"] for case in VALID])
def test_both_readings_agree_with_a_vector(case: Case) -> None:
    assert agreed(case)
    assert exchanged(case)


@pytest.mark.parametrize("case", MUST_FAIL, ids=[case["what"] for case in MUST_FAIL])
def test_both_readings_refuse_what_is_wrong(case: Case) -> None:
    for reading in (agreed, exchanged):
        with contextlib.suppress(AgentMeshError, CryptoError, ValueError):
            assert not reading(case)
