"""What a tool is, and how it is called: it answers one JSON object and never raises."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from agentmesh.control import failures
from agentmesh.control.client import Client
from agentmesh.errors import AgentMeshError, NeedsOwner, Refused, UsageError

Arguments = Mapping[str, Any]
Run = Callable[[Client, Arguments], dict[str, Any]]


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool as hosts show it to a model, and what it does.

    `is_final`: what it does, such as sending, cannot be taken back.
    """

    name: str
    description: str
    properties: dict[str, dict[str, Any]]
    required: tuple[str, ...] = ()
    only_reads: bool = False
    is_final: bool = False
    run: Run

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of its arguments."""
        return {
            "type": "object",
            "properties": self.properties,
            "required": list(self.required),
            "additionalProperties": False,
        }


def call(tool: Tool, arguments: object, home: Path, context: str = "") -> dict[str, Any]:
    """Return `{"ok": true, ...}` or `{"ok": false, "error": {...}}`."""
    return attempt(tool, arguments, home, context)[0]


def attempt(
    tool: Tool, arguments: object, home: Path, context: str = ""
) -> tuple[dict[str, Any], int]:
    """Return the answer, and the exit code that a command would end with.

    The connection has the agent permit: a tool decides nothing that is the owner's. `context` is
    the host's word and never among the arguments, which a model chooses.
    """
    try:
        given = _checked(tool, arguments)
        with Client(home, "agent", context=context) as client:
            answer = {"ok": True, **tool.run(client, given)}
        return answer, 0 if answer["ok"] else _exit_code(answer["error"]["code"])
    except AgentMeshError as error:
        return failed(error), failures.kind_of(error).exit_code
    except Exception:  # noqa: BLE001 - a host hides what a tool raises; an answer it shows
        bug = failures.internal_error()
        return failed(bug), failures.kind_of(bug).exit_code


def _exit_code(code: str) -> int:
    kind = NeedsOwner if code == "needs_approval" else Refused
    return failures.kind_of(kind(code)).exit_code


def failed(error: AgentMeshError, **more: Any) -> dict[str, Any]:
    """Return the answer that tells of an error."""
    told = {"code": error.code, "message": error.message, "hint": error.hint}
    return {"ok": False, "error": told, **more}


def _checked(tool: Tool, arguments: object) -> Arguments:
    """Check the names; what the values must be is checked by the daemon."""
    if not isinstance(arguments, dict):
        raise UsageError("invalid_argument", f"{tool.name} takes a JSON object.")
    missing = [name for name in tool.required if name not in arguments]
    if missing:
        raise UsageError("missing_argument", f"{tool.name} needs {', '.join(missing)}.")
    foreign = [name for name in arguments if name not in tool.properties]
    if foreign:
        raise UsageError(
            "unknown_argument",
            f"{tool.name} does not take {str(foreign[0])[:60]!r}.",
            f"It takes {', '.join(tool.properties) or 'no arguments'}.",
        )
    return arguments
