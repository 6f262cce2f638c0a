"""May this file come in? The same way: facts, questions in their order, a verdict."""

import mimetypes
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from agentmesh.messages.file_payloads import Refusal
from agentmesh.policy.document import FileRules
from agentmesh.protocol.limits import MAX_FILE_BYTES

MAX_OFFERS_OF_A_PEER = 20
"""So many of a peer's offers may wait, or come, at once."""
MAX_OFFERS = 100
"""The same for all peers together."""
TRUSTED = 2
MARGIN_BYTES = 64 * 1024 * 1024
"""What a file must leave free on the disk."""


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All there is to know about an offer.

    `extension` is that of the name it would get here, `media_type` is what its sender says; `grant`
    is what the peer's grant to send files says now; `taken_bytes` is what lies in the quarantine
    folder or is promised to other files.
    """

    size: int
    extension: str
    media_type: str
    is_blocked: bool = False
    is_stopped: bool = False
    trust: int = 0
    grant: Literal["allow", "refuse", "ask_owner"] = "ask_owner"
    open_offers: int = 0
    open_in_all: int = 0
    taken_bytes: int = 0
    free_bytes: int
    rules: FileRules


class FileVerdict(msgspec.Struct, frozen=True):
    """What is to be done with an offer; a refusal has a reason that its sender is told.

    `by_grant`: it is accepted at the cost of one use of the grant.
    """

    decision: Literal["accept", "ask_owner", "refuse"]
    reason: Refusal | Literal[""] = ""
    by_grant: bool = False


_KNOWN = mimetypes.MimeTypes()
"""Endings and their types as Python knows them, whatever this machine's lists say."""
FileCheck = Callable[[FileFacts], FileVerdict | None]


def stopped(facts: FileFacts) -> FileVerdict | None:
    """Refuse everything after an emergency stop or a shutdown."""
    return FileVerdict("refuse", "stopped") if facts.is_stopped else None


def blocked(facts: FileFacts) -> FileVerdict | None:
    """Refuse whom the owner blocked."""
    return FileVerdict("refuse", "blocked") if facts.is_blocked else None


def wanted(facts: FileFacts) -> FileVerdict | None:
    """Refuse everybody where no files are taken."""
    return FileVerdict("refuse", "not_accepted") if facts.rules.accept == "never" else None


def granted_once(facts: FileFacts) -> FileVerdict | None:
    """Refuse whose grant was taken back, or is used up."""
    return FileVerdict("refuse", "not_accepted") if facts.grant == "refuse" else None


def size(facts: FileFacts) -> FileVerdict | None:
    """Refuse what is larger than the owner allows."""
    is_too_large = facts.size > min(facts.rules.max_bytes, MAX_FILE_BYTES)
    return FileVerdict("refuse", "too_large") if is_too_large else None


def kind(facts: FileFacts) -> FileVerdict | None:
    """Refuse types that the owner does not take: an extension, a media type, or `image/*`.

    What opens a file here is its name: what the sender says besides allows only what has no ending.
    """
    by_name, by_word = _types_of_name(facts.extension), _types(facts.media_type)
    allowed = by_name or by_word
    is_allowed = not facts.rules.allow_types or not facts.rules.allow_types.isdisjoint(allowed)
    if is_allowed and facts.rules.deny_types.isdisjoint(by_name | by_word):
        return None
    return FileVerdict("refuse", "type_not_accepted")


def flood(facts: FileFacts) -> FileVerdict | None:
    """Refuse a peer that offers without end, and many who do so together."""
    too_many = facts.open_offers >= MAX_OFFERS_OF_A_PEER or facts.open_in_all >= MAX_OFFERS
    return FileVerdict("refuse", "too_many_offers") if too_many else None


def room_for(facts: FileFacts) -> FileVerdict | None:
    """Refuse what there is no room for."""
    is_over_quota = facts.taken_bytes + facts.size > facts.rules.max_total_bytes
    is_disk_full = facts.size + MARGIN_BYTES > facts.free_bytes
    return FileVerdict("refuse", "no_room") if is_over_quota or is_disk_full else None


def welcome(facts: FileFacts) -> FileVerdict | None:
    """Accept from those whose files the owner wants unasked."""
    least = {"contacts": 1, "trusted": TRUSTED, "everybody": 0}.get(facts.rules.accept)
    if facts.grant == "allow":
        return FileVerdict("accept", by_grant=True)
    if least is not None and facts.trust >= least:
        return FileVerdict("accept")
    return None


FILE_CHECKS: tuple[FileCheck, ...] = (
    stopped,
    blocked,
    wanted,
    granted_once,
    size,
    kind,
    flood,
    room_for,
    welcome,
)
# What refuses comes before what accepts. What no check speaks about, the owner decides.


def may_come_in(facts: FileFacts, order: Sequence[FileCheck] = FILE_CHECKS) -> FileVerdict:
    """Return the verdict of the first check that has one; without one the owner is asked."""
    verdicts = (verdict for check in order if (verdict := check(facts)) is not None)
    return next(verdicts, FileVerdict("ask_owner"))


def _types_of_name(extension: str) -> frozenset[str]:
    if not extension:
        return frozenset()
    known, _ = _KNOWN.guess_type(f"file.{extension}")
    return frozenset({extension}) | _types(known or "")


def _types(media_type: str) -> frozenset[str]:
    media = media_type.casefold().partition(";")[0].strip()
    return frozenset({media, media.partition("/")[0] + "/*"} - {"", "/*"})
