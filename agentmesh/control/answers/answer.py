"""What all answers have in common."""

from typing import Literal

import msgspec

Outcome = Literal["queued", "delivered", "consumed", "refused", "undeliverable"]
LinkState = Literal["connected", "connecting", "unreachable", "stopped", "unknown"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a call answers."""
