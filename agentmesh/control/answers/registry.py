"""The registry's log, and taking our identity back."""

from msgspec import field

from agentmesh.control.answers.answer import Answer


class OwnEntry(Answer, frozen=True, kw_only=True):
    """An entry about ourselves that we did not make."""

    index: int
    kind: str
    at: str


class RegistryShown(Answer, frozen=True, kw_only=True):
    """What we know of the registry's log.

    `log` is false for one that never showed a log: nothing it says is proved. `key` names the log.
    `entries` are those of its newest head, of `head_at`; we have read them up to `followed`.
    `fault`: what it was caught at, since `fault_at`; `evidence` are the signed heads that show it,
    as base64 of MessagePack. `foreign_entries`: what it has about us that is not ours.
    """

    url: str
    log: bool
    key: str = ""
    entries: int = 0
    followed: int = 0
    revocations: int = 0
    head_at: str = ""
    fault: str = ""
    fault_at: str = ""
    evidence: list[str] = field(default_factory=list)
    foreign_entries: list[OwnEntry] = field(default_factory=list)


class Proof(Answer, frozen=True, kw_only=True):
    """Entry `index` of the `entries` of a log, known by its key, holds a peer's record.

    `reason`: why that is not proved.
    """

    proved: bool
    reason: str = ""
    key: str = ""
    index: int = 0
    entries: int = 0
    at: str = ""


class Rotated(Answer, frozen=True, kw_only=True):
    """Who takes whose place. `published`: the registry has it, and the daemon begins anew now.

    Otherwise it goes on by itself as soon as the registry answers.
    """

    amid: str
    successor: str
    published: bool


class RevokedUs(Answer, frozen=True, kw_only=True):
    """Our identity was taken back; nobody can use it any more."""

    amid: str
    reason: str
