"""Invites, and joining by one."""

from typing import Literal

from agentmesh.control.answers.answer import Answer


class Invite(Answer, frozen=True, kw_only=True):
    """An invite. Whoever has `code` can join while it is `open`; it is empty afterwards."""

    slot: int
    code: str
    link: str
    note: str
    state: Literal["open", "used", "dead", "expired"]
    tries_left: int
    used_by: str
    made_at: str
    expires_at: str


class Invites(Answer, frozen=True, kw_only=True):
    """The invites by slot."""

    invites: list[Invite]


class Invited(Answer, frozen=True, kw_only=True):
    """The invite as it is now."""

    invite: Invite


class Joining(Answer, frozen=True, kw_only=True):
    """How far it is. Once `joined`, the inviter is a contact and we are its."""

    step: Literal["looking_up", "asked", "proved", "joined"]
    amid: str
    name: str
