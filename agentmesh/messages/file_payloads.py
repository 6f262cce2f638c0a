"""What two daemons say to each other about a file, inside their session.

The chunks themselves travel beside it, under the key that the offer brings.
"""

from typing import Annotated, Literal, TypeVar, get_args

import msgspec
from msgspec import Meta

from agentmesh.errors import RemoteProtocolError
from agentmesh.messages.strict_json import read_json
from agentmesh.protocol.ids import FileId, is_id
from agentmesh.protocol.limits import MAX_FILE_NAME_LETTERS

Hex32 = Annotated[str, Meta(pattern="^[0-9a-f]{64}", max_length=64)]

Refusal = Literal[
    "refused",
    "not_accepted",
    "too_large",
    "type_not_accepted",
    "no_room",
    "too_many_offers",
    "blocked",
    "stopped",
    "expired",
]
"""Why a file is not taken. `refused`: by the owner."""

Ending = Literal[
    "cancelled", "file_changed", "file_gone", "unknown_file", "hash_mismatch", "expired", "stopped"
]
"""Why a file that was taken does not come, or not to its end."""


class FileOffer(msgspec.Struct, frozen=True, kw_only=True):
    """May I send you this? `root` is the tree hash, `key` is drawn for this offer alone."""

    file_id: FileId
    name: Annotated[str, Meta(max_length=MAX_FILE_NAME_LETTERS)]
    size: Annotated[int, Meta(ge=0)]
    media_type: Annotated[str, Meta(max_length=100)] = ""
    root: Hex32
    key: Hex32


class FileAccept(msgspec.Struct, frozen=True, kw_only=True):
    """Yes: send it."""

    file_id: FileId


class FileRefuse(msgspec.Struct, frozen=True, kw_only=True):
    """No, and why."""

    file_id: FileId
    reason: str = "refused"


class FileCancel(msgspec.Struct, frozen=True, kw_only=True):
    """It does not come any more, or is not wanted any more."""

    file_id: FileId
    reason: str = "cancelled"


class FileDone(msgspec.Struct, frozen=True, kw_only=True):
    """All of it came, and its hash is that of the offer."""

    file_id: FileId


FilePayload = FileOffer | FileAccept | FileRefuse | FileCancel | FileDone
P = TypeVar("P", FileOffer, FileAccept, FileRefuse, FileCancel, FileDone)

FILE_TYPES: dict[type[FilePayload], str] = {
    FileOffer: "file_offer",
    FileAccept: "file_accept",
    FileRefuse: "file_refuse",
    FileCancel: "file_cancel",
    FileDone: "file_done",
}
_REASONS = frozenset({*get_args(Refusal), *get_args(Ending)})


def write_file_payload(said: FilePayload) -> bytes:
    """Return the payload's bytes."""
    return msgspec.json.encode(said)


def read_file_payload(kind: type[P], payload: bytes) -> P:
    """Return what a peer says about a file, or blame it."""
    try:
        said = msgspec.convert(read_json(payload), kind)
    except msgspec.ValidationError as error:
        raise RemoteProtocolError("payload_malformed", ascii(str(error))[1:-1]) from None
    if not is_id(said.file_id):
        raise RemoteProtocolError("file_id_malformed")
    return said


def reason_in(said: FileRefuse | FileCancel) -> str:
    """Return the reason, or `other` for one that the peer made up: it may be a whole sentence."""
    return said.reason if said.reason in _REASONS else "other"
