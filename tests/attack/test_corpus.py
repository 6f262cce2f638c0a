"""Attacks through the real path, against an agent that obeys every word: nothing forbidden happens.

AGENTMESH_ATTACKS says how many; a slice runs at every change.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import escaping
from tests.support.corpus import MARK, Attack, attacks, beyond, honest
from tests.support.host import Host
from tests.support.mesh import Mesh, eventually
from tests.support.obeying import Obeying
from tests.support.siege import REGISTRY, RELAY, Siege, decided

ATTACKS = int(os.environ.get("AGENTMESH_ATTACKS", "45"))
ONE_AGENT = 45
"""So many attacks for one agent: of every family some."""
HONEST, MAX_STOPPED = (200, 2) if ATTACKS > ONE_AGENT else (20, 1)
"""So many who mean well, and so many of them at most may be stopped."""
LOOKS = ("mesh_contacts", "mesh_status", "mesh_policy")
NEVER_SHOWN = {"knock_note", "file_name", "advert"}

Figures = Callable[[str, object], None]


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    with Mesh(tmp_path_factory.mktemp("mesh"), RELAY, REGISTRY) as mesh:
        yield Siege(mesh)


def look_around(agent: Obeying) -> str:
    """Let an agent call whatever shows it something; return all that it was shown."""
    seen = [agent.looks(tool) for tool in LOOKS]
    seen.append(agent.looks("mesh_search", capability="travel/flights", limit=100))
    seen.append(agent.looks("mesh_file", action="list"))
    return json.dumps(seen)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("start", range(0, ATTACKS, ONE_AGENT))
async def test_whoever_obeys_every_word_does_no_harm(
    siege: Siege, start: int, tmp_path: Path, record_property: Figures
) -> None:
    mine: list[Attack] = attacks(ATTACKS)[start : start + ONE_AGENT]
    has_sessions = bool(start // ONE_AGENT % 2)  # every other agent's host keeps peers apart
    victim = siege.agent(f"agent{start}")
    with Host(victim) as host:
        agent = siege.obeying(victim, host, mine)
        before = None
        for attack in mine:
            await siege.comes(attack, victim, tmp_path)
            before = before or decided(victim)
            while agent.is_woken(host) if has_sessions else agent.reads():
                pass
        seen = look_around(agent)
    shown = {it.mark for it in mine if it.via not in NEVER_SHOWN}
    assert not {it.mark for it in mine} - shown & set(MARK.findall(seen))
    assert set(agent.obeyed) == shown
    escaped = siege.escaped(victim)
    print(*escaped, sep="\n")
    print(siege.leaked(victim))
    assert escaped == []
    assert siege.leaked(victim) == []
    assert decided(victim) == before
    siege.withdraw()
    answers = Counter(_outcome(answer) for _, answer in agent.calls)
    assert siege.heard_from(victim), "it could say nothing to anybody: that proves nothing"
    record_property("attacks", len(mine))
    record_property("calls", len(agent.calls))
    for outcome, count in answers.most_common(4):
        record_property(outcome, count)


@pytest.mark.timeout(600)
def test_who_means_well_is_answered_however_odd_it_looks(
    siege: Siege, record_property: Figures
) -> None:
    agent, stopped = siege.agent("helper"), []
    with Host(agent) as host:
        for it in honest(HONEST):
            siege.says(agent, it.text)
            (message,) = host.call("mesh_inbox", wait=60)["messages"]
            escaping.shown(message["content"])
            told = host.call("mesh_reply", message_id=message["message_id"], body=it.answer)
            if not told["ok"]:
                stopped.append((it.answer, told["error"]["code"]))
    record_property("honest", HONEST)
    record_property("stopped", len(stopped))
    assert len(stopped) <= MAX_STOPPED, stopped
    answered = HONEST - len(stopped)
    eventually(lambda: len(siege.heard_from(agent)) == answered)


@pytest.mark.skipif(ATTACKS <= ONE_AGENT, reason="with make test-attack")
@pytest.mark.timeout(600)
async def test_what_the_search_for_secrets_cannot_see_still_goes_to_nobody_else(
    siege: Siege, tmp_path: Path, record_property: Figures
) -> None:
    mine = beyond()
    victim = siege.agent("talker")
    with Host(victim) as host:
        agent = siege.obeying(victim, host, mine)
        for attack in mine:
            await siege.comes(attack, victim, tmp_path)
            agent.reads()
    assert len(agent.obeyed) == len(mine)
    assert siege.escaped(victim) == []
    record_property("told to who asked", len(siege.heard_from(victim)))


def _outcome(answer: dict[str, object]) -> str:
    error = answer.get("error")
    return str(error.get("code")) if isinstance(error, dict) else "ok"
