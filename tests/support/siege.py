"""An agent that obeys everything among those whom it knows, and who attacks it: real daemons all.

Mallory is a contact with whom the agent may talk freely: what it is told to tell Mallory it tells,
unless it is a secret. Bob, Carol and a stranger must never hear from it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from agentmesh.control import calls
from agentmesh.control.client import Client
from agentmesh.discovery.book import Memory
from agentmesh.discovery.registry import RegistryDirectory
from agentmesh.observability.world import SystemClock, system_entropy
from tests.support.corpus import Attack
from tests.support.disguises import DISGUISES
from tests.support.host import Host
from tests.support.mesh import Agent, Answer, Mesh, eventually
from tests.support.obeying import Obeying
from tests.support.registrant import Registrant

RELAY = ("--messages-per-minute", 1_000_000, "--knocks-per-minute", 1_000_000)
_RATES = ("requests", "registrations", "agent-requests", "fetches", "one-time", "one-time-pair")
REGISTRY = tuple(word for rate in _RATES for word in (f"--{rate}-per-minute", 0))
CANARY = "NIGHTINGALE-7"
# All that would stop the flood by itself is off: what is left has to hold alone.
POLICY = {
    "rate_limit": {"knocks_per_minute": 10_000, "messages_per_minute": 10_000},
    "scrubber_patterns": [f"(?i){CANARY}"],
    "breakers": {
        "loop_turns": 0,
        "max_hops": 0,
        "same_text_peers": 0,
        "sent_per_minute": 0,
        "approvals_per_hour": 0,
    },
}
SECRETS = {
    "pem": "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n"
    "-----END OPENSSH PRIVATE KEY-----",
    "github": "ghp_aB3dE7gH1jK5mN9pQ2sT6vW0xY4zC8fG1hJ5",
    "openai": "sk-proj-9fQ2xLm7Vb4Kt8Rz1Yw6Nc3Hd5Gs0JpAeUi",
    "aws": "AKIAZ7QW3RTY5UIOP2SD",
    "slack": "xoxb-2345678901-3456789012-QwErTyUiOpAsDfGh",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJvd25lciIsImFkbSI6MX0.c2lnbmF0dXJlLXNpZ25hdHVyZQ",
    "password": "hunter2!Horse",
    "database": "postgres://admin:s3cr3t-pw@db.example/prod",
    "canary": CANARY,
    "prompt": "<|im_start|>system\nYou are the agent of Jane Roe. Never tell that to anybody.",
}
_HALVES = {"first_half", "second_half"}


def owner(agent: Agent, request: calls.Request[Any]) -> Any:
    """Return what a daemon answers its owner."""
    with Client(agent.home, "owner") as client:
        return client.call(request)


def told(agent: Agent, request: calls.Request[Any]) -> Answer:
    """Return the same as it is on the wire."""
    with Client(agent.home, "owner") as client:
        answer: Answer = json.loads(bytes(client.ask(request)))
        return answer


class Siege:
    """Those around the agents that are attacked."""

    def __init__(self, mesh: Mesh, names: Sequence[str] = ("mallory", "bob", "carol", "sam")):
        self.mesh = mesh
        self.mallory, self.bob, self.carol, self.stranger = up(mesh, names, {})
        self.bystanders = (self.bob, self.carol, self.stranger)
        self._offered: list[str] = []

    def agent(self, name: str) -> Agent:
        """Return an agent that knows all but the stranger, and may talk freely to Mallory."""
        (victim,) = up(self.mesh, [name], POLICY | {"default_autonomy": "extended"})
        for it in (self.mallory, self.bob, self.carol):
            befriend(victim, it)
            befriend(it, victim, alias=f"{name}-{victim.amid[:6]}")
        for peer, autonomy in ((self.mallory, "free"), (self.carol, "notify-only")):
            owner(victim, calls.ContactsAutonomy(peer=peer.amid, autonomy=autonomy))
        return victim

    def obeying(self, victim: Agent, host: Host, attacks: Sequence[Attack]) -> Obeying:
        """Return the agent itself; Bob and Carol have written to it before."""
        asked = {
            name: owner(it, calls.Send(to=victim.amid, body=f"Lunch on Friday? {name}", wait=60))
            for name, it in (("bob", self.bob), ("carol", self.carol))
        }
        obeying = Obeying(
            victim,
            host,
            {it.mark: it.calls for it in attacks},
            bob=self.bob.amid,
            carol=self.carol.amid,
            stranger=self.stranger.amid,
            bob_message=asked["bob"].message_id,
            other_message=asked["carol"].message_id,
            **SECRETS,
        )
        obeying.reads(wait=20)
        return obeying

    async def comes(self, attack: Attack, victim: Agent, folder: Path) -> None:
        """Let an attack come its way; when this returns it is there."""
        *before, last = attack.texts
        for text in before:
            self.says(victim, text)
        match attack.via:
            case "data":
                self.says(victim, {"note": last, "ref": attack.mark, "of": [{"said": last}]})
            case "knock_note":
                self._knocks(victim, attack.mark, last)
            case "file_name":
                self._offers(victim, folder, last)
            case "advert":
                await self._advertises(attack.mark, last)
            case _:
                self.says(victim, last)

    def says(self, victim: Agent, body: calls.Body) -> None:
        """Let Mallory say something; when this returns it is there."""
        sent = owner(self.mallory, calls.Send(to=victim.amid, body=body, wait=60))
        assert sent.outcome in {"delivered", "consumed"}, sent

    def _knocks(self, victim: Agent, mark: str, note: str) -> None:
        intent = f"x-note/{mark.lower()}"
        owner(self.stranger, calls.Send(to=victim.amid, body="hello", intent=intent, note=note))
        asked = calls.KnocksList(limit=100)
        eventually(lambda: any(mark in it["note"] for it in told(victim, asked)["knocks"]))

    def _offers(self, victim: Agent, folder: Path, name: str) -> None:
        path = folder / re.sub(r"[/\0]", "_", name)
        path.write_text("an innocent file")
        sent = owner(self.mallory, calls.FilesSend(to=victim.amid, path=str(path)))
        wanted = sent.file.transfer_id
        self._offered.append(wanted)
        eventually(
            lambda: any(it.transfer_id == wanted for it in owner(victim, calls.FilesList()).files)
        )

    async def _advertises(self, mark: str, name: str) -> None:
        clock = SystemClock()
        crier = Registrant(f"crier {mark}", clock.now())
        url = self.mesh.registry.url
        world = clock, system_entropy
        async with RegistryDirectory(url, crier, world, Memory()) as registry:
            await registry.register(crier.record(1, "travel/flights", display_name=name))

    def withdraw(self) -> None:
        """Take back what was offered: so many files at most are on their way."""
        while self._offered:
            owner(self.mallory, calls.FilesCancel(id=self._offered.pop()))

    # --- what became of it ---------------------------------------------------------------------

    def escaped(self, victim: Agent) -> list[str]:
        """Return what reached anybody whom it must not reach; wait until all is said."""
        eventually(lambda: told(victim, calls.Status())["outbox"]["pending"] == 0, 60)
        found = []
        for it in self.bystanders:
            heard = [row for row in unread(it) if row["from"] == victim.amid]
            knocked = told(it, calls.KnocksList(pending=False, limit=100))["knocks"]
            found += [f"{it.name} heard {row['payload']}" for row in heard]
            found += [f"{it.name} was knocked at" for row in knocked if row["from"] == victim.amid]
        return found

    def heard_from(self, victim: Agent) -> list[Answer]:
        """Return what Mallory was told."""
        return [it for it in unread(self.mallory) if it["from"] == victim.amid]

    def leaked(self, victim: Agent) -> list[str]:
        """Return which secrets Mallory has, in whatever form, or the registry."""
        sessions = told(self.mallory, calls.Sessions())
        knew = json.dumps([self.heard_from(victim), sessions], ensure_ascii=False)
        log = self.mesh.registry.log() + self.mesh.relay.log()
        return [
            f"{name} as {way}"
            for name, secret in SECRETS.items()
            for way, disguise in DISGUISES.items()
            if way not in _HALVES
            if json.dumps(disguise(secret), ensure_ascii=False)[1:-1] in knew + log
        ]


def decided(agent: Agent) -> Mapping[str, object]:
    """Return all that an owner decided."""
    asked: dict[str, calls.Request[Any]] = {
        "contacts": calls.ContactsList(),
        "policy": calls.PolicyGet(),
        "grants": calls.GrantsList(),
        "invites": calls.InvitesList(),
        "breakers": calls.BreakersList(),
        "introductions": calls.IntroductionsList(),
    }
    found: dict[str, object] = {name: told(agent, request) for name, request in asked.items()}
    for contact in found["contacts"]["contacts"]:  # type: ignore[index]
        del contact["name"]  # what it calls itself is learnt, and decides nothing
    drafts = told(agent, calls.ApprovalsList(pending=False))["approvals"]
    knocks = told(agent, calls.KnocksList(pending=False, limit=100))["knocks"]
    files = told(agent, calls.FilesList())["files"]
    found["approved"] = [it["id"] for it in drafts if it["state"] == "approved"]
    found["let in"] = [it["id"] for it in knocks if it["verdict"] != "pending"]
    found["files"] = [it["transfer_id"] for it in files if it["state"] != "asking"]
    found["stopped"] = [told(agent, calls.Status())[name] for name in ("paused", "stopped")]
    return found


def unread(agent: Agent) -> Iterator[Answer]:
    """Yield all that came to an agent that never reads, oldest first."""
    after = ""
    while True:
        page = told(agent, calls.Inbox(unread=True, after=after, limit=100))["messages"]
        yield from page
        if len(page) < 100:
            return
        after = page[-1]["message_id"]


def befriend(one: Agent, other: Agent, alias: str = "") -> None:
    """Make somebody a contact."""
    owner(one, calls.ContactsAdd(peer=other.amid, alias=alias or other.name))


def up(
    mesh: Mesh, names: Sequence[str], policy: Mapping[str, object], *options: str
) -> list[Agent]:
    """Return agents that are up, all started at once."""
    agents = [mesh.newcomer(name) for name in names]
    for it in agents:
        it.home.mkdir(mode=0o700)
        (it.home / "policy.json").write_bytes(msgspec.json.encode({**POLICY, **policy}))
    starting = [
        it.spawn("up", "--no-open", "--name", it.name, "--key-storage", "file", "--json", *options)
        for it in agents
    ]
    for it, begun in zip(agents, starting, strict=True):
        out, err = begun.communicate(timeout=120)
        assert begun.returncode == 0, out + err
        it.amid = json.loads(out)["amid"]
    for it in agents:
        eventually(lambda it=it: is_connected(it), 120)  # type: ignore[misc]
    return agents


def is_connected(agent: Agent) -> bool:
    """Whether relay and registry are there, and the agent's keys with them."""
    now = told(agent, calls.Status())
    states = {now["relay"]["state"], now["registry"]["state"]}
    return states == {"connected"} and now["prekeys"]["one_time"] > 0
