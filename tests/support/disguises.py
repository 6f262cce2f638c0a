"""Ways to write something so that a person or a filter does not see what it is."""

import base64
import codecs
import urllib.parse
from collections.abc import Callable

_FULL = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_TAGS = {code: 0xE0000 + code for code in range(0x20, 0x7F)}
_TWINS = str.maketrans(
    "aeopcxyAEOPCTX",
    "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0410\u0415\u041e\u0420\u0421\u0422\u0425",
)

DISGUISES: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "url": lambda text: urllib.parse.quote(text, safe="").replace(".", "%2E"),
    "reversed": lambda text: text[::-1],
    "spelt": "\n".join,
    "zero_width": "\u200b".join,
    "fullwidth": lambda text: text.translate(_FULL),
    "tags": lambda text: text.translate(_TAGS),
    "bidi": lambda text: f"\u202e{text[::-1]}\u202c",
    "combining": "\u0336".join,
    "homoglyphs": lambda text: text.translate(_TWINS),
    "first_half": lambda text: text[: len(text) // 2],
    "second_half": lambda text: text[len(text) // 2 :],
}
"""By name."""
