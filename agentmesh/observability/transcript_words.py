"""The words of a message, in the form in which a search compares them."""

import unicodedata
from collections.abc import Iterator
from typing import Any

import msgspec


def fold(text: str) -> str:
    """Return a text without case, without two ways to write a letter, with single spaces."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return " ".join(text.lower().split())


def strings(body: bytes) -> Iterator[str]:
    """Yield all text and numbers in a payload; what is no JSON is text itself."""
    try:
        level: list[Any] = [msgspec.json.decode(body)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        yield body.decode(errors="replace")
        return
    while level:
        item = level.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            level += reversed(item.values())
        elif isinstance(item, list):
            level += reversed(item)
        elif item is not None:
            yield str(item)
