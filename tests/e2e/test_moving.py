"""An agent of the 0.2 draft and one of openclaw-p2p move in, and say here what they said there."""

import json

from tests.support.draft_home import draft_home, identity
from tests.support.mesh import Agent, Mesh, eventually
from tests.support.openclaw import p2p_home


def moved(mesh: Mesh) -> tuple[Agent, Agent]:
    """Return who came from 0.2 under its old AMID, and who knew it from openclaw-p2p as Nova."""
    nova = mesh.newcomer("nova")
    old = draft_home(mesh.folder / "old", accepted_intents=[])
    kept = nova.ask("import", "agentmesh-0.2", old, "--key-storage", "file")["amid"]
    nova.up()
    assert nova.amid == kept == identity()["amid"]
    dave = mesh.agent("dave")
    assert dave.ask("import", "p2p", p2p_home(mesh.folder / "p2p"))["imported"] == 2
    dave.fails(2, "send", "Nova", "hello")
    contact = dave.ask("import", "bind", "Nova", nova.amid)["contact"]
    assert (contact["alias"], contact["trust"]) == ("Nova", 1)
    nova.ask("contacts", "add", dave.amid, "--alias", "dave")
    eventually(nova.is_connected)
    return nova, dave


def test_what_was_said_elsewhere_is_said_here(mesh: Mesh) -> None:
    nova, dave = moved(mesh)
    # TEXT
    assert dave.ask("send", "Nova", "hello", "--wait", "60")["outcome"] == "delivered"
    assert nova.gets("hello")["from"] == dave.amid
    # TASK_REQUEST and QUERY, and their responses
    task = json.dumps({"intent": "summarise", "parameters": {"pages": 3}})
    intent = ("--intent", "productivity/tasks", "--type", "request_response")
    dave.ask("send", "Nova", task, *intent)
    asked = eventually(lambda: [it for it in nova.messages() if it["type"] == "request"])[0]
    assert asked["payload"]["parameters"] == {"pages": 3}
    done = json.dumps({"status": "completed", "results": ["short"], "result_count": 1})
    nova.ask("reply", asked["message_id"], done)
    told = eventually(lambda: [it for it in dave.messages() if it["type"] == "response"])[0]
    assert told["payload"]["results"] == ["short"]
    # FILE_OFFER, FILE_CHUNK
    report = mesh.folder / "report.txt"
    report.write_text("canary " * 1000)
    dave.ask("send", "Nova", "--file", report)
    offered = eventually(lambda: nova.ask("files")["files"])[0]
    nova.ask("files", "accept", offered["transfer_id"])

    quarantine = nova.home / "files" / "quarantine"
    (landed,) = eventually(lambda: list(quarantine.glob("*report*")))
    assert landed.read_text() == report.read_text()
