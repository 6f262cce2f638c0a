"""The relay's figures. Counting costs an addition; names and formats are made when asked for."""

from collections import Counter
from collections.abc import Callable

from agentmesh.observability.metrics import Metrics


class Figures:
    """What has been done so far, and what is so now."""

    def __init__(self) -> None:
        self.sends: Counter[tuple[str, str]] = Counter()
        """By message type and outcome (or the code of a refusal)."""
        self.turned_away: Counter[str] = Counter()
        """Claims that were no good, by code."""
        self.delivered = 0
        self.connects = 0
        self.late_seconds = 0.0
        """How late the loop was, the last time that it had to be somewhere at a time."""
        self._metrics = Metrics("relay")
        self._sends = self._metrics.counter("sends", "Frames taken.", ["type", "outcome"])
        self._turned_away = self._metrics.counter("turned_away", "Claims refused.", ["code"])
        self._delivered = self._metrics.counter("acknowledged", "Deliveries acknowledged.")
        self._connects = self._metrics.counter("connects", "Agents that came in.")
        self._told: Counter[object] = Counter()
        self.watch("late_seconds", "How late the loop is.", lambda: self.late_seconds)

    def watch(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        """Show this value whenever the figures are asked for."""
        self._metrics.gauge(name, meaning).set_function(value)

    def render(self) -> bytes:
        """Return the text of `/metrics`."""
        for (kind, outcome), total in self.sends.items():
            self._sends.labels(kind, outcome).inc(self._news((kind, outcome), total))
        for code, total in self.turned_away.items():
            self._turned_away.labels(code).inc(self._news(code, total))
        self._delivered.inc(self._news("delivered", self.delivered))
        self._connects.inc(self._news("connects", self.connects))
        return self._metrics.render()

    def _news(self, key: object, total: int) -> int:
        """Return how much a number has grown since it was last told."""
        news = total - self._told[key]
        self._told[key] = total
        return news
