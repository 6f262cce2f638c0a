"""Who calls: a signed request, by a registered agent, never seen before."""

from contextlib import suppress

from agentmesh.errors import CryptoError
from agentmesh.protocol import requests
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import SIGNATURE_MAX_AGE
from agentmesh.protocol.requests import Authorization, Request
from agentmesh_registry.desk import Call, Desk
from agentmesh_registry.storage.nonces import Seen


async def authenticate(desk: Desk, call: Call, signing_key: bytes | None = None) -> Amid:
    """Return the caller's AMID.

    The key is the one it registered with, or the given one: the signer of the record that this
    very request registers.
    """
    seen = await prove(desk, call, signing_key)
    await desk.nonces.remember(seen, desk.now())
    return seen.amid


async def authenticate_to_revoke(desk: Desk, call: Call) -> Amid:
    """Return the caller's AMID; its identity may be revoked already: an answer may get lost."""
    given = call.authorization
    known = await desk.agents.signing_key(given.amid) if given else None
    return await authenticate(desk, call, known[0] if known else None)


async def prove(desk: Desk, call: Call, signing_key: bytes | None = None) -> Seen:
    """Return who calls, as far as the signature tells.

    Whether the request came before, and whether an agent that is registered still counts, is known
    when it is remembered (`Nonces.noting`).
    """
    given = call.authorization
    if given is None:
        raise requests.not_signed()
    key = signing_key or await desk.signers.key_of(given.amid)
    _verify(desk, call, given, key)
    desk.gates.agent_requests.check(given.amid)
    until = (given.seconds + SIGNATURE_MAX_AGE + 1) * 1000
    return Seen(amid=given.amid, nonce=given.nonce, until=until, must_stand=signing_key is None)


def _verify(desk: Desk, call: Call, given: Authorization, key: bytes) -> None:
    for audience in desk.audiences:
        request = Request(audience, call.method, call.target, call.body)
        with suppress(CryptoError):
            return requests.verify(given, request, key, desk.clock.now())
    raise CryptoError(
        "signature_invalid",
        "The signature does not fit the request.",
        f"Sign it for {desk.audiences[0]}, with the path and body as they are sent.",
    )
