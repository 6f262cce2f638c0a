"""A worm among agents that obey everything: who got it, and from whom."""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from agentmesh.control import calls
from agentmesh.tools.catalog import TOOLS
from agentmesh.tools.tool import call
from tests.support.corpus import FOLDER
from tests.support.mesh import Agent, Answer, Mesh
from tests.support.obeying import Obeying
from tests.support.siege import befriend, owner, told, up

AT_ONCE = 6
"""So many daemons are started at the same time."""
ROUNDS = 3

Edge = tuple[Agent, Agent]


class Infection(NamedTuple):
    """Somebody got the worm."""

    who: str
    by: str
    way: str


class Hands:
    """The tools of an agent without a host between."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent

    def call(self, tool: str, **arguments: Any) -> Answer:
        """Return what a tool answers."""
        return call(TOOLS[tool], arguments, self._agent.home)


def settle(mesh: Mesh, count: int, policy: dict[str, object]) -> list[Agent]:
    """Return so many agents, all of which a search finds."""
    names = [f"agent{number}" for number in range(count)]
    agents: list[Agent] = []
    for start in range(0, count, AT_ONCE):
        agents += up(mesh, names[start : start + AT_ONCE], policy, "--capability", "travel/flights")
    return agents


def chain(agents: Sequence[Agent]) -> list[Edge]:
    """Return who knows whom: each the one before it and the one behind it."""
    return list(pairwise(agents))


def web(agents: Sequence[Agent]) -> list[Edge]:
    """Return who knows whom: each the next ones and some far away."""
    steps = [step for step in (1, 2, 7, 11) if step < len(agents) / 2 or step == 1]
    size = len(agents)
    return [(one, agents[(at + step) % size]) for step in steps for at, one in enumerate(agents)]


def introduce(edges: Iterable[Edge]) -> None:
    """Make contacts of them, each way; they have said hello."""
    for one, other in edges:
        befriend(one, other)
        befriend(other, one)
    for one, other in edges:
        owner(one, calls.Send(to=other.amid, body="Hello, how are you?", wait=60))


def break_out(agents: Sequence[Agent], edges: Sequence[Edge], mark: str) -> None:
    """Let the first agent send a worm to all whom it knows; the others read and obey, all of it."""
    worm = tomllib.loads((FOLDER / "worm.toml").read_text())
    text = worm["text"].format(mark=mark)
    first, *others = agents
    known = {other if one is first else one for one, other in edges if first in {one, other}}
    readers = [Obeying(it, Hands(it), {mark: worm["calls"]}) for it in others]
    for reader in readers:
        reader.reads()
    for it in known:
        owner(first, calls.Send(to=it.amid, body=text, wait=60))
    for _ in range(ROUNDS):
        for reader in readers:
            while reader.reads():
                pass
    assert sum(mark in it.obeyed for it in readers) >= len(known), "nobody obeyed"


def second_hand(agents: Sequence[Agent], mark: str) -> list[Infection]:
    """Return who got the worm from somebody else than the first."""
    first, *others = agents
    names = {it.amid: it.name for it in agents}
    return [
        Infection(it.name, names.get(by, by), way)
        for it in others
        for by, way in _got(it, mark)
        if by != first.amid
    ]


def have_said_all(agents: Iterable[Agent]) -> bool:
    """Whether nothing that they said is still on its way."""
    return all(told(it, calls.Status())["outbox"]["pending"] == 0 for it in agents)


def _got(agent: Agent, mark: str) -> Iterator[tuple[str, str]]:
    """Yield from whom the worm came, by whatever way."""
    came = told(agent, calls.Inbox(limit=100))["messages"]
    assert len(came) < 100, "there may be more"
    yield from ((it["from"], "message") for it in came if mark in str(it["payload"]))
    knocks = told(agent, calls.KnocksList(pending=False, limit=100))["knocks"]
    yield from ((it["from"], "note of a knock") for it in knocks if mark in it["note"])
    words = told(agent, calls.IntroductionsList())["introductions"]
    yield from ((it["by"], "introduction") for it in words if mark in it["note"])
    yield from ((it["peer"], "file") for it in told(agent, calls.FilesList())["files"])
    asked = told(agent, calls.GrantsList(pending=True))["grants"]
    yield from ((it["peer"], "request for a grant") for it in asked if mark in str(it))
