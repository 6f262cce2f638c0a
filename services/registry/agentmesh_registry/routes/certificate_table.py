"""The routes of organisations and certificates; they are part of the one table."""

from agentmesh_registry import bodies
from agentmesh_registry import certificate_bodies as words
from agentmesh_registry.log_bodies import RevocationView
from agentmesh_registry.routes import certificates, organizations
from agentmesh_registry.routes.route import Route

_ORGANIZATION = words.OrganizationView

CERTIFICATE_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/registry/authority",
        run=certificates.authority,
        asked=bodies.Nothing,
        said=words.AuthorityView,
        refusals=(404,),
    ),
    Route(
        method="POST",
        path="/v1/registry/certificate",
        run=certificates.obtain,
        asked=words.Obtain,
        said=words.Chain,
        is_signed=True,
        refusals=(404, 410),
    ),
    Route(
        method="POST",
        path="/v1/registry/org/register",
        run=organizations.org_register,
        asked=words.ClaimDomain,
        said=words.Challenge,
        is_signed=True,
        refusals=(404, 409, 410),
    ),
    Route(
        method="POST",
        path="/v1/registry/org/verify",
        run=organizations.org_verify,
        asked=words.OfDomain,
        said=_ORGANIZATION,
        is_signed=True,
        refusals=(404, 409, 410),
    ),
    Route(
        method="POST",
        path="/v1/registry/org/agents",
        run=organizations.org_agents,
        asked=words.Offer,
        said=_ORGANIZATION,
        is_signed=True,
        refusals=(404, 409, 410),
    ),
    Route(
        method="POST",
        path="/v1/registry/org/revoked",
        run=organizations.org_revoked,
        asked=words.PublishList,
        said=_ORGANIZATION,
        is_signed=True,
        refusals=(404, 409, 410),
    ),
    Route(
        method="POST",
        path="/v1/registry/org/revoke-identity",
        run=organizations.org_revoke_identity,
        asked=words.RevokeOfFleet,
        said=RevocationView,
        is_signed=True,
        refusals=(404, 409, 410),
    ),
    Route(
        method="GET",
        path="/v1/registry/org/lookup",
        run=organizations.org_lookup,
        asked=words.OfDomain,
        said=_ORGANIZATION,
        refusals=(404,),
    ),
)
