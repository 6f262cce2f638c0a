"""How an owner proves that an agent is theirs.

The agent's daemon begins; the owner signs in, or reads a letter, and gets a code; the daemon hands
the code in. Nobody is proved by a link alone: who is lured into signing in would have to give the
code away as well.
"""

import base64
import hashlib

from agentmesh.errors import AgentMeshError, NotPermitted, Refused, RemoteProtocolError
from agentmesh.protocol.ids import Amid
from agentmesh_registry.admission import admitted
from agentmesh_registry.auth import authenticate
from agentmesh_registry.bodies import (
    BeginProof,
    Callback,
    Nothing,
    ProofBegun,
    Prove,
    ProviderList,
)
from agentmesh_registry.desk import Call, Desk, Reply
from agentmesh_registry.owners import mail
from agentmesh_registry.owners.codes import mark_of_code, mark_of_owner, new_code
from agentmesh_registry.owners.pages import code_page, failure_page
from agentmesh_registry.owners.providers import Mail
from agentmesh_registry.owners.sign_in import SignInDesk, Trip
from agentmesh_registry.rates import household
from agentmesh_registry.routes.agents import find, view_of
from agentmesh_registry.storage.attempts import LIFE_MS, Attempt

_EMAIL = "email"


async def providers(desk: Desk, _call: Call, _asked: Nothing) -> Reply:
    """List where owners can prove who they are."""
    return Reply(body=ProviderList(providers=desk.owners.names))


async def begin(desk: Desk, call: Call, asked: BeginProof) -> Reply:
    """Begin to prove who owns the calling agent: by signing in at `url`, or by a letter."""
    desk.gates.registrations.check(household(call.address))
    caller = await authenticate(desk, call)
    if asked.provider == _EMAIL and desk.owners.mail is not None:
        return await _by_letter(desk, desk.owners.mail, caller, asked.address)
    if asked.provider not in desk.owners.sign_in:
        raise Refused(
            "unknown_provider",
            "This registry does not know that provider.",
            f"It knows: {', '.join(desk.owners.names) or 'none'}.",
        )
    trip = Trip(state=_drawn(desk), nonce=_drawn(desk), verifier=_drawn(desk))
    attempt = Attempt(
        id=_drawn(desk),
        amid=caller,
        provider=asked.provider,
        state=hashlib.sha256(trip.state.encode()).digest(),
        nonce=trip.nonce,
        verifier=trip.verifier,
        expires_at=desk.now() + LIFE_MS,
    )
    url = await desk.owners.sign_in[asked.provider].address(trip, _callback(desk, asked.provider))
    await _keep(desk, attempt)
    return Reply(body=ProofBegun(attempt=attempt.id, url=url, expires_in_seconds=LIFE_MS // 1000))


async def callback(desk: Desk, _call: Call, asked: Callback) -> Reply:
    """Where a provider sends the owner's browser: shows a code to type into the terminal."""
    try:
        return await _signed_in(desk, asked)
    except AgentMeshError as error:
        return failure_page(error.message)


async def prove(desk: Desk, call: Call, asked: Prove) -> Reply:
    """Hand in the code that the owner was shown. From then on the agent is verified."""
    caller = await authenticate(desk, call)
    code = mark_of_code(asked.attempt, asked.code)
    outcome = await desk.attempts.prove(caller, asked.attempt, code, desk.now())
    if outcome == "proved":
        return Reply(body=view_of(await find(desk, caller), desk.now()))
    raise Refused(outcome, *_REFUSALS[outcome])


_REFUSALS = {
    "attempt_unknown": (
        "There is no such attempt, or its time is over, or there were too many wrong codes.",
        "Begin again: agentmesh verify-me",
    ),
    "code_wrong": ("That is not the code.", "It stands on the page, or in the letter."),
    "owned_by_another": (
        "This agent belongs to another owner.",
        "An agent keeps its owner; another one needs an identity of its own.",
    ),
}


async def _by_letter(desk: Desk, settings: Mail, caller: Amid, text: str) -> Reply:
    address, code = mail.normal(text), new_code(desk.owners.entropy)
    name = _drawn(desk)
    attempt = Attempt(
        id=name,
        amid=caller,
        provider=_EMAIL,
        owner=mark_of_owner(await desk.attempts.owner_key(), _EMAIL, address),
        code=mark_of_code(name, code),
        expires_at=desk.now() + LIFE_MS,
    )
    await _keep(desk, attempt)
    await mail.send_code(settings, address, code=code, amid=caller, registry=desk.audiences[0])
    return Reply(body=ProofBegun(attempt=name, url="", expires_in_seconds=LIFE_MS // 1000))


async def _keep(desk: Desk, attempt: Attempt) -> None:
    if not await desk.attempts.begin(attempt, desk.now()):
        raise Refused(
            "too_many_attempts",
            "There are too many attempts under way already.",
            f"Each is over after {LIFE_MS // 60_000} minutes.",
        )


async def _signed_in(desk: Desk, asked: Callback) -> Reply:
    state = hashlib.sha256(asked.state.encode()).digest()
    attempt = await desk.attempts.returned(asked.provider, state, desk.now())
    if attempt is None or asked.provider not in desk.owners.sign_in:
        raise RemoteProtocolError("attempt_unknown", "This sign-in is over, or was used before.")
    if asked.error or not asked.code:
        raise NotPermitted("not_permitted", "The provider says that nobody signed in.")
    at: SignInDesk = desk.owners.sign_in[asked.provider]
    trip = Trip(state=asked.state, nonce=attempt.nonce, verifier=attempt.verifier)
    who = await at.subject(trip, _callback(desk, asked.provider), asked.code, asked.iss)
    owner = mark_of_owner(await desk.attempts.owner_key(), at.provider.issuer, who)
    code = new_code(desk.owners.entropy)
    await desk.attempts.signed_in(attempt, owner, mark_of_code(attempt.id, code))
    agent = await find(desk, attempt.amid)
    record, _ = admitted(agent.signed)
    return code_page(code, attempt.amid, record.display_name)


def _callback(desk: Desk, provider: str) -> str:
    # A path of its own for each: what one provider sends is never taken for another's.
    return f"{desk.audiences[0]}/v1/registry/owner/callback/{provider}"


def _drawn(desk: Desk) -> str:
    return base64.urlsafe_b64encode(desk.owners.entropy(32)).rstrip(b"=").decode()
