"""What one owner's screen shows and the other's camera reads, to compare a safety number.

    agentmesh:verify/1/<AMID that shows it>/<AMID it is shown to>/<60 digits>

Each side shows its own: with the two AMIDs swapped, the digits are the same.
"""

import hmac
import re

from agentmesh.errors import TrustError, UsageError
from agentmesh.protocol.ids import Amid

_FORM = re.compile(
    r"agentmesh:verify/1/([1-9A-HJ-NP-Za-km-z]{20,28})/([1-9A-HJ-NP-Za-km-z]{20,28})/([0-9]{60})"
)


def verification_text(shown_by: Amid, shown_to: Amid, number: str) -> str:
    """Return the text for a safety number."""
    return f"agentmesh:verify/1/{shown_by}/{shown_to}/{''.join(number.split())}"


def compare(scanned: str, peer: Amid, us: Amid, number: str) -> None:
    """Raise unless this is what the peer's owner sees if both have each other's key."""
    found = _FORM.fullmatch(scanned.strip())
    if found is None:
        raise UsageError(
            "not_a_verification", "That is not what `agentmesh verify PEER --qr` shows."
        )
    if (found[1], found[2]) != (peer, us):
        raise TrustError(
            "verification_of_others",
            "That was shown by another agent, or to another one.",
            "Both owners name each other: agentmesh verify PEER --qr",
        )
    if not hmac.compare_digest(found[3], "".join(number.split())):
        raise TrustError(
            "verification_differs",
            "The safety numbers are not the same: somebody is in between.",
            "Do not confirm. Ask the peer's owner for the AMID over another channel.",
        )
