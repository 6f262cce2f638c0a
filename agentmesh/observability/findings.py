"""What an examination found: one form for everything that `doctor` prints."""

from typing import Literal

import msgspec

Severity = Literal["error", "warning", "note"]


class Finding(msgspec.Struct, frozen=True):
    """One thing that is not as it should be, why that matters, and the command that mends it."""

    id: str
    severity: Severity
    why: str
    fix: str
