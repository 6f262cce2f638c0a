"""TEXT-or-JSON."""

import io
import sys

import pytest

from agentmesh.cli.body import read_body, read_value
from agentmesh.errors import UsageError


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("hello", "hello"),
        ('{"intent": "book"}', {"intent": "book"}),
        ("{not json", "{not json"),
        ("[1]", "[1]"),
        ("42", "42"),
        ("[" * 5000, "[" * 5000),
    ],
)
def test_only_an_object_is_a_payload(text: str, body: object) -> None:
    assert read_body(text) == body


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("ask", "ask"), ("[1, 2]", [1, 2]), ("0.5", 0.5)]
)
def test_a_bare_word_is_a_string(text: str, value: object) -> None:
    assert read_value(text) == value


class Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def test_a_dash_is_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin("grüße\n".encode()))
    assert read_body("-") == "grüße"


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"x" * 10_000_000, "text_too_long"), (b"\xff\xfe", "not_text"), (b"\n", "empty_text")],
)
def test_what_cannot_be_sent_is_said(
    monkeypatch: pytest.MonkeyPatch, data: bytes, code: str
) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(data))
    with pytest.raises(UsageError) as caught:
        read_body("-")
    assert caught.value.code == code


def test_an_argument_has_the_same_bounds() -> None:
    with pytest.raises(UsageError, match="64 KiB"):
        read_body("x" * 70_000)
    with pytest.raises(UsageError, match="not UTF-8"):
        read_body("\udcff")
