"""What `netcheck` found: steps in their order, each with its own bound and result."""

from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec

from agentmesh.errors import AgentMeshError
from agentmesh.protocol.world import Clock

State = Literal["ok", "failed", "skipped"]
Fact = str | int | float | bool | list[str] | None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step: how it went, what it showed; if it failed, why, and what to do."""

    name: str
    state: State
    milliseconds: float | None = None
    facts: dict[str, Fact] = {}
    why: str = ""
    fix: str = ""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """The way to one service."""

    url: str
    reachable: bool
    steps: list[Step]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Both ways, and what of the environment has a say in them."""

    reachable: bool
    relay: Way
    registry: Way
    environment: dict[str, str]


class Failed(AgentMeshError):
    """A step failed: why, what to do, and what it showed all the same."""

    def __init__(self, why: str, fix: str, facts: dict[str, Fact] | None = None) -> None:
        super().__init__("step_failed", why, fix)
        self.facts = facts or {}


Take = Callable[[], Awaitable[dict[str, Fact]]]


class Walk:
    """Takes steps until one fails; those after it are skipped."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.steps: list[Step] = []

    @property
    def goes_on(self) -> bool:
        """Whether no step has failed yet."""
        return all(step.state != "failed" for step in self.steps)

    async def step(self, name: str, take: Take) -> None:
        """Take a step, unless one before it failed."""
        if not self.goes_on:
            self.skip(name, "A step before this one failed.")
            return
        began = self._clock.monotonic()
        try:
            facts = await take()
        except Failed as failed:
            self._note(name, "failed", began, failed.facts, (failed.message, failed.hint))
        except AgentMeshError as error:
            self._note(name, "failed", began, {"code": error.code}, (error.message, error.hint))
        else:
            self._note(name, "ok", began, facts, ("", ""))

    def skip(self, name: str, why: str) -> None:
        """Leave a step out."""
        self.steps.append(Step(name=name, state="skipped", why=why))

    def way(self, url: str) -> Way:
        """Return the whole way."""
        return Way(url=url, reachable=self.goes_on, steps=self.steps)

    def _note(
        self, name: str, state: State, began: float, facts: dict[str, Fact], words: tuple[str, str]
    ) -> None:
        milliseconds = round((self._clock.monotonic() - began) * 1000, 2)
        step = Step(
            name=name,
            state=state,
            milliseconds=milliseconds,
            facts=facts,
            why=words[0],
            fix=words[1],
        )
        self.steps.append(step)


def median(values: list[float]) -> float:
    """Return the one in the middle, in milliseconds, of times in seconds."""
    return round(sorted(values)[len(values) // 2] * 1000, 2)
