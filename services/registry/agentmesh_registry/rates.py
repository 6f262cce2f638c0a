"""How often something may happen: token buckets, one for each key, as many as fit the bound."""

import math
from collections import OrderedDict
from ipaddress import ip_address

from agentmesh.errors import TransportError
from agentmesh.protocol.world import Clock

_MAX_KEYS = 100_000
_IPV6_BYTES = 8  # a /64 is one household


class RateLimited(TransportError):
    """Too often. Later it will do."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "rate_limited", "Too many requests.", f"Try again in {retry_after} seconds."
        )
        self.retry_after = retry_after


class Rate:
    """So many a minute for each key, and as many at once. Zero a minute means no limit."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._per_second = per_minute / 60
        self._burst = float(per_minute)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, key: str) -> float:
        """Take one and return 0, or return how many seconds it takes until there is one."""
        if not self._burst:
            return 0
        now = self._clock.monotonic()
        tokens, then = self._buckets.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * self._per_second)
        missing = max(0.0, 1 - tokens)
        self._buckets[key] = (tokens if missing else tokens - 1, now)
        if len(self._buckets) > _MAX_KEYS:
            self._buckets.popitem(last=False)  # unused for the longest time: full again anyway
        return missing / self._per_second

    def check(self, key: str) -> None:
        """Take one, or raise `RateLimited`."""
        seconds = self.wait(key)
        if seconds:
            raise RateLimited(math.ceil(seconds))


def household(address: str) -> str:
    """Return what an address counts as: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return parsed.packed[:_IPV6_BYTES].hex()
