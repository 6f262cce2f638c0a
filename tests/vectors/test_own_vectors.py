"""The frozen vectors: the independent checker agrees with them, and so does AgentMesh."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agentmesh.crypto import kem, padding
from agentmesh.crypto.aead import open_box
from agentmesh.crypto.cipher import from_version_1
from agentmesh.crypto.kdf import derive
from agentmesh.crypto.key_pair import KeyPair
from agentmesh.crypto.pqxdh import Greeting, Responder, Root, respond
from agentmesh.crypto.secret import Secret, unpack
from agentmesh.crypto.session_cipher import SessionCipher, encode_header, header_mac
from agentmesh.errors import AgentMeshError
from agentmesh.protocol import frames
from agentmesh.protocol.frames import Handshake, Header, MessageFrame, PqHeader, ReceiptFrame
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.limits import MAX_FRAME
from agentmesh.protocol.records import ExchangeKey
from agentmesh.protocol.signed import Signed
from tests.vectors import check, outside_ours, weak

Case = dict[str, Any]
raw = bytes.fromhex


def cases(name: str) -> tuple[list[Case], list[Case]]:
    return check.load(name)


@pytest.mark.parametrize("name", check.CHECKS)
def test_the_independent_checker_agrees(name: str) -> None:
    valid, must_fail = cases(name)
    assert valid
    assert must_fail
    assert all(check.holds(name, case) for case in valid)
    assert [case["what"] for case in must_fail if check.holds(name, case)] == []


def kdf(case: Case) -> bool:
    found = derive(
        Secret(raw(case["key"])),
        case["label"].encode(),
        salt=raw(case["salt"]),
        context=raw(case["context"]),
        length=case["length"],
    )
    return found == Secret(raw(case["output"]))


def padded(case: Case) -> bool:
    plaintext, size = raw(case["plaintext"]), case["size"]
    fits = padding.pad(plaintext, size) == raw(case["padded"])
    return fits and padding.unpad(raw(case["padded"])) == plaintext


def boxed(case: Case) -> bool:
    found = open_box(Secret(raw(case["key"])), raw(case["box"]), raw(case["aad"]))
    return found == raw(case["plaintext"])


def mac(case: Case) -> bool:
    pq = PqHeader(
        case["epoch"], raw(case["public_key"]) or None, raw(case["kem_ciphertext"]) or None
    )
    ratchet_key = raw(case["ratchet_key"])
    header = Header(ratchet_key, case["previous_length"], case["number"], case["frame"], pq)
    encoded = encode_header(header)
    key, ciphertext = Secret(raw(case["key"])), raw(case["ciphertext"])
    found = header_mac(key, case["session_id"], encoded, ciphertext)
    return (encoded, found) == (raw(case["encoded"]), raw(case["mac"]))


def handshake(case: Case) -> bool:
    us, them = case["responder"], case["initiator"]
    one_time = us["one_time"]
    exchange_key = msgspec.msgpack.decode(raw(them["exchange_key"]["payload"]), type=ExchangeKey)
    if exchange_key.key != raw(them["exchange"]["public"]):
        return False
    found = respond(
        Responder(
            identity=raw(us["identity"]),
            exchange_key=_pair(us["exchange"]),
            signed_prekey=_pair(us["signed_prekey"]),
            kem_prekey=_pair(us["kem_prekey"]),
            one_time=_pair(one_time) if one_time else None,
            suites=_signed(us["suites"]),
        ),
        Greeting(
            knock_id=SessionId(case["knock_id"]),
            identity=raw(them["identity"]),
            suites=_signed(them["suites"]),
            handshake=Handshake(
                suite=case["suite"],
                exchange_key=_signed(them["exchange_key"]),
                ephemeral=raw(case["ephemeral"]["public"]),
                peer_exchange_key_id=us["exchange"]["id"],
                peer_suites_sequence=us["suites_sequence"],
                signed_prekey_id=us["signed_prekey"]["id"],
                kem_prekey_id=us["kem_prekey"]["id"],
                one_time_prekey_id=one_time["id"] if one_time else None,
                kem_ciphertext=raw(case["kem_ciphertext"]),
            ),
        ),
    )
    seed, ciphertext = Secret(raw(us["kem_prekey"]["private"])), raw(case["kem_ciphertext"])
    return (
        found.transcript == raw(case["transcript"])
        and found.secret == Secret(raw(case["root"]))
        and kem.decapsulate(seed, ciphertext) == Secret(raw(case["kem_secret"]))
    )


def session(case: Case) -> bool:
    root = Root(
        secret=Secret(raw(case["root"])),
        transcript=raw(case["transcript"]),
        ratchet_key=raw(case["responder_prekey"]["public"]),
    )
    session_id, privates = SessionId(case["session_id"]), case["ratchet_private"]
    ours = iter(map(raw, privates["initiator"]))
    theirs = iter(map(raw, privates["responder"] + privates["responder"]))
    prekey = Secret(raw(case["responder_prekey"]["private"]))
    sides = {
        "initiator": SessionCipher.initiator(session_id, root, lambda size: next(ours)),
        "responder": SessionCipher.responder(session_id, root, prekey),
    }
    draw = {"initiator": lambda size: next(ours), "responder": lambda size: next(theirs)}
    for entry in case["frames"]:
        receiver = {"initiator": "responder", "responder": "initiator"}[entry["from"]]
        # Sealing again moves the sender on; its nonce is another, so only the header is compared.
        sides[entry["from"]], again = sides[entry["from"]].seal(
            raw(entry["plaintext"]), 0.0, os.urandom
        )
        frame = MessageFrame(
            session_id=session_id,
            header=Header(
                raw(entry["ratchet_key"]),
                entry["previous_length"],
                entry["number"],
                entry["number_of_frame"],
                PqHeader(entry["epoch"]),
            ),
            header_mac=raw(entry["mac"]),
            ciphertext=raw(entry["ciphertext"]),
        )
        sides[receiver], plaintext = sides[receiver].open(frame, 0.0, draw[receiver])
        if plaintext != raw(entry["plaintext"]) or again.header != frame.header:
            return False
        if frames.encode(frame) != raw(entry["frame"]):
            return False
    return True


def receipt(case: Case) -> bool:
    root = Root(
        secret=Secret(raw(case["root"])), transcript=raw(case["transcript"]), ratchet_key=b""
    )
    session_id, private = SessionId(case["session_id"]), Secret(b"\x42" * 32)
    responder = SessionCipher.responder(session_id, root, private)
    root = Root(secret=root.secret, transcript=root.transcript, ratchet_key=b"\x09" + bytes(31))
    initiator = SessionCipher.initiator(session_id, root, os.urandom)
    receiver = responder if case["from"] == "initiator" else initiator
    frame = ReceiptFrame(session_id=session_id, epoch=case["epoch"], box=raw(case["box"]))
    return receiver.open_receipt(frame) == raw(case["body"])


OURS = {
    "signed": outside_ours.signed,
    "seal": outside_ours.sealed,
    "kdf": kdf,
    "padding": padded,
    "aead": boxed,
    "header_mac": mac,
    "pqxdh": handshake,
    "session": session,
    "receipt": receipt,
    "receipt_body": outside_ours.receipt_body,
    "safety_number": outside_ours.safety,
    "pqxdh_weak": handshake,
    "numbered": weak.numbered,
    "numbered_receipt": weak.receipt,
    "olm": weak.olm,
}


@pytest.mark.parametrize("name", OURS)
def test_agentmesh_agrees(name: str) -> None:
    valid, must_fail = cases(name)
    assert all(OURS[name](case) for case in valid)
    assert [case["what"] for case in must_fail if _holds(name, case)] == []


def test_the_sizes_of_frames_are_as_frozen() -> None:
    data = json.loads((Path(check.__file__).parent / "padding.json").read_text())
    assert data["frame_sizes"] == list(padding.BUCKETS)
    assert data["frame_sizes"][-1] == MAX_FRAME


def test_saved_ciphers_of_version_1_load_and_go_on() -> None:
    data = json.loads((Path(check.__file__).parent / "state_v1.json").read_text())
    alice, bob = (_of_version_1(raw(data[side])) for side in ("initiator", "responder"))
    for _ in range(3):
        alice, frame = alice.seal(b"still here", 1.0, os.urandom)
        bob, text = bob.open(frame, 1.0, os.urandom)
        assert text == b"still here"
        alice, bob = bob, alice


def _of_version_1(data: bytes) -> SessionCipher:
    assert data[:1] == b"\x01"
    found = from_version_1(msgspec.msgpack.decode(data[1:], type=list[Any]))
    return msgspec.convert(found, SessionCipher, dec_hook=unpack)


def _holds(name: str, case: Case) -> bool:
    try:
        return OURS[name](case)
    except AgentMeshError:
        return False


def _pair(key: Case) -> KeyPair:
    return KeyPair(key["id"], raw(key["public"]), Secret(raw(key["private"])))


def _signed(signed: Case) -> Signed:
    return Signed(raw(signed["payload"]), raw(signed["signer"]), raw(signed["signature"]))
