"""What was written down."""

from typing import Annotated

from msgspec import Meta

from agentmesh.control import answers
from agentmesh.control.calls.request import Id, Limit, Request


class TranscriptsList(Request[answers.Transcripts], frozen=True, kw_only=True):
    """List the sessions of which there is a transcript."""

    limit: Limit = 20


class TranscriptsShow(Request[answers.Transcript], frozen=True, kw_only=True):
    """Read a session's transcript, from entry number `first` on."""

    session_id: Id
    first: Annotated[int, Meta(ge=1, le=1_000_000_000)] = 1
    limit: Limit = 100
