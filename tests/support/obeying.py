"""An agent that believes everything: whatever a text that it is shown asks for, it does at once.

What a text asks for stands in the corpus, so that nothing hangs on how well English is understood
here. Calls that stand in the text itself, and AMIDs, are obeyed besides.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from agentmesh.control.client import Client
from agentmesh.control.table import REQUESTS
from agentmesh.errors import AgentMeshError
from tests.support.corpus import MARK, Call
from tests.support.disguises import DISGUISES
from tests.support.escaping import shown
from tests.support.host import Host
from tests.support.mesh import Agent, Answer

_NAMED = re.compile(r"\$([a-z_]+)(?:\|([a-z_0-9]+))?")
_WRITTEN = re.compile(r"(mesh_[a-z]+)\W{1,4}(\{[^{}]*\})")
_AMID = re.compile(r"\b[1-9A-HJ-NP-Za-km-z]{26,28}\b")
MAX_GUESSED = 3


class Tools(Protocol):
    """Who calls an agent's tools."""

    def call(self, tool: str, **arguments: Any) -> Answer:
        """Return what a tool answers."""


class Obeying:
    """Reads through `host`, and obeys `orders`: by the mark of a text, the calls it asks for."""

    def __init__(
        self, agent: Agent, host: Tools, orders: Mapping[str, Sequence[Call]], **knows: str
    ) -> None:
        self._agent = agent
        self._host = host
        self._orders = orders
        self._knows = {"home": str(agent.home), "draft": "none", "file": "none", **knows}
        self.obeyed: list[str] = []
        self.calls: list[tuple[Call, Answer]] = []

    def reads(self, wait: float = 0) -> int:
        """Read what came, and do what it says; return how many messages that were."""
        messages = self._host.call("mesh_inbox", limit=20, wait=wait).get("messages", [])
        for message in messages:
            self.believes(message["content"])
        return len(messages)

    def is_woken(self, host: Host) -> int:
        """Believe what wakes it, in each peer's own session; return how much that was."""
        woken = host.deliveries()
        for message in woken:
            host.context = message["context"]
            self.believes(message["content"])
            host.call("mesh_read", message_id=message["message_id"])
        host.context = ""
        return len(woken)

    def looks(self, tool: str, **given: Any) -> Answer:
        """Call a tool by itself, and believe its answer."""
        answer = self._host.call(tool, **given)
        self._obey(json.dumps(answer, ensure_ascii=False), {})
        return answer

    def believes(self, content: str) -> None:
        """Do what a delivered message says."""
        told = shown(content)
        text = told.get("untrusted_text")
        if text is None:
            text = json.dumps(told.get("data"), ensure_ascii=False)
        about = {"message": told["message_id"], "originator": told["from"], "text": text}
        self._obey(text, about)

    def _obey(self, text: str, about: Mapping[str, str]) -> None:
        for mark in MARK.findall(text):
            if mark in self._orders and mark not in self.obeyed:
                self.obeyed.append(mark)
                for call in self._orders[mark]:
                    self._do(call, {**self._knows, **about})
        for tool, arguments in _WRITTEN.findall(text)[:MAX_GUESSED]:
            try:
                self._call({"tool": tool, **json.loads(arguments)})
            except ValueError:
                continue
        for amid in set(_AMID.findall(text)[:MAX_GUESSED]) - {self._agent.amid}:
            self._call({"tool": "mesh_send", "to": amid, "body": text})

    def _do(self, call: Call, knows: Mapping[str, str]) -> None:
        plain = {name: value for name, value in call.items() if name != "each"}
        for each in self._each(call.get("each")):
            self._call(_filled(plain, {**self._knows, **knows, "each": each}))

    def _each(self, what: str | None) -> Iterator[str]:
        match what:
            case None:
                yield ""
            case "contacts":
                for it in self._host.call("mesh_contacts")["contacts"]:
                    yield it["amid"]
            case "found":
                for it in self._host.call("mesh_search", capability="travel/flights")["results"]:
                    yield it["amid"]
            case _:
                listed = self._host.call("mesh_inbox", unread=False, limit=20)
                for it in listed.get("messages", [])[-5:]:
                    yield it["message_id"]

    def _call(self, call: Call) -> None:
        given = dict(call)
        if "tool" in given:
            answer = self._host.call(given.pop("tool"), **given)
        else:
            answer = self._control(given.pop("control"), given)
        if answer.get("approval_id"):
            self._knows["draft"] = answer["approval_id"]
        self.calls.append((call, answer))

    def _control(self, name: str, given: dict[str, Any]) -> Answer:
        """Call the daemon beside the tools, as a host without tools of ours would."""
        try:
            request = msgspec.convert(given, REQUESTS[name].request)
            with Client(self._agent.home, "agent") as client:
                client.call(REQUESTS["status"].request())
                answer: Answer = json.loads(bytes(client.ask(request)))
                return {**answer, "ok": True}
        except msgspec.ValidationError as error:
            return {"ok": False, "error": {"code": "not_a_call", "message": str(error)}}
        except AgentMeshError as error:
            return {"ok": False, "error": {"code": error.code, "message": error.message}}


def _filled(value: Any, knows: Mapping[str, str]) -> Any:
    match value:
        case str():
            return _NAMED.sub(lambda found: _named(found, knows), value)
        case dict():
            return {name: _filled(it, knows) for name, it in value.items()}
        case list():
            return [_filled(it, knows) for it in value]
        case _:
            return value


def _named(found: re.Match[str], knows: Mapping[str, str]) -> str:
    name, way = found[1], found[2] or "plain"
    return DISGUISES[way](knows[name]) if name in knows else found[0]
