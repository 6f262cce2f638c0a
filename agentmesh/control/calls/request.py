"""What all calls have in common."""

from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta

from agentmesh.control import answers

Permit = Literal["agent", "owner"]
"""`owner` may do everything. `agent` is taken with `hello`, and not given back."""

MAX_LINE = 1024 * 1024
"""A request in bytes, its newline included."""
MAX_ANSWER_LINE = 64 * 1024 * 1024
"""An answer: a page of the largest messages, with every letter escaped."""
MAX_WAIT_SECONDS = 600

Peer = Annotated[str, Meta(min_length=1, max_length=200)]
Id = Annotated[str, Meta(min_length=1, max_length=64)]
Word = Annotated[str, Meta(max_length=64)]
Intent = Annotated[str, Meta(min_length=1, max_length=129)]
Line = Annotated[str, Meta(max_length=280)]
Wait = Annotated[float, Meta(ge=0, le=MAX_WAIT_SECONDS)]
Limit = Annotated[int, Meta(ge=1, le=100)]
Context = Annotated[str, Meta(max_length=80)]
"""A token that came with a message: in which of its host's sessions an agent acts."""
Body = str | dict[str, Any]
SessionType = Literal["request_response", "conversation", "stream"]

A_co = TypeVar("A_co", bound=answers.Answer, covariant=True)


class Request(
    msgspec.Struct,
    Generic[A_co],
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """What is asked; the type argument is what is answered."""
