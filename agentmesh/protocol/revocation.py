"""Taking an identity back: by its own key, by its organisation, or by a registry, with a reason.

A revocation is for good. It may name a successor, whose key has agreed by signing, too; it moves
nobody: each contact's owner decides whether to follow.
"""

from typing import Literal

import msgspec

from agentmesh.errors import AgentMeshError, RemoteProtocolError
from agentmesh.protocol.bounded import Milliseconds, Note
from agentmesh.protocol.ids import Amid, parse_amid
from agentmesh.protocol.signed import Document, Purpose, Signed, read

RevocationReason = Literal[
    "key_compromise",
    "superseded",
    "cessation_of_operation",
    "privilege_withdrawn",
    "policy_violation",
    "other",
]
Issuer = Literal["key", "organization", "registry"]


class Succession(Document, frozen=True, kw_only=True):
    """I, the signer, take the place of an identity that is taken back."""

    predecessor: Amid
    successor: Amid
    timestamp: Milliseconds


class Revocation(Document, frozen=True, kw_only=True):
    """This identity counts no more. `issuer` says in which role the signer speaks.

    `note` is shown to owners; nothing depends on it.
    """

    amid: Amid
    reason: RevocationReason
    issuer: Issuer
    timestamp: Milliseconds
    successor: Signed | None = None
    note: Note = ""


class Revoked(msgspec.Struct, frozen=True, kw_only=True):
    """A revocation that counts, and the AMID that takes the place of the old one, if any does."""

    revocation: Revocation
    successor: Amid | None = None


def read_revocation(signed: Signed, registry_key: bytes | None = None) -> Revoked:
    """Return a revocation if its signer may say so, or blame whoever showed it.

    The key of an identity takes that identity back. A registry takes back what it lists: its
    signer is the key of its log, where that is known. Organisations need a certificate for it,
    which no reader of this version can check: theirs do not count.
    """
    try:
        revocation = read(signed, Revocation, Purpose.REVOCATION)
        is_amid = parse_amid(revocation.amid) == revocation.amid
        may_say = {
            "key": signed.amid == revocation.amid,
            "registry": registry_key is not None and signed.signer == registry_key,
            "organization": False,
        }
        if is_amid and may_say[revocation.issuer]:
            return Revoked(revocation=revocation, successor=_successor(signed, revocation))
    except AgentMeshError:
        pass
    raise RemoteProtocolError(
        "revocation_invalid", "That is no revocation by somebody who may make it."
    )


def _successor(signed: Signed, revocation: Revocation) -> Amid | None:
    if revocation.successor is None:
        return None
    agreed = read(revocation.successor, Succession, Purpose.SUCCESSION)
    named = (agreed.predecessor, agreed.successor)
    is_apt = revocation.issuer == "key" and revocation.reason == "superseded"
    if not is_apt or named != (signed.amid, revocation.successor.amid) or named[0] == named[1]:
        raise RemoteProtocolError("revocation_invalid")
    return agreed.successor
