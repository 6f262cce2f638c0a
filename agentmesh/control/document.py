"""The document on the control socket, made from the table of calls."""

import inspect
import sys
from typing import Any

import msgspec
from msgspec import NODEFAULT
from msgspec import inspect as types

from agentmesh.control import answers, calls, failures
from agentmesh.control.table import REQUESTS, CallType

_HEAD = """# The control socket

Made from `agentmesh/control/table.py` by `python -m agentmesh.control.document >
docs/control.md`; a test tells when it is stale.

`$AGENTMESH_HOME/run/daemon.sock` speaks JSON-RPC 2.0, one object a line, at most {line} KiB. Every
request has an id; batches and notifications to the daemon are refused. Many requests may be at
work at once, and answers come as they are ready. A path too long for a socket is dialled through a
link in the user's runtime directory.

    -> {{"jsonrpc": "2.0", "id": 1, "method": "send", "params": {{"to": "bob", "body": "Hello!"}}}}
    <- {{"jsonrpc": "2.0", "id": 1, "result": {{"message_id": "...", "outcome": "queued", ...}}}}

A connection has the owner's permit until `hello` narrows it to the agent's; nothing widens it
again. Times are RFC 3339, peers are written as alias, contact's name, AMID or DID.

## Errors

An error is `{{"code": <number>, "message": <for people>, "data": {{"code": <word>, "hint": <what to
do>, "kind": <word>}}}}`. `data.code` is stable; `data.at` is there where one of several messages is
wrong, and says which, from 1. `data.kind` is one of:

| kind | exit code of the command |
|---|---|
"""


def document() -> str:
    """Return the whole document."""
    kinds = "\n".join(f"| `{kind.word}` | {kind.exit_code} |" for kind in failures.KINDS)
    rows = "\n\n".join(_call(name, row) for name, row in REQUESTS.items())
    named = "\n\n".join(_answer(kind) for kind in _answers())
    head = _HEAD.format(line=calls.MAX_LINE // 1024)
    calls_of_all = f"## Calls\n\n{_overview()}\n\n{rows}"
    return f"{head}{kinds}\n\n{calls_of_all}\n\n## Answers\n\n{named}\n"


def _overview() -> str:
    rows = [
        f"| [`{name}`](#{name.replace('.', '')}) | {row.permit} | {_first_line(row.request)} |"
        for name, row in REQUESTS.items()
    ]
    return "\n".join(["| call | permit | what it does |", "|---|---|---|", *rows])


def _first_line(request: type[msgspec.Struct]) -> str:
    return (inspect.getdoc(request) or "").partition("\n")[0]


def _call(name: str, row: CallType) -> str:
    stream = "; then `event` notifications with an Event" if name == "events.subscribe" else ""
    head = f"### `{name}`\n\n{inspect.getdoc(row.request)}\n"
    answered = f"\nPermit: {row.permit}. Answer: {row.answer.__name__}{stream}.\n"
    return f"{head}{answered}\n{_fields(row.request)}".rstrip()


def _answer(kind: type[msgspec.Struct]) -> str:
    return f"### {kind.__name__}\n\n{inspect.getdoc(kind)}\n\n{_fields(kind)}".rstrip()


def _answers() -> list[type[msgspec.Struct]]:
    named = vars(answers)
    kinds = [it for it in named.values() if isinstance(it, type)]
    return [it for it in kinds if issubclass(it, msgspec.Struct) and it is not answers.Answer]


def _fields(kind: type[msgspec.Struct]) -> str:
    described = types.type_info(kind)
    if not isinstance(described, types.StructType) or not described.fields:
        return ""
    rows = [
        f"| `{it.encode_name}` | {_words(it.type)} | {_default(it)} |" for it in described.fields
    ]
    return "\n".join(["| field | type | default |", "|---|---|---|", *rows])


def _default(field: types.Field) -> str:
    if field.default_factory is not NODEFAULT:
        return f"`{msgspec.json.encode(field.default_factory()).decode()}`"
    if field.default is NODEFAULT:
        return "" if field.required else "left out"
    return f"`{msgspec.json.encode(field.default).decode()}`"


def _words(described: Any) -> str:
    """Return a type in words."""
    match described:
        case types.UnionType():
            return " or ".join(_words(it) for it in described.types)
        case types.LiteralType():
            return " or ".join(f"`{it}`" for it in described.values)
        case types.ListType():
            most = f", at most {described.max_length}" if described.max_length else ""
            return f"list of {_words(described.item_type)}{most}"
        case types.StructType():
            return described.cls.__name__
        case types.StrType():
            limit = described.max_length
            return f"text, at most {limit}" if limit else "text"
        case types.IntType() | types.FloatType():
            return _number(described)
        case _:
            return _SIMPLE.get(type(described), "any JSON value")


def _number(described: types.IntType | types.FloatType) -> str:
    word = "integer" if isinstance(described, types.IntType) else "number"
    if described.ge is None:
        return word
    return f"{word}, {described.ge} to {described.le}" if described.le is not None else word


_SIMPLE: dict[type, str] = {
    types.BoolType: "true or false",
    types.NoneType: "null",
    types.DictType: "object",
}


if __name__ == "__main__":
    sys.stdout.write(document())
