"""The words of a message, as a search compares them."""

import pytest

from agentmesh.observability.transcript_words import fold, strings


@pytest.mark.parametrize(
    ("text", "folded"),
    [("A  b\n\tC", "a b c"), ("STRASSE ß", "strasse ss"), ("e\u0301", "é"), ("\u2028x\x85", "x")],
)
def test_case_spaces_and_ways_to_write_a_letter_are_gone(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert "\n" not in fold(text + "\n\r\v\f\x1c\u2029x")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"a":{"b":["x",1,null,true]},"c":"y"}', ["x", "1", "True", "y"]),
        (b"plain text", ["plain text"]),
        (b"\xff", ["\ufffd"]),
        (b"[" * 5000, ["[" * 5000]),
    ],
)
def test_all_that_was_said_is_found_whatever_it_is_wrapped_in(
    body: bytes, found: list[str]
) -> None:
    assert list(strings(body)) == found
