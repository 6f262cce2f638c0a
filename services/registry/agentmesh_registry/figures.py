"""What operators see in `/metrics`: how much, how fast, how full; never who."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from agentmesh.observability.metrics import Metrics
from agentmesh.protocol.world import Clock


@dataclass
class Outcome:
    """How a request ended."""

    status: int = 500


class Figures:
    """The figures of one registry."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._metrics = Metrics("registry")
        self._requests = self._metrics.counter(
            "requests", "Requests, by route and status.", ("route", "status")
        )
        self._seconds = self._metrics.histogram(
            "request_seconds", "How long requests took.", labels=("route",)
        )
        self._agents = self._metrics.gauge("agents", "Registered agents.")
        self._online = self._metrics.gauge("agents_online", "Agents that are not offline.")

    @contextmanager
    def timing(self, route: str) -> Iterator[Outcome]:
        """Count what happens inside, under a route of ours."""
        start = self._clock.monotonic()
        outcome = Outcome()
        try:
            yield outcome
        finally:
            self._requests.labels(route, str(outcome.status)).inc()
            self._seconds.labels(route).observe(self._clock.monotonic() - start)

    def render(self, agents: int, online: int) -> bytes:
        """Return the text of `/metrics`."""
        self._agents.set(agents)
        self._online.set(online)
        return self._metrics.render()
