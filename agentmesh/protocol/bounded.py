"""Field types with their bounds, used by every document and frame."""

import re
from typing import Annotated, Literal

from msgspec import Meta

from agentmesh.protocol import limits

Key32 = Annotated[bytes, Meta(min_length=32, max_length=32)]
KemKey = Annotated[bytes, Meta(min_length=1184, max_length=1184)]
KemCiphertext = Annotated[bytes, Meta(min_length=1088, max_length=1088)]
Count = Annotated[int, Meta(ge=0, le=2**31)]
Milliseconds = Annotated[int, Meta(ge=0, le=limits.LAST_MILLISECOND)]
Word = Annotated[str, Meta(max_length=limits.MAX_ID_LETTERS)]
_REASON = re.compile(r"[a-z][a-z0-9_]{0,31}")
Name = Annotated[str, Meta(max_length=limits.MAX_NAME_LETTERS)]
Note = Annotated[str, Meta(max_length=limits.MAX_NOTE_LETTERS)]
Url = Annotated[str, Meta(max_length=300)]

Status = Literal["online", "away", "offline", "dnd"]
"""Presence. `dnd`: no new KNOCKs, sessions go on."""


def reason_of(word: str) -> str:
    """Return a reason that a peer gave, or `other` for what is no code: it may be a sentence."""
    return word if _REASON.fullmatch(word) else "other"
