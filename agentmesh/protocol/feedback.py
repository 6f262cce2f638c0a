"""What one agent says of another after a session."""

from typing import Annotated, Literal

import msgspec

MIN_RATERS = 5
"""Under so many raters an agent is `unrated`, shows one half, and is never ranked."""

FeedbackTag = Literal[
    "fast_response",
    "accurate",
    "professional",
    "reliable",
    "helpful",
    "knowledgeable",
    "slow_response",
    "inaccurate",
    "unhelpful",
    "unreliable",
]

Flag = Literal["rapid_reputation_increase", "rapid_reputation_decrease"]
"""What a registry warns of: a score that changed too quickly."""

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
"""A part of a whole, from nothing to all."""


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """How the peer was."""

    score: Share
    tags: tuple[FeedbackTag, ...] = ()
