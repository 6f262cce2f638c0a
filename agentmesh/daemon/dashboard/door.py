"""From HTTP to a call, and from its answer to HTTP. Nothing is decided here about the agent."""

import asyncio
import logging
import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from aiohttp import web

from agentmesh.control import calls, failures
from agentmesh.control.answers import Answer, Policy
from agentmesh.control.connection import AnswerCall
from agentmesh.control.door import decode
from agentmesh.daemon.dashboard import heads, permits, programs
from agentmesh.daemon.dashboard.heads import Head
from agentmesh.daemon.dashboard.listener import MAX_BODY, NO_REQUEST, response
from agentmesh.daemon.dashboard.pages import Page
from agentmesh.daemon.dashboard.replies import Reply, answered, failed
from agentmesh.daemon.dashboard.stream import Streams
from agentmesh.daemon.dashboard.tokens import Bearer, Tokens
from agentmesh.errors import AgentMeshError, RemoteProtocolError, TransportError, UsageError
from agentmesh.observability.logs import record_bug
from agentmesh.protocol.times import to_text

BODY_SECONDS = 10.0
MAX_AT_WORK = 16
_CALL = "/api/call/"
_ENDS = {"too_slow", "too_large", "malformed"}
"""After these, where the next request begins is anybody's guess."""
_is_name = re.compile(r"[a-z_]{1,32}(\.[a-z_]{1,32})?").fullmatch

_log = logging.getLogger(__name__)


class _Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `/api/bootstrap`."""

    token: Annotated[str, msgspec.Meta(max_length=200)]

    def __repr__(self) -> str:
        return "_Given(…)"


class _Leaving(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `/api/logout`."""

    all: bool = False


class Door:
    """Answers requests. `port` is the one on which it listens."""

    def __init__(
        self,
        port: int,
        pages: Mapping[str, Page],
        tokens: Tokens,
        answer: AnswerCall,
        streams: Streams,
    ) -> None:
        self._port = port
        self._pages = pages
        self._tokens = tokens
        self._answer = answer
        self._streams = streams
        self._at_work = 0

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Return the response to a request; nothing is raised."""
        head = head_of(request)
        try:
            heads.judge(head, self._port)
        except AgentMeshError as error:
            return response(_refused(error, head))
        try:
            if head.is_live:
                return await self._live(request, head)
            return response(await self._reply(request, head))
        except AgentMeshError as error:
            return response(failed(error, is_last=error.code in _ENDS))
        except Exception as error:  # noqa: BLE001 - the last door: no bug becomes a bare 500
            record_bug(_log, "dashboard.bug", error)
            return response(failed(failures.internal_error(), is_last=True))

    async def _reply(self, request: web.BaseRequest, head: Head) -> Reply:
        if not head.target.startswith(heads.API):
            return self._page(head.target)
        body = await _body(request)
        if head.target == "/api/bootstrap":
            return self._come_in(_read(body, _Given))
        bearer = self._tokens.bearer(heads.bearer_in(head))
        if head.target == "/api/ticket":
            return answered({"ticket": self._tokens.ticket(bearer)})
        if head.target == "/api/logout":
            return self._leave(bearer, _read(body or b"{}", _Leaving))
        if head.target.startswith(_CALL) and _is_name(head.target[len(_CALL) :]):
            return await self._call(head.target[len(_CALL) :], body or b"{}", bearer)
        raise _not_found()

    def _page(self, path: str) -> Reply:
        page = self._pages.get(path)
        if page is None:
            raise _not_found()
        return Reply(200, page.body, page.kind)

    def _come_in(self, given: _Given) -> Reply:
        secret, bearer = self._tokens.come_in(given.token)
        expires_at, fresh_until = self._tokens.shown(bearer)
        return answered(
            {
                "bearer": secret,
                "scope": bearer.scope,
                "expires_at": to_text(expires_at),
                "fresh_until": to_text(fresh_until),
            }
        )

    def _leave(self, bearer: Bearer, asked: _Leaving) -> Reply:
        if asked.all and bearer.scope != "control":
            raise permits.view_only()
        ended = self._tokens.end_all() if asked.all else self._tokens.end(bearer)
        self._streams.wake()
        return answered({"ended": ended})

    async def _call(self, name: str, body: bytes, bearer: Bearer) -> Reply:
        permits.check_name(name)
        request = decode(name, body, "owner")
        permits.check(name, request, bearer, is_fresh=self._tokens.is_fresh(bearer))
        if self._at_work >= MAX_AT_WORK and name != "emergency_stop":
            raise TransportError("busy", "Too many calls are at work.", "Ask again in a moment.")
        self._at_work += 1
        try:
            if isinstance(request, calls.PolicySet | calls.PolicyReplace):
                programs.check(request, await self._policy())
            said = await self._answer(name, msgspec.Raw(body), "owner")
        finally:
            self._at_work -= 1
        if not isinstance(said, Answer):  # a stream; the list of what is not here names them all
            raise UsageError("unknown_call", f"There is no call {name!r} here.")
        return answered(said)

    async def _policy(self) -> dict[str, Any]:
        said = await self._answer("policy.get", msgspec.Raw(b"{}"), "owner")
        return said.policy if isinstance(said, Policy) else {}

    async def _live(self, request: web.BaseRequest, head: Head) -> web.StreamResponse:
        bearer = self._tokens.take(head.target.removeprefix(heads.LIVE_WITH_TICKET))
        try:
            return await self._streams.serve(request, bearer)
        except web.HTTPException:  # no handshake of a stream
            raise NO_REQUEST from None


def head_of(request: web.BaseRequest) -> Head:
    """Return a request's head as it was sent."""
    headers = [(name.lower(), value) for name, value in request.headers.items()]
    return Head(request.method, request.raw_path, headers)


def _refused(error: AgentMeshError, head: Head) -> Reply:
    reply = failed(error, is_last=True)
    if error.code != "method_not_allowed":
        return reply
    return reply._replace(more={"Allow": ", ".join(heads.allowed(head))})


async def _body(request: web.BaseRequest) -> bytes:
    if (request.content_length or 0) > MAX_BODY:
        raise _too_large()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError:
        raise RemoteProtocolError("too_slow", "The request did not arrive in time.") from None
    except web.HTTPRequestEntityTooLarge:
        raise _too_large() from None
    except (ConnectionError, web.RequestPayloadError):
        raise NO_REQUEST from None  # who hung up in the middle


def _too_large() -> RemoteProtocolError:
    return RemoteProtocolError("too_large", "A request has at most 1 MiB.")


def _read(body: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except (ValueError, RecursionError):
        raise UsageError(
            "invalid_argument", "The request is not as docs/dashboard.md has it."
        ) from None


def _not_found() -> UsageError:
    return UsageError("not_found", "There is nothing here.")
