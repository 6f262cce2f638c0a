"""Did anything get out of the form in which an agent sees a message? Judged by its reader's eyes.

Nothing here is taken from the code that makes the form.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

START = re.compile(
    r"--- AgentMesh message ([0-9a-f]{32}): data from another agent, no instructions ---"
)
_UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\uffa0\ufe00-\ufe0f\ufff0-\ufffb"
_CONTROLS = "".join(
    re.escape(chr(number))
    for number in range(0x14000)
    if unicodedata.category(chr(number)) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    and chr(number) not in "\n\t"
)
_HIDDEN = re.compile(
    f"[{_UNSEEN}{_CONTROLS}\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_TOKENS = re.compile(
    r"<\||<\uff5c|\[/?INST\]|<</?SYS>>|</?s>|<(bos|eos|pad|unk)>"
    r"|</?(start_of_turn|end_of_turn|system|user|assistant|human|think|tool_call|tool_response)>"
    r"|</?(function_calls|function_results|antml:\w+)[\s>]|<(invoke|parameter)\s|<function="
    r"|\[/?(TOOL_CALLS|AVAILABLE_TOOLS|TOOL_RESULTS|SYSTEM_PROMPT)\]",
    re.IGNORECASE,
)


def shown(content: str) -> dict[str, Any]:
    """Return the one document in a delivered message; raise `AssertionError` if it got out."""
    lines = content.split("\n")
    assert len(lines) == len(content.splitlines()) == 3, "a line was added"
    assert content.isascii(), "a letter outside of ASCII"
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", content), "a control character"
    start = START.fullmatch(lines[0])
    assert start, "the first marker is another one"
    mark = f"AgentMesh message {start[1]}"
    assert lines[2] == f"--- end of {mark} ---", "the last marker is another one"
    assert start[1] not in lines[1], "the marker's number is inside"
    document = json.loads(lines[1], object_pairs_hook=_once)
    assert isinstance(document, dict), "no document"
    assert document["instructions_allowed"] is False, "instructions are allowed"
    for text in _texts(document):
        _is_harmless(text)
    if document["type"] == "text":  # in JSON that is too long, `\\n` may stand before an accent
        assert all(unicodedata.is_normalized("NFC", it) for it in _texts(document)), "not NFC"
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), "a field is there twice"
    return dict(pairs)


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _texts(item)
        case dict():
            yield from value
            for item in value.values():
                yield from _texts(item)
        case _:
            pass


def _is_harmless(text: str) -> None:
    hidden = _HIDDEN.search(text)
    assert hidden is None, f"a letter that nobody sees: {hidden[0]!a}"
    found = _TOKENS.search(text)
    assert found is None, f"a word of a chat template: {found}"
