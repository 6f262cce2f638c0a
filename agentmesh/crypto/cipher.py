"""The cipher of a session, whatever its suite: how each begins, and what all have in common.

All of them are values with `seal`, `open`, `seal_receipt` and `open_receipt`; nobody outside this
room has to know which one it holds.
"""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from agentmesh.crypto import suites
from agentmesh.crypto.bundle import VerifiedBundle
from agentmesh.crypto.olm import library
from agentmesh.crypto.olm.library import Account
from agentmesh.crypto.olm_cipher import OlmCipher
from agentmesh.crypto.pqxdh import Greeting, Initiator, Responder, Root, initiate, respond
from agentmesh.crypto.session_cipher import SessionCipher
from agentmesh.crypto.x3dh_only import X3dhOnlyCipher
from agentmesh.errors import CryptoError, RemoteProtocolError
from agentmesh.protocol.frames import Handshake, OlmAnswer, OlmKeys
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.world import Entropy

Cipher = SessionCipher | X3dhOnlyCipher | OlmCipher


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the side that knocks keeps until it is answered. `olm` is the suite's own, if any."""

    suite: str
    root: Root
    olm: Account | None = None


def ask(
    us: Initiator, knock_id: SessionId, bundle: VerifiedBundle, suite: str, entropy: Entropy
) -> tuple[Handshake, Asked]:
    """Return what the KNOCK has to say, and what to keep for the answer."""
    handshake, root = initiate(us, knock_id, bundle, suite, entropy)
    if suite != suites.OLM:
        return handshake, Asked(suite=suite, root=root)
    account = library.best().make_account()
    keys = OlmKeys(account.identity, account.one_time)
    said = msgspec.structs.replace(handshake, olm=keys)
    return said, Asked(suite=suite, root=root, olm=account)


def of_initiator(
    session_id: SessionId, asked: Asked, answer: OlmAnswer | UnsetType, now: float, entropy: Entropy
) -> Cipher:
    """Return the cipher of the side that knocked, once it was let in."""
    match asked.suite, asked.olm, answer:
        case suites.PQXDH_DR, None, UnsetType():
            return SessionCipher.initiator(session_id, asked.root, entropy)
        case suites.X3DH_ONLY, None, UnsetType():
            return X3dhOnlyCipher.begin(session_id, asked.root, "initiator", now)
        case suites.OLM, Account() as account, OlmAnswer():
            return OlmCipher.initiator(session_id, asked.root, account, answer)
        case _:
            raise RemoteProtocolError("accept_differs")


def of_responder(
    us: Responder, greeting: Greeting, now: float
) -> tuple[Cipher, OlmAnswer | UnsetType]:
    """Return the cipher of the side that lets in, and what its ACCEPT has to say for the suite."""
    handshake, session_id = greeting.handshake, greeting.knock_id
    root = respond(us, greeting)
    match handshake.suite, handshake.olm:
        case suites.PQXDH_DR, UnsetType():
            return SessionCipher.responder(session_id, root, us.signed_prekey.private), UNSET
        case suites.X3DH_ONLY, UnsetType():
            return X3dhOnlyCipher.begin(session_id, root, "responder", now), UNSET
        case suites.OLM, OlmKeys() as keys:
            return OlmCipher.responder(session_id, root, keys, library.best())
        case _:
            raise CryptoError("handshake_invalid")


def from_version_1(saved: Sequence[object]) -> list[object]:
    """Return what a saved cipher of version 1 is today: it had one suite, and did not name it."""
    return [suites.PQXDH_DR, *saved]
