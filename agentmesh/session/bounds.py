"""What comes of a session whose cipher cannot go on: it ends here, and is begun anew elsewhere."""

from agentmesh.session.effects import AnyEffect, DropAll, Fail, Over, StartOver
from agentmesh.session.keyring import KeyRing
from agentmesh.session.states import Ended, Open

RESTORED = "restored"
"""It ended because its state came out of a backup, and may have been used since then."""
SUCCEEDED = "identity_succeeded"
"""It ended because another identity took ours' place: what was under way may have arrived."""
CANNOT_GO_ON = {"excessive_skip", "session_expired", RESTORED, SUCCEEDED}
"""What ended a session in which no further frame will open."""


def is_spent(state: Open, keys: KeyRing) -> bool:
    """Whether nothing more may be said under these keys."""
    return state.cipher.is_spent(state.next_sequence - 1, keys.clock.now())


def closed(state: Open, reason: str) -> tuple[Ended, list[AnyEffect]]:
    """End the session without a good-bye: none can be said any more."""
    failed = Fail(refused=False, reason=reason)
    return state.ended(reason, by_peer=False), [DropAll(), failed, Over(reason, by_peer=False)]


def spent(state: Open, reason: str = "session_expired") -> tuple[Ended, list[AnyEffect]]:
    """End the session at its suite's bounds. The peer learns of it with its next frame."""
    over = Over(reason, by_peer=False)
    return state.ended(reason, by_peer=False), [DropAll(), StartOver(), over]
