"""What an examination found: one form for everything that `doctor` prints."""

from collections.abc import Iterable
from typing import Literal

import msgspec

SET_CLOCK = "Set the clock, e.g. by NTP: timedatectl set-ntp true"

Severity = Literal["error", "warning", "note"]


def off_by(seconds: float, other: str) -> str:
    """Return how a clock stands to another one: `90 s ahead of the relay's`."""
    return f"{abs(seconds):.0f} s {'behind' if seconds < 0 else 'ahead of'} {other}"


class Finding(msgspec.Struct, frozen=True):
    """One thing that is not as it should be, why that matters, and the command that mends it."""

    id: str
    severity: Severity
    why: str
    fix: str


def told_once(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, an open key file once: it is a place of the home as well."""
    found = list(findings)
    of_keys = {it.fix for it in found if it.id == "key_file_mode"}
    return [it for it in found if it.id == "key_file_mode" or it.fix not in of_keys]
