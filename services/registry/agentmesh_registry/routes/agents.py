"""Registering and looking up: the agent's record is the only truth about what it says."""

import base64
from http import HTTPStatus

import msgspec

from agentmesh.errors import NotPermitted, Refused
from agentmesh.protocol.did import did_document
from agentmesh.protocol.feedback import MIN_RATERS
from agentmesh.protocol.ids import Amid, did_of, parse_amid
from agentmesh.protocol.times import to_text
from agentmesh_registry.admission import admit, admitted
from agentmesh_registry.auth import prove
from agentmesh_registry.bodies import AgentView, Lookup, LookupProved, Register
from agentmesh_registry.desk import Call, Desk, Reply
from agentmesh_registry.rates import household
from agentmesh_registry.refusals import revoked
from agentmesh_registry.storage.agents import Agent


async def register(desk: Desk, call: Call, asked: Register) -> Reply:
    """Register an agent, or replace its record by one with a higher sequence."""
    desk.gates.registrations.check(household(call.address))
    if call.authorization is not None:  # who it is, is not known yet: a stamp costs one hash
        desk.stamps.check(call.authorization.amid, call.stamp)
    created = await _keep(desk, call, asked)
    desk.stamps.registered(Amid(created[0].amid), is_new=created[1] == "created")
    return Reply(
        body=created[0], status=HTTPStatus.CREATED if created[1] == "created" else HTTPStatus.OK
    )


async def capabilities(desk: Desk, call: Call, asked: Register) -> Reply:
    """Replace the record of a registered agent: its adverts are part of it."""
    new = admit(asked.record, desk.now())
    if await desk.agents.signing_key(new.amid) is None:
        raise not_found(new.amid)
    view, _ = await _keep(desk, call, asked)
    return Reply(body=view)


async def lookup(desk: Desk, _call: Call, asked: LookupProved) -> Reply:
    """Tell what an agent says about itself, and what this registry says about it, with proof."""
    return Reply(body=await _proved(desk, parse_amid(asked.amid), asked.log_size))


async def did(desk: Desk, _call: Call, asked: Lookup) -> Reply:
    """Return an agent's DID document."""
    agent = await find(desk, parse_amid(asked.amid))
    record, exchange = admitted(agent.signed)
    document = did_document(agent.signing_key, exchange.key, record.relay_endpoint, record.sequence)
    return Reply(body=document, content_type="application/did+ld+json")


async def find(desk: Desk, amid: Amid) -> Agent:
    """Return an agent, or raise `agent_not_found` or `identity_revoked`."""
    agent = await desk.agents.get(amid, desk.now())
    if agent is None:
        raise not_found(amid)
    if agent.revoked_at is not None:
        raise revoked(amid)
    return agent


def not_found(amid: Amid) -> Refused:
    """Return the error that says: nobody here by that name."""
    return Refused(
        "agent_not_found",
        f"No agent {amid} is registered here.",
        "It has never registered, or its record has expired.",
    )


async def _proved(desk: Desk, amid: Amid, known: int) -> AgentView:
    found = await desk.ledger.agent(amid, desk.now(), known)
    if found is None:
        raise not_found(amid)
    agent, proof = found
    if agent.revoked_at is not None:
        raise revoked(amid)
    chain = await desk.certificates.chain(agent.certificate)
    return msgspec.structs.replace(view_of(agent, desk.now()), log=proof, certificates=chain)


def view_of(agent: Agent, now: int) -> AgentView:
    """Return an agent as others see it."""
    record, exchange = admitted(agent.signed)
    return AgentView(
        amid=agent.amid,
        did=did_of(agent.amid),
        tier=int(agent.tier) if agent.tier.is_integer() else agent.tier,
        display_name=record.display_name,
        organization=agent.organization,
        signing_public_key="ed25519:" + base64.b64encode(agent.signing_key).decode(),
        exchange_public_key="x25519:" + base64.b64encode(exchange.key).decode(),
        capabilities=record.capabilities,
        relay_endpoint=record.relay_endpoint,
        direct_endpoint=record.direct_endpoint,
        framework=record.framework,
        framework_version=record.framework_version,
        status=agent.status_at(now),
        last_seen=None if agent.last_seen is None else to_text(agent.last_seen / 1000),
        reputation_score=agent.reputation_score,
        ratings_count=agent.ratings_count,
        reputation_status="rated" if agent.ratings_count >= MIN_RATERS else "unrated",
        sequence=record.sequence,
        published_at=to_text(record.published_at / 1000),
        expires_at=to_text(record.expires_at / 1000),
        registered_at=to_text(agent.registered_at / 1000),
        record=agent.signed,
        flags=agent.flags_at(now),
    )


async def _keep(desk: Desk, call: Call, asked: Register) -> tuple[AgentView, str]:
    now = desk.now()
    new = admit(asked.record, now)
    seen = await prove(desk, call, new.signing_key)
    if seen.amid != new.amid:
        raise NotPermitted("not_permitted", "An agent registers itself, and nobody else.")
    if asked.verification_token:
        raise NotPermitted(
            "verification_token_invalid",
            "This registry has not issued that token.",
            "Leave it out: the agent is registered as tier 2.",
        )
    outcome = await desk.agents.put(new, now, desk.nonces.noting(seen, now))
    if outcome == "stale":
        raise Refused(
            "stale_record",
            "A newer record of this agent is here already.",
            "Sign it again with a higher `sequence`.",
        )
    if outcome == "revoked":
        raise revoked(new.amid)
    return await _proved(desk, new.amid, asked.log_size), outcome
