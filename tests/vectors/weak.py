"""What AgentMesh makes of the vectors of the suites below the floor."""

import os
from typing import Any

import msgspec

from agentmesh.crypto.olm.library import Account
from agentmesh.crypto.olm_cipher import OlmCipher
from agentmesh.crypto.pq_step import Side
from agentmesh.crypto.pqxdh import Root
from agentmesh.crypto.secret import Secret
from agentmesh.crypto.wrapping import Wrapping
from agentmesh.protocol import frames
from agentmesh.protocol.frames import NumberedFrame, OlmAnswer, ReceiptFrame
from agentmesh.protocol.ids import SessionId

Case = dict[str, Any]
raw = bytes.fromhex


def numbered(case: Case) -> bool:
    sides: dict[Side, Wrapping] = {
        side: Wrapping(
            session_id=SessionId(case["session_id"]),
            transcript=raw(case["transcript"]),
            secret=Secret(raw(case["secret"])),
            side=side,
        )
        for side in ("initiator", "responder")
    }
    peer: dict[Side, Side] = {"initiator": "responder", "responder": "initiator"}
    for entry in case["frames"]:
        frame = _numbered(case, entry)
        if frames.encode(frame) != raw(entry["frame"]):
            return False
        receiver = peer[entry["from"]]
        sides[receiver], content = sides[receiver].open(frame, 1000)
        if content != raw(entry["content"]):
            return False
    return True


def receipt(case: Case) -> bool:
    receiver: Side = "responder" if case["from"] == "initiator" else "initiator"
    session_id = SessionId(case["session_id"])
    wrapping = Wrapping(
        session_id=session_id,
        transcript=raw(case["transcript"]),
        secret=Secret(raw(case["secret"])),
        side=receiver,
    )
    frame = ReceiptFrame(session_id=session_id, epoch=case["epoch"], box=raw(case["box"]))
    return wrapping.open_receipt(frame) == raw(case["body"])


def olm(case: Case) -> bool:
    root = Root(
        secret=Secret(raw(case["root"])),
        transcript=raw(case["handshake_transcript"]),
        ratchet_key=b"",
    )
    account = Account(
        library=case["library"],
        pickle=Secret(case["account"].encode()),
        identity=raw(case["initiator_identity"]),
        one_time=raw(case["initiator_one_time"]),
    )
    answer = OlmAnswer(raw(case["responder_identity"]), raw(case["answer"]))
    begun = OlmCipher.initiator(SessionId(case["session_id"]), root, account, answer)
    bound = (begun.wrapping.transcript, begun.wrapping.secret)
    if bound != (raw(case["transcript"]), Secret(raw(case["secret"]))):
        return False
    later = msgspec.structs.replace(begun, pickle=Secret(case["state"].encode()))
    frame = _numbered(case, case["frame"])
    return later.open(frame, 0.0, os.urandom)[1] == raw(case["frame"]["content"])


def _numbered(case: Case, entry: Case) -> NumberedFrame:
    return NumberedFrame(
        session_id=SessionId(case["session_id"]), number=entry["number"], box=raw(entry["box"])
    )
