"""What `doctor` sees of an OpenClaw on this machine: what else who reads the mesh may do there.

Its settings are read where they lie, and nothing of them is shown.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from agentmesh.observability.checkup.ailment import Ailment
from agentmesh.observability.checkup.openclaw_settings import Unreadable, read
from agentmesh.observability.findings import Finding

MAIN = "main"
RUNS = frozenset({"exec", "process", "bash", "code_execution", "group:runtime"})
READS = frozenset({"agentmesh", "mesh_inbox", "group:plugins"})
EVERYTHING = "*"
_RUN_BY_PROFILE = frozenset({"full", "coding"})
_READ_BY_PROFILE = frozenset({"full", "coding", "messaging"})
_SECRET_NAMES = ("apikey", "token", "password", "secret")
_NEVER = re.compile(r"0+(\.0+)?(ms|s|m|h|d)?", re.IGNORECASE)
_WAKING = "See what docs/hosts.md says of wakeOwner."
_HINT = "Restrict it, as docs/hosts.md says under “What an agent may do besides”."


class Tools(NamedTuple):
    """What tools an agent has, as the settings say."""

    profile: str
    allow: frozenset[str]
    also: frozenset[str]
    deny: frozenset[str]

    def has_any(self, names: frozenset[str], profiles: frozenset[str]) -> bool:
        """Whether it has one of these, or its profile has."""
        if self.deny & (names | {EVERYTHING}):
            return False
        if self.allow:
            return bool(self.allow & (names | {EVERYTHING}))
        return self.profile in profiles or bool(self.also & (names | {EVERYTHING}))


class Place(NamedTuple):
    """Where an OpenClaw keeps its state, and where its settings are."""

    state: Path
    settings: Path


def place(environment: Mapping[str, str]) -> Place:
    """Return the place of this machine's OpenClaw, by the variables that it goes by itself."""
    home = Path(environment.get("OPENCLAW_HOME") or Path.home())
    profile = environment.get("OPENCLAW_PROFILE", "")
    folder = f".openclaw-{profile}" if profile not in {"", "default"} else ".openclaw"
    state = Path(environment.get("OPENCLAW_STATE_DIR") or home / folder)
    return Place(state, Path(environment.get("OPENCLAW_CONFIG_PATH") or state / "openclaw.json"))


def openclaw(found: Place) -> list[Ailment]:
    """Look whether an agent that reads the mesh may run commands too, and what else is amiss."""
    try:
        settings = read(found.settings)
    except Unreadable as error:
        why = f"What OpenClaw's agents may do is not known: {error}"
        return [Ailment(Finding("openclaw_unread", "warning", why, "openclaw config validate"))]
    if not _uses_us(settings):
        return []
    findings = (*_agents(settings, found.state), *_channel(settings), *_owner(settings))
    return [Ailment(it) for it in findings]


def _uses_us(settings: dict[str, Any]) -> bool:
    entry = _inside(settings, "plugins", "entries", "agentmesh")
    channel = _inside(settings, "channels", "agentmesh")
    is_there = "agentmesh" in _inside(settings, "plugins", "entries") or bool(channel)
    return is_there and entry.get("enabled") is not False


def _agents(settings: dict[str, Any], state: Path) -> Iterator[Finding]:
    entries = _inside(settings, "agents", "entries")
    for name in sorted({MAIN, *map(str, entries)}):
        tools = _tools(settings, _inside(entries, name))
        if not tools.has_any(READS, _READ_BY_PROFILE) or not tools.has_any(RUNS, _RUN_BY_PROFILE):
            continue
        if _is_boxed(settings, _inside(entries, name)):
            continue
        besides = " It can also read keys that lie there." if _has_secrets(settings, state) else ""
        why = (
            f"OpenClaw's agent {name[:40]!r} reads messages of other agents, and may run commands "
            f"as you: what it reads may talk it into that.{besides}"
        )
        yield Finding("agent_runs_commands", "warning", why, _HINT)


def _channel(settings: dict[str, Any]) -> Iterator[Finding]:
    also = _names(_inside(settings, "channels", "agentmesh").get("alsoAllow"))
    if also & (RUNS | {EVERYTHING}):
        why = "In the sessions that other agents' messages start, commands may be run."
        fix = "openclaw config unset channels.agentmesh.alsoAllow"
        yield Finding("peers_run_commands", "error", why, fix)


def _owner(settings: dict[str, Any]) -> Iterator[Finding]:
    if _inside(settings, "channels", "agentmesh").get("wakeOwner") is True:
        agents = _inside(settings, "agents")
        if why := _why_not_woken(_inside(agents, "entries"), _inside(agents, "defaults")):
            fix = "openclaw config set agents.defaults.systemAgent.agentId AGENT"
            told = f"OpenClaw wakes nobody by wakeOwner: {why}."
            yield Finding("owner_not_woken", "warning", told, fix if "several" in why else _WAKING)


def _why_not_woken(entries: dict[str, Any], defaults: dict[str, Any]) -> str:
    """Return why the owner's agent is not woken, if so, by what the plugin's owner.js goes by."""
    marked = [name for name in entries if _inside(entries, name).get("default") is True]
    every = _inside(defaults, "heartbeat")
    named = every.get("agentId") or _inside(defaults, "systemAgent").get("agentId")
    names = [str(named)] if named else marked if len(marked) == 1 else [*entries] or [MAIN]
    if len(names) > 1:
        return "there are several agents, and none is named as the owner's own"
    owner = _plain(names[0])
    beating = {_plain(it) for it in entries if _inside(entries, it).get("heartbeat") is not None}
    if beating and owner not in beating:
        return "agents.entries gives other agents a heartbeat, and the owner's own none"
    own = next((_inside(entries, it) for it in entries if _plain(it) == owner), {})
    often = _inside(own, "heartbeat").get("every")
    often = every.get("every") if often is None else often
    return "the heartbeat is switched off" if _NEVER.fullmatch(str(often).strip()) else ""


def _plain(name: str) -> str:
    return name.strip().lower()


def _tools(settings: dict[str, Any], agent: dict[str, Any]) -> Tools:
    """Return an agent's tools: its own word, else that for all; what is denied once is denied."""
    every, own = _inside(settings, "tools"), _inside(agent, "tools")
    return Tools(
        profile=str(own.get("profile") or every.get("profile") or "full"),
        allow=_names(own.get("allow")) or _names(every.get("allow")),
        also=_names(own.get("alsoAllow")) | _names(every.get("alsoAllow")),
        deny=_names(own.get("deny")) | _names(every.get("deny")),
    )


def _is_boxed(settings: dict[str, Any], agent: dict[str, Any]) -> bool:
    own = _inside(agent, "sandbox").get("mode")
    every = _inside(settings, "agents", "defaults", "sandbox").get("mode")
    return (own or every) == "all"


def _has_secrets(settings: dict[str, Any], state: Path) -> bool:
    places = (
        state / ".env",
        state / "credentials",
        *state.glob("agents/*/agent/auth-profiles.json"),
    )
    return any(it.exists() for it in places) or _names_a_secret(settings)


def _names_a_secret(settings: dict[str, Any]) -> bool:
    waiting: list[Any] = [settings]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            if any(_is_secret(name, it) for name, it in value.items()):
                return True
            waiting += value.values()
    return False


def _is_secret(name: str, value: object) -> bool:
    is_said = isinstance(value, str) and bool(value) and not value.startswith("${")
    return is_said and name.lower().replace("_", "").endswith(_SECRET_NAMES)


def _inside(value: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the section that the names lead to; what is none is empty."""
    for name in names:
        found = value.get(name)
        value = found if isinstance(found, dict) else {}
    return value


def _names(value: object) -> frozenset[str]:
    return frozenset(map(str, value)) if isinstance(value, list) else frozenset()
