"""The authority, and how an agent comes by its certificate."""

from agentmesh.errors import NotPermitted, Refused
from agentmesh.protocol.certificates.chain import Vouched, read_chain
from agentmesh.protocol.certificates.names import parse_domain
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.times import to_text
from agentmesh_registry.auth import authenticate
from agentmesh_registry.bodies import Nothing
from agentmesh_registry.certificate_bodies import AuthorityView, Chain, Obtain
from agentmesh_registry.desk import Call, Desk, Reply
from agentmesh_registry.routes.agents import find
from agentmesh_registry.storage.certificates import AUTHORITY, Kept, is_persons, serial_text

RENEWED_MS = 30 * 86_400_000
"""A certificate that holds longer than that is handed out again."""


async def authority(desk: Desk, _call: Call, _asked: Nothing) -> Reply:
    """Tell whose certificates count here, and which were taken back."""
    certificate = desk.authority.require().certificate.data
    revoked = await desk.certificates.revoked_by_authority(desk.now())
    return Reply(
        body=AuthorityView(certificate=certificate, revoked=await desk.authority.list_of(revoked))
    )


async def obtain(desk: Desk, call: Call, asked: Obtain) -> Reply:
    """Give the calling agent its certificate: from now on others see it."""
    caller = await authenticate(desk, call)
    issuer = parse_domain(asked.organization) if asked.organization else AUTHORITY
    found = await (_of_fleet(desk, caller, issuer) if issuer else _of_person(desk, caller))
    await desk.certificates.take(caller, found.serial, desk.now())
    chain = await desk.certificates.chain(found.serial)
    said = _checked(desk, chain)
    return Reply(body=Chain(certificates=chain, expires_at=to_text(said.not_after)))


def _checked(desk: Desk, chain: tuple[bytes, ...]) -> Vouched:
    if not chain:
        raise _nothing("Its organisation does not speak for its domain any more.")
    return read_chain(chain, desk.authority.require().certificate)


async def _of_fleet(desk: Desk, caller: Amid, domain: str) -> Kept:
    found = await desk.certificates.newest(caller, domain, desk.now())
    if found is None:
        raise _nothing(f"{domain} has issued none for this agent.")
    return found


async def _of_person(desk: Desk, caller: Amid) -> Kept:
    agent = await find(desk, caller)
    if not is_persons(agent.owner):
        raise NotPermitted(
            "not_permitted",
            "Nobody has proved to own this agent.",
            "agentmesh verify-me",
        )
    kept = await desk.certificates.newest(caller, AUTHORITY, desk.now() + RENEWED_MS)
    if kept is not None:
        return kept
    made = await desk.authority.for_person(agent.signing_key)
    await desk.certificates.offer(made, AUTHORITY, desk.now())
    return Kept(
        serial=serial_text(made.contents),
        issuer=AUTHORITY,
        subject=caller,
        data=made.data,
        expires_at=made.contents.not_after * 1000,
        revoked_at=None,
    )


def _nothing(why: str) -> Refused:
    return Refused("certificate_not_found", f"There is no certificate. {why}")
