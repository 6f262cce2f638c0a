"""The OpenAPI document, made from the table of routes and the types in it."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec

import agentmesh
from agentmesh_registry.bodies import Problem
from agentmesh_registry.problems import CONTENT_TYPE
from agentmesh_registry.routes.route import PAGE, Route

_REF = "#/components/schemas/{name}"
_ANYTIME = (400, 429, 503)
_WORDS = {
    400: "The request is malformed.",
    401: "Not signed, wrongly signed, too old, or seen before.",
    403: "Signed by somebody who may not do that.",
    404: "No such agent, or nothing of it here.",
    408: "The body took too long.",
    409: "Something newer is here already.",
    410: "The identity was revoked.",
    413: "The body is larger than 256 KiB.",
    415: "The body is not plain JSON.",
    428: "A stamp has to be shown first; `stamp_bits` says how good it has to be.",
    429: "Too many requests; `Retry-After` tells when to come again.",
    503: "The database does not answer.",
}


def build(routes: Sequence[Route], origin: str) -> dict[str, Any]:
    """Return the document of these routes."""
    types: list[type] = [
        Problem,
        *(it for route in routes for it in (route.asked, route.said) if it),
    ]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    by_type: dict[type, dict[str, Any]] = dict(zip(types, schemas, strict=True))
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(
            route, by_type, components
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "AgentMesh registry",
            "version": agentmesh.__version__,
            "description": "Where an agent is, and under which keys.",
        },
        "servers": [{"url": origin}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"signed": _SIGNED}},
    }


_SIGNED = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "`AgentMesh <amid>:<unix seconds>:<nonce>:<signature>`, see docs/protocol.md.",
}


def _operation(
    route: Route, by_type: dict[type, dict[str, Any]], components: dict[str, Any]
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.run.__name__,
        "summary": route.summary,
        "responses": _responses(route, by_type),
    }
    if route.is_signed:
        operation["security"] = [{"signed": []}]
    if route.method == "POST":
        schema = by_type[route.asked]
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    else:
        operation["parameters"] = _parameters(route, components[route.asked.__name__])
    return operation


def _parameters(route: Route, component: dict[str, Any]) -> list[dict[str, Any]]:
    in_path = set(re.findall(r"{(\w+)}", route.path))
    required = component.get("required", ())
    return [
        {
            "name": name,
            "in": "path" if name in in_path else "query",
            "required": name in required,
            "schema": schema,
        }
        for name, schema in component["properties"].items()
    ]


def _responses(route: Route, by_type: dict[type, dict[str, Any]]) -> dict[str, Any]:
    statuses = {*_ANYTIME, *route.refusals}
    if route.is_signed:
        statuses |= {401, 403}
    if route.method == "POST":
        statuses |= {408, 413, 415}
    is_page = route.content_type == PAGE
    said = by_type[route.said] if route.said else {"type": "string" if is_page else "object"}
    body = {route.content_type: {"schema": said}}
    good = {"description": "Done.", "content": body}
    responses: dict[str, Any] = {"200": good}
    if route.path.endswith("/register"):
        responses["201"] = {**good, "description": "Registered for the first time."}
    for status in sorted(statuses):
        content: dict[str, Any] = {CONTENT_TYPE: {"schema": by_type[Problem]}}
        if is_page and status == HTTPStatus.BAD_REQUEST:
            content |= body
        responses[str(status)] = {"description": _WORDS[status], "content": content}
    return responses
