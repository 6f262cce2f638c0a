"""What one agent may do in a minute. The account outlives its connections.

One number for each kind of request (GCRA): the moment at which everything asked so far would be
paid for. A request is granted while that moment lies less than a minute ahead.
"""

from array import array
from collections.abc import Mapping, Sequence
from enum import IntEnum

from agentmesh.protocol import limits
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import Limits, MessageType

MINUTE = 60.0
MAX_ACCOUNTS = 100_000
"""At this bound accounts that owe nothing are forgotten, then the oldest."""

REQUESTS_PER_MINUTE = 600
"""Presence, and questions about it."""


class Kind(IntEnum):
    """What is counted together."""

    MESSAGE = 0
    KNOCK = 1
    RECEIPT = 2
    BULK = 3
    REQUEST = 4


KIND_OF: Mapping[MessageType, Kind] = {
    "message": Kind.MESSAGE,
    "accept": Kind.MESSAGE,
    "reject": Kind.MESSAGE,
    "knock": Kind.KNOCK,
    "receipt": Kind.RECEIPT,
    "bulk": Kind.BULK,
}


def allowed(messages_per_minute: int, knocks_per_minute: int, bulk_bytes_per_minute: int) -> Limits:
    """Return what this relay tells an agent that it may do."""
    return Limits(
        max_frame_bytes=limits.MAX_FRAME,
        messages_per_minute=messages_per_minute,
        knocks_per_minute=knocks_per_minute,
        # Each message that comes may have to be answered with a receipt.
        receipts_per_minute=max(limits.RECEIPTS_PER_MINUTE, messages_per_minute),
        bulk_bytes_per_minute=bulk_bytes_per_minute,
        mailbox_messages=limits.MAILBOX_MESSAGES,
        mailbox_seconds=limits.MAILBOX_SECONDS,
    )


class Accounts:
    """The accounts of all agents."""

    def __init__(self, allowance: Limits, bound: int = MAX_ACCOUNTS) -> None:
        self._price = (
            MINUTE / allowance.messages_per_minute,
            MINUTE / allowance.knocks_per_minute,
            MINUTE / allowance.receipts_per_minute,
            MINUTE / allowance.bulk_bytes_per_minute,
            MINUTE / REQUESTS_PER_MINUTE,
        )
        self._paid_at: dict[Amid, array[float]] = {}
        self._bound = bound

    def __len__(self) -> int:
        return len(self._paid_at)

    def take(self, amid: Amid, kind: Kind, amount: int, now: float) -> float:
        """Grant the request and return 0, or return the seconds after which to ask again."""
        account = self._paid_at.get(amid)
        if account is None:
            account = self._open(amid, now)
        paid_at = max(account[kind], now) + amount * self._price[kind]
        if paid_at > now + MINUTE:
            return paid_at - now - MINUTE
        account[kind] = paid_at
        return 0.0

    def debts(self, now: float) -> dict[Amid, tuple[float, ...]]:
        """Return what each agent owes that owes something."""
        found = {amid: self.owed(amid, now) for amid in self._paid_at}
        return {amid: owed for amid, owed in found.items() if owed}

    def give_back(self, amid: Amid, kind: Kind, amount: int) -> None:
        """Undo a grant of this moment."""
        self._paid_at[amid][kind] -= amount * self._price[kind]

    def owed(self, amid: Amid, now: float) -> tuple[float, ...]:
        """Return, for each kind, after how many seconds all is paid for; nothing if all is."""
        account = self._paid_at.get(amid)
        owed = tuple(max(0.0, paid_at - now) for paid_at in account or ())
        return owed if any(owed) else ()

    def owe(self, amid: Amid, owed: Sequence[float], now: float) -> None:
        """Know that an agent has used at least that, here or elsewhere."""
        if len(owed) != len(Kind):
            return
        account = self._paid_at.get(amid)
        if account is None:
            account = self._open(amid, now)
        for kind, seconds in enumerate(owed):
            account[kind] = max(account[kind], now + min(seconds, MINUTE))

    def forget_paid(self, now: float) -> None:
        """Forget the accounts that owe nothing: a new one would be the same."""
        for amid in [amid for amid, account in self._paid_at.items() if max(account) <= now]:
            del self._paid_at[amid]

    def _open(self, amid: Amid, now: float) -> "array[float]":
        if len(self._paid_at) >= self._bound:
            self.forget_paid(now)
        if len(self._paid_at) >= self._bound:
            del self._paid_at[next(iter(self._paid_at))]
        account = self._paid_at[amid] = array("d", bytes(8 * len(Kind)))
        return account
