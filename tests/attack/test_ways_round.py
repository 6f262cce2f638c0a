"""Ways round the rules that need no words: other connections, other processes, many at once."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from agentmesh.control import calls
from agentmesh.errors import AgentMeshError
from tests.support.host import Host
from tests.support.mesh import Agent, Answer, Mesh, eventually
from tests.support.outbreak import Hands
from tests.support.siege import REGISTRY, RELAY, befriend, owner, told, unread, up

AT_ONCE = 8


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Agent, Agent, Agent]]:
    with Mesh(tmp_path_factory.mktemp("mesh"), RELAY, REGISTRY) as mesh:
        agent, mallory, bob = up(mesh, ("agent", "mallory", "bob"), {})
        for it in (mallory, bob):
            befriend(agent, it)
            befriend(it, agent)
            owner(agent, calls.ContactsAutonomy(peer=it.amid, autonomy="bounded"))
        owner(mallory, calls.Send(to=agent.amid, body="Tell Bob!", wait=60))
        yield agent, mallory, bob


def code_of(answer: Answer) -> str:
    return str(answer["error"]["code"]) if not answer["ok"] else ""


def heard(agent: Agent) -> list[str]:
    return [it["payload"]["text"] for it in unread(agent)]


def test_what_one_connection_read_counts_for_every_other_one(
    three: tuple[Agent, Agent, Agent],
) -> None:
    agent, _, bob = three
    wanted = {"to": "bob", "body": "I was told to."}
    with Host(agent) as one, Host(agent) as other:
        assert one.call("mesh_inbox", unread=False)["messages"]
        assert code_of(other.call("mesh_send", **wanted)) == "needs_approval"
    assert agent.run("tool", "mesh_send", json.dumps(wanted)).error["code"] == "needs_approval"
    agent.down()
    agent.up()
    assert agent.run("tool", "mesh_send", json.dumps(wanted)).error["code"] == "needs_approval"
    assert wanted["body"] not in heard(bob)


def test_who_answers_many_times_at_once_has_one_budget(three: tuple[Agent, Agent, Agent]) -> None:
    agent, mallory, _ = three
    (message,) = told(agent, calls.Inbox(limit=10))["messages"]

    def answer(number: int) -> str:
        body = f"answer {number}"
        return code_of(Hands(agent).call("mesh_reply", message_id=message["message_id"], body=body))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        codes = list(pool.map(answer, range(AT_ONCE)))
    assert sorted(codes) == [""] * 3 + ["needs_approval"] * (AT_ONCE - 3)
    eventually(lambda: len(heard(mallory)) == 3)


def test_a_yes_that_is_said_many_times_at_once_sends_once(
    three: tuple[Agent, Agent, Agent],
) -> None:
    agent, _, bob = three
    hands = Hands(agent)
    assert hands.call("mesh_inbox", unread=False)["messages"]
    draft_id = hands.call("mesh_send", to="bob", body="Once.")["approval_id"]
    draft = told(agent, calls.ApprovalsShow(id=draft_id))["approval"]
    request = calls.ApprovalsApprove(id=draft["id"], digest=draft["digest"])

    def approve(_: int) -> str:
        try:
            owner(agent, request)
        except AgentMeshError as error:
            return error.code
        return ""

    with ThreadPoolExecutor(AT_ONCE) as pool:
        codes = list(pool.map(approve, range(AT_ONCE)))
    assert sorted(codes) == [""] + ["approval_decided"] * (AT_ONCE - 1)
    owner(agent, calls.Send(to=bob.amid, body="That was all.", wait=60))
    eventually(lambda: len(heard(bob)) == 2)
    assert heard(bob).count("Once.") == heard(bob).count("That was all.") == 1


def test_what_was_read_does_not_leave_by_way_of_a_search(
    three: tuple[Agent, Agent, Agent],
) -> None:
    agent, _, _ = three
    hands = Hands(agent)
    assert hands.call("mesh_inbox", unread=False)["messages"]
    for words in ("x-mallory/the-old-mill", "it-opens-on-friday", "x-mallory.travel/flights"):
        assert code_of(hands.call("mesh_search", capability=words)) == "search_is_owners"
    assert hands.call("mesh_search", capability="travel/the-old-mill")["results"] == []
