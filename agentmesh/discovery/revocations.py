"""A revocation as a registry shows it: by whom it has to be, so that it is believed."""

from collections.abc import Awaitable, Callable

import msgspec

from agentmesh.errors import CryptoError, RemoteProtocolError
from agentmesh.identity.registry_log import LogFault
from agentmesh.protocol.certificates.form import Certificate
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.revocation import Revocation, Revoked, Voices, read_revocation
from agentmesh.protocol.signed import Purpose, Signed, read
from agentmesh.protocol.transparency import LogProof

Authority = Callable[[], Awaitable[Certificate | None]]
"""Returns the authority whose organisations count; None if there is none."""


class RevocationAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an identity was taken back."""

    revoked: bool
    revocation: bytes | None = None
    log: LogProof | None = None


async def no_authority() -> None:
    """Return that no organisation counts."""


async def revocation_in(
    data: bytes, amid: Amid, log_key: bytes | None, authority: Authority
) -> Revoked:
    """Return the revocation of an identity in these bytes, or blame the registry."""
    try:
        signed = msgspec.msgpack.decode(data, type=Signed)
        is_organizations = read(signed, Revocation, Purpose.REVOCATION).issuer == "organization"
    except (msgspec.MsgspecError, CryptoError, RemoteProtocolError, RecursionError):
        raise _unproved("of no form") from None
    # The others' words do not depend on whether there is an authority, and who it is.
    voices = Voices(log_key, await authority() if is_organizations else None)
    try:
        revoked = read_revocation(signed, voices)
    except RemoteProtocolError:
        raise _unproved("by somebody who may not make it") from None
    if revoked.revocation.amid != amid:
        raise _unproved("of somebody else")
    return revoked


def _unproved(what: str) -> LogFault:
    return LogFault("revocation_unproved", f"has a revocation {what}")
