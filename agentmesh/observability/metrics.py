"""The one door to `prometheus-client`: figures about this process, in a registry of their own.

Labels take words from lists of ours, never AMIDs: their number must have a bound.
"""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Where the buckets of durations end."""


class Metrics:
    """The figures of one process. Names get the prefix `agentmesh_<part>_`."""

    def __init__(self, part: str) -> None:
        self._prefix = f"agentmesh_{part}"
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)  # memory, CPU time, descriptors

    def counter(self, name: str, meaning: str, labels: Sequence[str] = ()) -> Counter:
        """Return a number that only grows."""
        return Counter(f"{self._prefix}_{name}", meaning, labels, registry=self._registry)

    def gauge(self, name: str, meaning: str, labels: Sequence[str] = ()) -> Gauge:
        """Return a number that goes up and down."""
        return Gauge(f"{self._prefix}_{name}", meaning, labels, registry=self._registry)

    def histogram(
        self,
        name: str,
        meaning: str,
        buckets: Sequence[float] = SECONDS,
        labels: Sequence[str] = (),
    ) -> Histogram:
        """Return a distribution."""
        full = f"{self._prefix}_{name}"
        return Histogram(full, meaning, labels, registry=self._registry, buckets=buckets)

    def render(self) -> bytes:
        """Return the text that a `/metrics` request gets, of type `CONTENT_TYPE`."""
        return generate_latest(self._registry)
