"""Files on their way."""

from typing import Literal

from agentmesh.control.answers.answer import Answer

Direction = Literal["in", "out"]
FileState = Literal[
    "preparing", "offered", "asking", "moving", "done", "refused", "cancelled", "failed"
]


class File(Answer, frozen=True, kw_only=True):
    """A transfer. `state`: `asking` waits for this owner, `offered` for the peer's.

    `rate` is in bytes a second; `eta_seconds` is null while nobody can tell. `reason` is a code:
    why it waits, or why it ended. `path` is where it lies, or was sent from.
    What a peer chose (`name`, `media_type`, and `path` with it) is empty for an agent.
    """

    transfer_id: str
    direction: Direction
    peer: str
    peer_name: str
    name: str
    media_type: str
    size: int
    done: int
    rate: float
    eta_seconds: float | None
    state: FileState
    reason: str
    path: str
    created_at: str
    changed_at: str


class Files(Answer, frozen=True, kw_only=True):
    """Transfers, newest first."""

    files: list[File]


class OneFile(Answer, frozen=True, kw_only=True):
    """A transfer as it is now."""

    file: File
