"""To send files, and to decide about those that peers send."""

from typing import Annotated

from msgspec import Meta

from agentmesh.control import answers
from agentmesh.control.calls.request import Context, Id, Peer, Request, Wait

Path = Annotated[str, Meta(min_length=1, max_length=4096)]


class FilesSend(Request[answers.OneFile], frozen=True, kw_only=True):
    """Send a file of this machine, named by its absolute path.

    It is hashed, offered, and sent when the peer accepts it, across restarts of both. An agent may
    send what lies in `shared_folders`, is not hidden there, and holds no secret that is found, to
    whom the owner granted `file-out`; all else is the owner's.
    """

    to: Peer
    path: Path
    context: Context = ""


class FilesList(Request[answers.Files], frozen=True, kw_only=True):
    """List the files that come and go. An agent is shown no words of a peer's, nor its owner's."""

    context: Context = ""


class FilesShow(Request[answers.OneFile], frozen=True, kw_only=True):
    """Tell how far a transfer is. With `wait`: once its state is another, or after so long."""

    id: Id
    wait: Wait = 0


class FilesAccept(Request[answers.OneFile], frozen=True, kw_only=True):
    """Take a file that a peer offers; it lands in the quarantine folder.

    An agent may where `files.accept` says so.
    """

    id: Id
    context: Context = ""


class FilesRefuse(Request[answers.OneFile], frozen=True, kw_only=True):
    """Do not take a file; its sender is told."""

    id: Id
    context: Context = ""


class FilesCancel(Request[answers.OneFile], frozen=True, kw_only=True):
    """Stop a transfer of either direction; the peer is told."""

    id: Id
