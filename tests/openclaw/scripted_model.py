"""A model that does what it reads: `TOOL:<name> {json}` calls a tool, `HOLD` takes long.

It speaks as OpenAI's do.

It is the most gullible model there is: what keeps it from harm is not the model.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_MESSAGE = re.compile(r'"message_id": "([\w-]+)"')
_CALL = re.compile(r"TOOL:([\w-]+)\s*")
_HOLD = "HOLD"
HOLD_SECONDS = 240.0
_USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


class Model(ThreadingHTTPServer):
    """Listens on loopback; `asked` is every conversation it was shown.

    What holds it goes on once `released` is set.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, Any]] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


@contextmanager
def model() -> Iterator[Model]:
    with Model() as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield listening
        listening.shutdown()


def _text_of(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content if isinstance(part, dict))
    return str(content)


def _read(text: str) -> str:
    """Return a text with what a peer's words in it say, once they are read out of their JSON."""
    lines = text.splitlines()
    for line in text.splitlines():
        try:
            lines.append(str(json.loads(line)["untrusted_text"]))
        except (ValueError, KeyError, TypeError):
            continue
    return "\n".join(lines)


def _is_said(message: dict[str, Any]) -> bool:
    """Whether somebody said this, and not the host itself."""
    return message["role"] == "user" and not _text_of(message).startswith("<<<BEGIN_OPENCLAW_INT")


def _said_by(asked: dict[str, Any]) -> dict[str, Any]:
    """Return what the model says next."""
    new: list[dict[str, Any]] = []
    for message in reversed(asked["messages"]):
        is_old_result = message["role"] == "tool" and any(_is_said(it) for it in new)
        if message["role"] == "assistant" or is_old_result:
            break
        new.insert(0, message)
    results = [_text_of(message) for message in new if message["role"] == "tool"]
    if results:
        return {"role": "assistant", "content": f"The tool said: {results[-1][:600]}"}
    words = "\n".join(_read(_text_of(message)) for message in new if message["role"] == "user")
    for wanted in _CALL.finditer(words):
        try:
            given, _ = json.JSONDecoder().raw_decode(words, wanted.end())
        except ValueError:
            continue  # words that a peer cannot make into a call
        if given.get("message_id") == "THIS":
            given["message_id"] = _MESSAGE.findall(words)[0]
        return _calling(asked, wanted[1], given)
    return {"role": "assistant", "content": "NO_REPLY"}


def _calling(asked: dict[str, Any], name: str, given: Any) -> dict[str, Any]:
    shown = {tool["function"]["name"] for tool in asked.get("tools", [])}
    if name not in shown:  # the host shows it when it is searched for
        name, given = "tool_call", {"id": name, "args": given}
    function = {"name": name, "arguments": json.dumps(given)}
    call = {"id": "call_1", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Model

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer({"object": "list", "data": [{"id": "scripted", "object": "model"}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(asked)
        if any(_HOLD in _text_of(it) for it in asked["messages"][-3:] if it["role"] == "user"):
            self.server.released.wait(HOLD_SECONDS)
        said = _said_by(asked)
        end = "tool_calls" if said.get("tool_calls") else "stop"
        whole = {"id": "c-1", "created": 0, "model": "scripted"}
        if not asked.get("stream"):
            choices = [{"index": 0, "message": said, "finish_reason": end}]
            completion = {**whole, "object": "chat.completion", "choices": choices}
            self._answer({**completion, "usage": _USAGE})
            return
        if "tool_calls" in said:
            said = {**said, "tool_calls": [{"index": 0, **said["tool_calls"][0]}]}
        chunk = {**whole, "object": "chat.completion.chunk"}
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for choices in (
            [{"index": 0, "delta": said, "finish_reason": None}],
            [{"index": 0, "delta": {}, "finish_reason": end}],
            [],
        ):
            usage = {} if choices else {"usage": _USAGE}
            data = json.dumps({**chunk, "choices": choices, **usage})
            self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def _answer(self, answer: dict[str, Any]) -> None:
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
