"""The owner's address book."""

from typing import Annotated

from msgspec import Meta

from agentmesh.control import answers
from agentmesh.control.calls.request import Context, Line, Peer, Request, Word


class ContactsList(Request[answers.Contacts], frozen=True, kw_only=True):
    """List the contacts; in a peer's own session that one. `after`: the last page's `next`."""

    after: Word = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    context: Context = ""


class ContactsShow(Request[answers.Kept], frozen=True, kw_only=True):
    """Show one contact."""

    peer: Peer
    context: Context = ""


class ContactsAdd(Request[answers.Kept], frozen=True, kw_only=True):
    """Make a peer a contact: it may talk to us without asking."""

    peer: Peer
    alias: Word = ""
    description: Line = ""


class ContactsAlias(Request[answers.Kept], frozen=True, kw_only=True):
    """Give a contact a name of our own; an empty one takes it away."""

    peer: Peer
    alias: Word


class ContactsTrust(Request[answers.Kept], frozen=True, kw_only=True):
    """Set how far a contact is trusted: 0 unknown, 1 verified, 2 trusted, 3 allied."""

    peer: Peer
    trust: Annotated[int, Meta(ge=0, le=3)]


class ContactsRemove(Request[answers.Removed], frozen=True, kw_only=True):
    """Forget a contact; it has to knock again."""

    peer: Peer


class ContactsFollow(Request[answers.Kept], frozen=True, kw_only=True):
    """Put the successor of a contact that was taken back in its place: its names, not its trust."""

    peer: Peer


class ContactsDecline(Request[answers.Declined], frozen=True, kw_only=True):
    """Keep that a contact's successor is not believed to be it; that one is not let in."""

    peer: Peer


class Verify(Request[answers.SafetyNumber], frozen=True, kw_only=True):
    """Show the safety number of ours and a peer's key.

    `confirm` says that the owners compared it and it is the same; the peer has to be a contact.
    `scanned`: what the peer's owner's screen shows, read by a camera; the same confirms.
    """

    peer: Peer
    confirm: bool = False
    scanned: Line = ""
