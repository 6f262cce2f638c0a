"""From HTTP to a route, and from its reply to HTTP. Nothing is decided here but the form."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from aiohttp import web

from agentmesh.errors import AgentMeshError, RemoteProtocolError
from agentmesh.observability.logs import record_bug
from agentmesh.observability.metrics import CONTENT_TYPE
from agentmesh.protocol import requests, stamps
from agentmesh_registry import api_document, docs_page
from agentmesh_registry.config import MAX_BODY, Config
from agentmesh_registry.desk import Call, Desk, Reply
from agentmesh_registry.figures import Figures
from agentmesh_registry.problems import problem
from agentmesh_registry.rates import household
from agentmesh_registry.routes.about import HEALTH_PATHS, health
from agentmesh_registry.routes.route import Route
from agentmesh_registry.routes.table import ROUTES

_log = logging.getLogger(__name__)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "AgentMesh",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}


def application(desk: Desk, config: Config, figures: Figures) -> web.Application:
    """Return the registry as an aiohttp application."""
    app = web.Application(client_max_size=MAX_BODY, middlewares=[_as_problems(desk, figures)])
    for route in ROUTES:
        app.router.add_route(
            route.method, route.path, _serving(desk, config, route), expect_handler=_go_on
        )
    for path in HEALTH_PATHS:
        app.router.add_route("GET", path, _health(desk))
    document = api_document.build(ROUTES, desk.audiences[0])
    page = docs_page.build(document)
    app.router.add_route("GET", "/v1/openapi.json", _fixed(Reply(body=document)))
    app.router.add_route("GET", "/v1/docs", _fixed(page))
    return app


def admin_application(desk: Desk, figures: Figures) -> web.Application:
    """Return what is for the operator alone."""

    async def metrics(_request: web.Request) -> web.StreamResponse:
        counts = await desk.listings.count(desk.now())
        return _response(Reply(body=figures.render(*counts), content_type=CONTENT_TYPE))

    app = web.Application(middlewares=[_as_problems(desk, figures)])
    app.router.add_get("/metrics", metrics)
    return app


def _serving(desk: Desk, config: Config, route: Route) -> _Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        address = _address(request, trust_proxy=config.trust_proxy)
        desk.gates.requests.check(household(address))
        # Who did not sign learns nothing about what else is wrong.
        header = request.headers.get("Authorization", "")
        given = requests.parse(header) if route.is_signed else None
        body = await _body(request, config.arrival_seconds) if route.method == "POST" else b""
        asked = _decode(route, request, body)
        call = Call(
            method=request.method,
            target=request.raw_path,
            body=body,
            authorization=given,
            stamp=request.headers.get(stamps.HEADER, ""),
            address=address,
        )
        return _response(await route.run(desk, call, asked))

    return handle


async def _go_on(request: web.Request) -> None:
    # A client that waits for leave gets it; what else one may expect is nothing to us.
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def unreadable(now: float) -> web.Response:
    """Return the answer to what is no HTTP. Nothing of it is repeated."""
    said = RemoteProtocolError("invalid_request", "That is no HTTP request.", "See /v1/docs.")
    return _response(problem(said, now))


def _address(request: web.Request, *, trust_proxy: bool) -> str:
    lines = request.headers.getall("X-Forwarded-For", []) if trust_proxy else []
    # The last entry of the last line is our own proxy's word; all before it is anybody's.
    last = lines[-1].rpartition(",")[2].strip() if lines else ""
    return last or request.remote or ""


async def _body(request: web.Request, seconds: float) -> bytes:
    is_plain = "Content-Encoding" not in request.headers
    if request.content_type != "application/json" or not is_plain:
        raise RemoteProtocolError(
            "unsupported_media_type",
            "The body has to be plain JSON.",
            "Content-Type: application/json",
        )
    try:
        async with asyncio.timeout(seconds):
            return await request.read()
    except TimeoutError:
        raise RemoteProtocolError("request_timeout", "The body took too long.") from None


def _decode(route: Route, request: web.Request, body: bytes) -> msgspec.Struct:
    try:
        if route.method == "POST":
            return msgspec.json.decode(body, type=route.asked)
        return msgspec.convert(_parameters(request), route.asked, strict=False)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        detail = str(error) if isinstance(error, msgspec.ValidationError) else "It is not JSON."
        raise RemoteProtocolError("invalid_request", detail, "See /v1/docs.") from None


def _parameters(request: web.Request) -> Mapping[str, str]:
    if len(set(request.query)) != len(request.query):
        raise RemoteProtocolError("invalid_request", "A parameter came twice.")
    return {**request.query, **request.match_info}


def _health(desk: Desk) -> _Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return _response(await health(desk, request.path))

    return handle


def _fixed(reply: Reply) -> _Handler:
    async def handle(_request: web.Request) -> web.StreamResponse:
        return _response(reply)

    return handle


def _response(reply: Reply) -> web.Response:
    body = reply.body if isinstance(reply.body, bytes) else msgspec.json.encode(reply.body)
    headers = {**_SAFE_HEADERS, **reply.headers, "Content-Type": reply.content_type}
    return web.Response(body=body, status=reply.status, headers=headers)


def _as_problems(desk: Desk, figures: Figures) -> Callable[..., Awaitable[web.StreamResponse]]:
    @web.middleware
    async def middleware(request: web.Request, handler: _Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        with figures.timing(resource.canonical if resource else "none") as outcome:
            try:
                response = await handler(request)
            except AgentMeshError as error:
                response = _response(problem(error, desk.clock.now()))
            except web.HTTPException as error:
                response = _http_problem(desk, error)
            except Exception as error:  # noqa: BLE001  the last door: no bug becomes a bare 500
                record_bug(_log, "request.failed", error)
                response = _response(problem(_BUG, desk.clock.now()))
            outcome.status = response.status
        return response

    return middleware


_BUG = AgentMeshError("internal_error", "A bug of ours.", "Please report it.")


def _http_problem(desk: Desk, error: web.HTTPException) -> web.Response:
    code = _HTTP_CODES.get(error.status, "invalid_request")
    allow = error.headers.get("Allow")
    headers = {"Allow": allow} if allow else {}
    said = AgentMeshError(code, error.reason or "", "See /v1/docs.")
    return _response(problem(said, desk.clock.now(), headers))
