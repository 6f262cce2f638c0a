"""An agent with a past: contacts, words, a file; strangers and drafts wait for its owner."""

import json
from pathlib import Path

from agentmesh.control.calls import Send
from agentmesh.control.client import Client
from tests.support.mesh import Agent, Mesh, eventually

WORDS = (
    "Good morning! Two seats to Vienna on Friday, please.",
    "There is one train at 8:15 and one at 9:40. Which one?",
    "The later one, and near the window if that can be.",
    "Booked: coach 23, seats 41 and 42. The tickets follow as a file.",
)


def ada_and_bob(mesh: Mesh) -> tuple[Agent, Agent]:
    """Return Ada, who has much to decide, and Bob, her contact."""
    ada, bob = mesh.friends("ada", "bob")
    for number, text in enumerate(WORDS):
        sender, to = (bob, ada) if number % 2 else (ada, bob)
        sender.ask("send", to.amid, text, "--wait", "60")
    ada.ask("contacts", "note", "bob", "Books trains. Nothing else.")
    ada.ask("contacts", "trust", "bob", "trusted")
    return ada, bob


def much_to_decide(mesh: Mesh, ada: Agent, bob: Agent) -> None:
    """Let everything wait that can wait for Ada."""
    carol = mesh.agent("Carol's travel desk")
    carol.ask(
        "send", ada.amid, "May I offer you flights?", "--intent", "travel/flights",
        "--note", "We met at the fair; Ada asked for prices.",
    )  # fmt: skip
    tickets = Path(mesh.folder) / "tickets.pdf"
    tickets.write_bytes(b"%PDF-1.7\n" + bytes(200_000))
    bob.run("send", ada.amid, "--file", tickets)
    bob.ask("contacts", "trust", "ada", "trusted")
    question = bob.ask("send", ada.amid, "Shall I book the way back too?", "--wait", "60")
    draft = {"message_id": question["message_id"], "body": "Yes, Sunday at 17:10, same seats."}
    ada.run("tool", "mesh_reply", json.dumps(draft))
    eventually(lambda: ada.status()["approvals"]["pending"])
    eventually(lambda: ada.status()["knocks"]["pending"])
    eventually(lambda: ada.ask("files")["files"])


def say(agent: Agent, to: Agent, bodies: list[str]) -> None:
    """Send many messages quickly."""
    with Client(agent.home) as client:
        for body in bodies:
            client.call(Send(to=to.amid, body=body))
