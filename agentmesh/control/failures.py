"""Errors on the control socket: a JSON-RPC error object, and back.

`code` in `data` is our stable word; `kind` says which class of `errors.py` it is, and so decides
the exit code of a command. The number is JSON-RPC's where it has one.
"""

from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from agentmesh import errors

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
_OURS = -32000


class Kind(NamedTuple):
    """A class of errors, its word on the socket, and a command's exit code for it."""

    word: str
    error: type[errors.AgentMeshError]
    exit_code: int


KINDS = (
    Kind("usage", errors.UsageError, 2),
    Kind("not_running", errors.NotRunning, 3),
    Kind("not_permitted", errors.NotPermitted, 4),
    Kind("refused", errors.Refused, 5),
    Kind("timed_out", errors.TimedOut, 6),
    Kind("trust", errors.TrustError, 7),
    Kind("storage", errors.StorageError, 8),
    Kind("crypto", errors.CryptoError, 8),
    Kind("integrity", errors.IntegrityError, 8),
    Kind("needs_owner", errors.NeedsOwner, 9),
    Kind("protocol", errors.RemoteProtocolError, 75),
    Kind("try_again", errors.TransportError, 75),
    Kind("internal", errors.AgentMeshError, 70),
)
"""A class stands before the classes it derives from."""

_BY_WORD = {kind.word: kind for kind in KINDS}
_NUMBERS = {"unknown_call": METHOD_NOT_FOUND, "invalid_argument": INVALID_PARAMS}


class Detail(msgspec.Struct, frozen=True):
    """Our part of an error object. `at`: which of several messages it is about, from 1."""

    code: str = "internal_error"
    hint: str = ""
    kind: str = "internal"
    at: int | UnsetType = UNSET


class Failure(msgspec.Struct, frozen=True):
    """A JSON-RPC error object."""

    code: int
    message: str
    data: Detail = Detail()


def kind_of(error: errors.AgentMeshError) -> Kind:
    """Return the first kind that fits."""
    return next(kind for kind in KINDS if isinstance(error, kind.error))


def failure(error: errors.AgentMeshError) -> Failure:
    """Return the object that tells about `error`."""
    kind = kind_of(error)
    number = INTERNAL_ERROR if kind.word == "internal" else _OURS - kind.exit_code
    return Failure(
        code=_NUMBERS.get(error.code, number),
        message=error.message,
        data=Detail(error.code, error.hint, kind.word, error.at or UNSET),
    )


def error_in(told: Failure) -> errors.AgentMeshError:
    """Return the error that `told` tells about; an unknown kind is an internal one."""
    kind = _BY_WORD.get(told.data.kind, KINDS[-1])
    return kind.error(told.data.code, told.message, told.data.hint, at=told.data.at or 0)


def internal_error() -> errors.AgentMeshError:
    """Return what a caller is told about a bug of ours."""
    return errors.AgentMeshError(
        "internal_error",
        "AgentMesh met something it does not expect.",
        "Please report it; `agentmesh logs` shows where it happened.",
    )
