"""What a program of ours answers on its standard input where there is no daemon to ask.

It speaks as the socket does, one line a request. It knows the calls about records, which it answers
from the home itself, and those below, for which there need not even be a home.
"""

from typing import Annotated, Any, Literal, TypeVar, cast

from msgspec import Meta

from agentmesh.control import answers, calls
from agentmesh.control.table import REQUESTS, CallType

A = TypeVar("A", bound=answers.Answer)

MODULE = "agentmesh.daemon.offline"

Path = Annotated[str, Meta(min_length=1, max_length=4096)]
Text = Annotated[str, Meta(max_length=64 * 1024)]
KeyStorage = Literal["auto", "keyring", "passphrase", "file"]
Passphrase = Annotated[str, Meta(min_length=1, max_length=1024)]


class ReceiptsCheck(calls.Request[answers.Receipt], frozen=True, kw_only=True):
    """Check a session receipt that somebody handed on."""

    file: Text


class AuditCheck(calls.Request[answers.AuditChecked], frozen=True, kw_only=True):
    """Check an export of an audit log."""

    path: Path


class TranscriptsOpen(calls.Request[answers.Transcript], frozen=True, kw_only=True):
    """Read a sealed transcript with its key alone, from entry number `first` on."""

    path: Path
    key_file: Text
    passphrase: Passphrase
    first: Annotated[int, Meta(ge=1, le=1_000_000_000)] = 1
    limit: Annotated[int, Meta(ge=1, le=1000)] = 1000

    def __repr__(self) -> str:
        return f"TranscriptsOpen({self.path})"


class Restore(calls.Request[answers.Restored], frozen=True, kw_only=True):
    """Make a home of a backup; with `replace` another one is moved aside, else it is refused."""

    path: Path
    passphrase: Passphrase
    key_storage: KeyStorage = "auto"
    replace: bool = False

    def __repr__(self) -> str:
        return f"Restore({self.path})"


OFFLINE: dict[str, CallType] = {
    "receipts.check": CallType(ReceiptsCheck, answers.Receipt, "owner"),
    "audit.check": CallType(AuditCheck, answers.AuditChecked, "owner"),
    "transcripts.open": CallType(TranscriptsOpen, answers.Transcript, "owner"),
    "restore": CallType(Restore, answers.Restored, "owner"),
}
ALL = {
    **{
        name: row
        for name, row in REQUESTS.items()
        if name.startswith(("audit.", "transcripts.", "backup"))
    },
    **OFFLINE,
}

_NAMES: dict[type[calls.Request[Any]], str] = {row.request: name for name, row in ALL.items()}


def name_of(request: calls.Request[Any]) -> str:
    """Return the name under which something is asked."""
    return _NAMES[type(request)]


def answer_type(request: calls.Request[A]) -> type[A]:
    """Return the type of this request's answer; the table and the annotation agree (a test)."""
    return cast("type[A]", ALL[name_of(request)].answer)
