"""How many are here, from which address, and how many of them have not said who they are."""

from collections import Counter
from collections.abc import Sequence

from agentmesh_relay.proxies import Proxies

MAX_CONNECTIONS = 20_000
MAX_STRANGERS = 5000
MAX_STRANGERS_PER_ADDRESS = 256
"""Connections that have not proved who they are. At a bound the new one is refused."""


class Crowd:
    """Counts connections that opened, by the client's address: behind a proxy, what it says."""

    def __init__(self, per_address: int, proxies: Proxies) -> None:
        self._most = per_address
        self._proxies = proxies
        self._total = 0
        self._strangers = 0
        self._by_address: Counter[str] = Counter()
        self._strangers_by_address: Counter[str] = Counter()

    def client(self, peer: str, forwarded: Sequence[str]) -> str:
        """Return where somebody comes from, as it is counted."""
        return self._proxies.client(peer, forwarded)

    def enter(self, client: str) -> bool:
        """Count a stranger, and say whether there is room. Who entered has to leave in any case."""
        self._total += 1
        self._strangers += 1
        self._by_address[client] += 1
        self._strangers_by_address[client] += 1
        return (
            self._total <= MAX_CONNECTIONS
            and self._strangers <= MAX_STRANGERS
            and self._by_address[client] <= self._most
            and self._strangers_by_address[client] <= MAX_STRANGERS_PER_ADDRESS
        )

    def introduce(self, client: str) -> None:
        """Count a stranger that is none any more."""
        self._strangers -= 1
        _less(self._strangers_by_address, client)

    def leave(self, client: str, *, is_stranger: bool) -> None:
        """Count one less."""
        if is_stranger:
            self.introduce(client)
        self._total -= 1
        _less(self._by_address, client)


def _less(counter: Counter[str], name: str) -> None:
    counter[name] -= 1
    if not counter[name]:
        del counter[name]
