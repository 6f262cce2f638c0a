"""The owner's address book, and safety numbers."""

from msgspec import field

from agentmesh.control.answers.answer import Answer
from agentmesh.control.answers.organizations import VouchedFor
from agentmesh.control.answers.registry import Proof


class TakenBack(Answer, frozen=True, kw_only=True):
    """Why a contact's identity counts no more, who says so, and their note.

    `successor`: who is named to take its place; `declined`: the owner has said no to that one.
    `organization`: which one says so, where the issuer is an organisation.
    """

    reason: str
    issuer: str
    organization: str = ""
    note: str = ""
    successor: str = ""
    declined: bool = False


class Contact(Answer, frozen=True, kw_only=True):
    """A peer the owner knows. `verified`: the owner compared the safety number.

    `autonomy`: what the agent may send it by itself. `note`: the owner's own words on what it may
    be used for. `key_changed`: other keys were shown for it, and nothing is sent to it.
    `taken_back`: its identity counts no more; an agent is shown no note.
    `degraded_allowed`: the suites below the floor that the owner permits with it. An agent is
    not shown the `name`, which is the peer's own choice.
    """

    amid: str
    name: str
    alias: str
    description: str
    trust: int
    verified: bool
    blocked: bool
    paused: bool = False
    added_at: str
    autonomy: str
    note: str
    key_changed: bool
    taken_back: TakenBack | None = None
    invited: bool
    degraded_allowed: list[str] = field(default_factory=list)


class Contacts(Answer, frozen=True, kw_only=True):
    """The contacts by alias, name, AMID, out of `total`; `next` is the place to go on, or empty."""

    contacts: list[Contact]
    total: int
    next: str = ""


class Kept(Answer, frozen=True, kw_only=True):
    """The contact as it is kept now."""

    contact: Contact


class Removed(Answer, frozen=True, kw_only=True):
    """The contact that is forgotten."""

    amid: str


class Declined(Answer, frozen=True, kw_only=True):
    """The contact, and whom its owner does not believe to be its successor."""

    amid: str
    successor: str


class Emoji(Answer, frozen=True, kw_only=True):
    """One of the seven, and its name for reading it out."""

    emoji: str
    name: str


class SafetyNumber(Answer, frozen=True, kw_only=True):
    """What both owners see if each has the other's key: 60 digits, and a quick look at them.

    `text`: what the peer's owner scans. `log`: what the registry's log proves of the peer.
    `vouched`: who else vouches for it.
    """

    amid: str
    name: str
    number: str
    emoji: list[Emoji]
    text: str
    verified: bool
    log: Proof = Proof(proved=False)
    vouched: VouchedFor = VouchedFor(tier=2, organization="", certificate="none")
