"""The one table of routes: what is served, checked and documented is what stands here."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from agentmesh.protocol.records import PrekeyBundle, PrekeyUpload
from agentmesh.protocol.transparency import LogHead, LogPage
from agentmesh_registry import bodies, log_bodies
from agentmesh_registry.desk import Call, Desk, Reply
from agentmesh_registry.routes import (
    about,
    agents,
    log,
    owners,
    prekeys,
    presence,
    reputation,
    revoking,
    schemas,
    search,
)

Run = Callable[[Desk, Call, Any], Awaitable[Reply]]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A request type (JSON body, or path and query), an answer type, and a function of a few lines.

    `refusals` are the statuses beside those that every route may answer with.
    """

    method: str
    path: str
    run: Run
    asked: type[msgspec.Struct]
    said: type[msgspec.Struct] | None = None
    is_signed: bool = False
    refusals: tuple[int, ...] = ()

    @property
    def summary(self) -> str:
        """What it does, in one sentence."""
        return (self.run.__doc__ or "").partition("\n")[0]


_AGENT = bodies.AgentView
_SHELF = bodies.PrekeyShelf

ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/v1/registry/register",
        run=agents.register,
        asked=bodies.Register,
        said=_AGENT,
        is_signed=True,
        refusals=(409, 410),
    ),
    Route(
        method="POST",
        path="/v1/registry/capabilities",
        run=agents.capabilities,
        asked=bodies.Register,
        said=_AGENT,
        is_signed=True,
        refusals=(404, 409, 410),
    ),
    Route(
        method="GET",
        path="/v1/registry/lookup",
        run=agents.lookup,
        asked=bodies.LookupProved,
        said=_AGENT,
        refusals=(404, 410),
    ),
    Route(
        method="GET",
        path="/v1/registry/did/{amid}",
        run=agents.did,
        asked=bodies.Lookup,
        refusals=(404, 410),
    ),
    Route(
        method="GET",
        path="/v1/registry/search",
        run=search.search,
        asked=bodies.Find,
        said=bodies.Page,
    ),
    Route(
        method="POST",
        path="/v1/registry/status",
        run=presence.set_status,
        asked=bodies.SetStatus,
        said=bodies.StatusSet,
        is_signed=True,
        refusals=(410,),
    ),
    Route(
        method="POST",
        path="/v1/registry/prekeys",
        run=prekeys.publish,
        asked=PrekeyUpload,
        said=_SHELF,
        is_signed=True,
        refusals=(409, 410),
    ),
    Route(
        method="GET",
        path="/v1/registry/prekeys/{amid}",
        run=prekeys.fetch,
        asked=bodies.FetchPrekeys,
        said=PrekeyBundle,
        is_signed=True,
        refusals=(404, 410),
    ),
    Route(
        method="GET",
        path="/v1/registry/prekeys/{amid}/count",
        run=prekeys.count,
        asked=bodies.Lookup,
        said=_SHELF,
        is_signed=True,
        refusals=(410,),
    ),
    Route(
        method="POST",
        path="/v1/registry/revoke",
        run=revoking.revoke,
        asked=log_bodies.Revoke,
        said=log_bodies.RevocationView,
        is_signed=True,
        refusals=(404, 409),
    ),
    Route(
        method="GET",
        path="/v1/registry/revocation",
        run=revoking.revocation,
        asked=bodies.LookupProved,
        said=log_bodies.RevocationView,
    ),
    Route(
        method="GET",
        path="/v1/registry/revocations",
        run=log.revocations,
        asked=log_bodies.Entries,
        said=LogPage,
    ),
    Route(
        method="POST",
        path="/v1/registry/revocations/bulk",
        run=revoking.revoked_among,
        asked=log_bodies.Bulk,
        said=log_bodies.RevokedOnes,
    ),
    Route(
        method="GET",
        path="/v1/log/head",
        run=log.log_head,
        asked=log_bodies.KnownLog,
        said=LogHead,
    ),
    Route(
        method="GET",
        path="/v1/log/proof",
        run=log.log_proof,
        asked=log_bodies.EntryOf,
        said=log_bodies.EntryProof,
        refusals=(404,),
    ),
    Route(
        method="GET",
        path="/v1/log/consistency",
        run=log.log_consistency,
        asked=log_bodies.Beginning,
        said=log_bodies.Consistency,
        refusals=(404,),
    ),
    Route(
        method="GET",
        path="/v1/log/entries",
        run=log.log_entries,
        asked=log_bodies.Entries,
        said=LogPage,
    ),
    Route(
        method="POST",
        path="/v1/registry/reputation/feedback",
        run=reputation.feedback,
        asked=bodies.Rate,
        said=bodies.Kept,
        is_signed=True,
        refusals=(404,),
    ),
    Route(
        method="POST",
        path="/v1/registry/reputation/session",
        run=reputation.session,
        asked=bodies.Held,
        said=bodies.Kept,
        is_signed=True,
        refusals=(404,),
    ),
    Route(
        method="GET",
        path="/v1/registry/reputation/score",
        run=reputation.score,
        asked=bodies.Lookup,
        said=bodies.ReputationView,
        refusals=(404,),
    ),
    Route(
        method="GET",
        path="/v1/registry/reputation/leaderboard",
        run=reputation.leaderboard,
        asked=bodies.Leaders,
        said=bodies.Page,
    ),
    Route(
        method="POST",
        path="/v1/registry/schemas",
        run=schemas.publish,
        asked=bodies.PublishSchema,
        said=bodies.SchemaView,
        is_signed=True,
        refusals=(409,),
    ),
    Route(
        method="GET",
        path="/v1/registry/schemas",
        run=schemas.fetch,
        asked=bodies.FetchSchema,
        said=bodies.SchemaView,
        refusals=(404,),
    ),
    Route(
        method="GET",
        path="/v1/registry/owner/providers",
        run=owners.providers,
        asked=bodies.Nothing,
        said=bodies.ProviderList,
    ),
    Route(
        method="POST",
        path="/v1/registry/owner/begin",
        run=owners.begin,
        asked=bodies.BeginProof,
        said=bodies.ProofBegun,
        is_signed=True,
        refusals=(404,),
    ),
    Route(
        method="GET",
        path="/v1/registry/owner/callback/{provider}",
        run=owners.callback,
        asked=bodies.Callback,
    ),
    Route(
        method="POST",
        path="/v1/registry/owner/prove",
        run=owners.prove,
        asked=bodies.Prove,
        said=_AGENT,
        is_signed=True,
        refusals=(404, 409),
    ),
    Route(method="GET", path="/v1/stats", run=about.stats, asked=bodies.Nothing, said=bodies.Stats),
)
