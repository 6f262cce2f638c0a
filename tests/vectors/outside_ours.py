"""What AgentMesh makes of the vectors of what stands outside a session."""

import msgspec
from msgspec.structs import replace

from agentmesh.crypto import kem
from agentmesh.crypto.seal import ReplySecret, open_with_prekeys, open_with_reply_key
from agentmesh.crypto.secret import Secret
from agentmesh.identity.trust import safety_number
from agentmesh.messages.envelope import Receipt, decode_receipt, encode_receipt
from agentmesh.protocol import frames
from agentmesh.protocol.frames import Letter, SealedToPrekeys, SealedToReplyKey
from agentmesh.protocol.records import ExchangeKey
from agentmesh.protocol.relay_frames import ConnectClaim
from agentmesh.protocol.signed import Document, Purpose, Signed, read
from tests.vectors.reading import Case, raw

DOCUMENTS: dict[str, type[Document]] = {"connect": ConnectClaim, "exchange-key": ExchangeKey}


def signed(case: Case) -> bool:
    found = Signed(raw(case["payload"]), raw(case["signer"]), raw(case["signature"]))
    kind = DOCUMENTS.get(case["purpose"], ConnectClaim)
    document = read(found, kind, Purpose(case["purpose"]))
    says = msgspec.to_builtins(document, builtin_types=(bytes,))
    plain = {name: it.hex() if isinstance(it, bytes) else it for name, it in says.items()}
    return found.amid == case["amid"] and plain == case["document"]


def sealed(case: Case) -> bool:
    private, seed = (Secret(raw(case[name]["private"])) for name in ("x25519", "ml_kem"))
    secret, public = kem.decapsulate_naming(seed, raw(case["kem_ciphertext"]))
    if (secret, public) != (Secret(raw(case["kem_secret"])), raw(case["ml_kem"]["public"])):
        return False
    frame = frames.decode(raw(case["frame"]))
    changed = {name: raw(case[name]) for name in ("ephemeral", "kem_ciphertext", "box")}
    match frame, case["label"]:
        case SealedToPrekeys(), "seal to prekeys":
            ids = dict(zip(("signed_prekey_id", "kem_prekey_id"), case["names"], strict=True))
            letter = open_with_prekeys(replace(frame, **ids, **changed), private, seed)
        case SealedToReplyKey(), "seal to reply key":
            named = replace(frame, reply_key_id=case["names"], **changed)
            letter = open_with_reply_key(named, ReplySecret(case["names"], private, seed))
        case _:
            return False
    return letter == msgspec.msgpack.decode(raw(case["letter"]), type=Letter)


def receipt_body(case: Case) -> bool:
    told = Receipt(
        delivered_up_to=case["delivered_up_to"],
        delivered_also=tuple(case["delivered_up_to"] + it for it in case["delivered_ahead"]),
        consumed_up_to=case["consumed_up_to"],
        consumed_also=tuple(case["consumed_up_to"] + it for it in case["consumed_ahead"]),
        room_up_to=case["room_up_to"] or 0,
    )
    body = raw(case["body"])
    return decode_receipt(body) == told and encode_receipt(told) == body


def safety(case: Case) -> bool:
    found = safety_number(raw(case["one"]), raw(case["other"]))
    return found.replace(" ", "") == case["digits"]
