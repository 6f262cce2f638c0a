"""Peers known from somewhere else, until their owner's new keys are seen here."""

from typing import Annotated

import msgspec
from msgspec import Meta

from agentmesh.control import answers
from agentmesh.control.calls.request import Line, Peer, Request, Word

MAX_ACQUAINTANCES = 500


class Introduced(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was written elsewhere about a peer. `former_id`: its name there, no key here."""

    former_id: Annotated[str, Meta(min_length=1, max_length=100)]
    alias: Word = ""
    description: Line = ""
    note: Line = ""
    approved: bool = False


class AcquaintancesAdd(Request[answers.AcquaintancesAdded], frozen=True, kw_only=True):
    """Keep what was written elsewhere about peers, all or none; whoever is kept stays as it is."""

    peers: Annotated[list[Introduced], Meta(max_length=MAX_ACQUAINTANCES)]


class AcquaintancesList(Request[answers.Acquaintances], frozen=True, kw_only=True):
    """List the peers that are known from elsewhere, and not met here yet."""


class AcquaintancesBind(Request[answers.Kept], frozen=True, kw_only=True):
    """Say who it is here: the peer becomes a contact, with the words written elsewhere."""

    known_as: Annotated[str, Meta(min_length=1, max_length=100)]
    peer: Peer
    alias: Word | None = None
