"""JSON-RPC 2.0 as we speak it: one object a line, and every request has an id."""

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from agentmesh.control import failures
from agentmesh.control.answers import Answer
from agentmesh.control.failures import Failure
from agentmesh.errors import AgentMeshError, IntegrityError

A = TypeVar("A", bound=Answer)

RequestId = Annotated[int, Meta(ge=0, le=2**53)] | Annotated[str, Meta(max_length=64)]


class Call(msgspec.Struct, frozen=True):
    """A request line; its params are read once it is known what they must be."""

    jsonrpc: Literal["2.0"]
    id: RequestId
    method: Annotated[str, Meta(max_length=64)]
    params: msgspec.Raw = msgspec.Raw(b"{}")


class Line(msgspec.Struct, frozen=True):
    """What a server writes: an answer, an error, or (with a method) a notification."""

    id: RequestId | None = None
    result: msgspec.Raw | UnsetType = UNSET
    error: Failure | UnsetType = UNSET
    method: str = ""
    params: msgspec.Raw | UnsetType = UNSET


_decode_call = msgspec.json.Decoder(Call).decode
_decode_line = msgspec.json.Decoder(Line).decode
_encode = msgspec.json.Encoder().encode


class NotACall(Exception):
    """The line is no request of ours; `failure` is what to answer, under no id."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        detail = failures.Detail("invalid_request", "One JSON-RPC 2.0 object a line.", "usage")
        self.failure = Failure(code, message, detail)


def read_call(line: bytes) -> Call:
    """Return the request in a line."""
    try:
        return _decode_call(line)
    except msgspec.ValidationError as error:
        raise NotACall(failures.INVALID_REQUEST, f"Not a request: {error}.") from None
    except (ValueError, RecursionError):
        raise NotACall(failures.PARSE_ERROR, "The line is not JSON.") from None


def call_line(number: int, method: str, request: Any) -> bytes:
    """Return the line that asks."""
    return _encode({"jsonrpc": "2.0", "id": number, "method": method, "params": request}) + b"\n"


def answer_line(request_id: RequestId, answer: Answer) -> bytes:
    """Return the line that answers."""
    return _encode({"jsonrpc": "2.0", "id": request_id, "result": answer}) + b"\n"


def failure_line(request_id: RequestId | None, told: Failure) -> bytes:
    """Return the line that tells of an error."""
    return _encode({"jsonrpc": "2.0", "id": request_id, "error": told}) + b"\n"


def error_line(request_id: RequestId, error: AgentMeshError) -> bytes:
    """Return the line that tells of an error."""
    return failure_line(request_id, failures.failure(error))


def event_line(event: Answer) -> bytes:
    """Return the line that tells of an event."""
    return _encode({"jsonrpc": "2.0", "method": "event", "params": event}) + b"\n"


def read_line(line: bytes) -> Line:
    """Return what the server said."""
    try:
        return _decode_line(line)
    except (ValueError, RecursionError):
        raise not_agentmesh() from None


def answers(line: Line, request_id: int) -> bool:
    """Whether this line is about that request; a failure under no id is about all of them."""
    return line.id == request_id or (line.id is None and not line.method)


def result_of(line: Line) -> msgspec.Raw:
    """Return the answer in a line, or raise the error in it."""
    if isinstance(line.error, Failure):
        raise failures.error_in(line.error)
    if isinstance(line.result, msgspec.Raw):
        return line.result
    raise not_agentmesh()


def read_answer(result: msgspec.Raw, kind: type[A]) -> A:
    """Return the answer as its type."""
    try:
        return msgspec.json.decode(result, type=kind)
    except (ValueError, RecursionError):
        raise not_agentmesh() from None


def not_agentmesh() -> IntegrityError:
    """Return the error about a server that does not speak as ours does."""
    return IntegrityError(
        "not_agentmesh",
        "What answers on the control socket does not speak as this version does.",
        "Run `agentmesh down` and `agentmesh up`, so that both are of one version.",
    )
