"""Taking an identity back: by its own key, by its organisation, or by a registry, with a reason.

A revocation is for good. It may name a successor, whose key has agreed by signing, too; it moves
nobody: each contact's owner decides whether to follow.
"""

from typing import Annotated, Literal, get_args

import msgspec

from agentmesh.errors import AgentMeshError, RemoteProtocolError
from agentmesh.protocol.bounded import Milliseconds, Note
from agentmesh.protocol.certificates.chain import MAX_CHAIN, check_time, read_chain
from agentmesh.protocol.certificates.contents import Contents
from agentmesh.protocol.certificates.form import Certificate
from agentmesh.protocol.ids import Amid, parse_amid
from agentmesh.protocol.limits import MAX_CERTIFICATE
from agentmesh.protocol.signed import Document, Purpose, Signed, read

RevocationReason = Literal[
    "key_compromise",
    "superseded",
    "cessation_of_operation",
    "privilege_withdrawn",
    "policy_violation",
    "other",
]
FleetReason = Literal[
    "key_compromise",
    "cessation_of_operation",
    "privilege_withdrawn",
    "policy_violation",
    "other",
]
"""Why an organisation takes an agent back: who succeeds whom is the key's to say."""
Issuer = Literal["key", "organization", "registry"]
_Data = Annotated[bytes, msgspec.Meta(max_length=MAX_CERTIFICATE)]


class Succession(Document, frozen=True, kw_only=True):
    """I, the signer, take the place of an identity that is taken back."""

    predecessor: Amid
    successor: Amid
    timestamp: Milliseconds


class Revocation(Document, frozen=True, kw_only=True, omit_defaults=True):
    """This identity counts no more. `issuer` says in which role the signer speaks.

    `certificates`: the agent's and the organisation's, where that one speaks. `note` is shown to
    owners; nothing depends on it.
    """

    amid: Amid
    reason: RevocationReason
    issuer: Issuer
    timestamp: Milliseconds
    successor: Signed | None = None
    note: Note = ""
    certificates: Annotated[tuple[_Data, ...], msgspec.Meta(max_length=MAX_CHAIN)] = ()


class Revoked(msgspec.Struct, frozen=True, kw_only=True):
    """A revocation that counts.

    `successor`: who takes the place of the old one, if anybody does. `by`: what the organisation
    that speaks says of the agent, where one does.
    """

    revocation: Revocation
    successor: Amid | None = None
    by: Contents | None = None

    @property
    def organization(self) -> str:
        """The organisation that took the identity back; "" if none did."""
        return "" if self.by is None else self.by.organization


class Voices(msgspec.Struct, frozen=True):
    """Who may take an identity back besides its own key, as far as the reader knows them.

    `registry`: the key of the registry's log. `authority`: who vouches for organisations.
    """

    registry: bytes | None = None
    authority: Certificate | None = None


NOBODY_ELSE = Voices()


def read_revocation(signed: Signed, voices: Voices = NOBODY_ELSE) -> Revoked:
    """Return a revocation if its signer may say so, or blame whoever showed it.

    The key of an identity takes that identity back. A registry takes back what it lists: its
    signer is the key of its log, where that is known. An organisation takes back an agent of its
    fleet: the signer is the key that issued the agent's certificate, and the chain held when it
    signed. Whether the agent was still of the fleet then is the registry's to know.
    """
    try:
        revocation = read(signed, Revocation, Purpose.REVOCATION)
        if parse_amid(revocation.amid) == revocation.amid:
            by = _speaker(signed, revocation, voices)
            successor = _successor(signed, revocation)
            return Revoked(revocation=revocation, successor=successor, by=by)
    except AgentMeshError:
        pass
    raise _refused()


def _speaker(signed: Signed, revocation: Revocation, voices: Voices) -> Contents | None:
    """Return what an organisation says of its agent, None if it is no organisation that speaks.

    Raise for whoever may not speak in this role.
    """
    if revocation.issuer == "organization":
        return _of_fleet(signed, revocation, voices.authority)
    may_say = {
        "key": signed.amid == revocation.amid,
        "registry": voices.registry is not None and signed.signer == voices.registry,
    }
    if not may_say[revocation.issuer] or revocation.certificates:
        raise _refused()
    return None


def _of_fleet(signed: Signed, revocation: Revocation, authority: Certificate | None) -> Contents:
    if authority is None or revocation.reason not in get_args(FleetReason):
        raise _refused()
    said = read_chain(revocation.certificates, authority)
    is_theirs = said.issuer.kind == "organization" and said.issuer.key == signed.signer
    if not is_theirs or said.amid != revocation.amid:
        raise _refused()
    check_time(said.not_before, said.not_after, revocation.timestamp / 1000)
    return said.agent


def _successor(signed: Signed, revocation: Revocation) -> Amid | None:
    if revocation.successor is None:
        return None
    agreed = read(revocation.successor, Succession, Purpose.SUCCESSION)
    named = (agreed.predecessor, agreed.successor)
    is_apt = revocation.issuer == "key" and revocation.reason == "superseded"
    if not is_apt or named != (signed.amid, revocation.successor.amid) or named[0] == named[1]:
        raise _refused()
    return agreed.successor


def _refused() -> RemoteProtocolError:
    return RemoteProtocolError(
        "revocation_invalid", "That is no revocation by somebody who may make it."
    )
