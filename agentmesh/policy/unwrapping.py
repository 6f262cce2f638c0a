"""Words as they were before somebody wrapped them: so that what is searched for is seen.

Letters that only look different or that nobody sees, base64, hexadecimal, a text turned round,
shifted by thirteen, spelt letter by letter, or written for an address. What is wrapped otherwise,
or twice, stays wrapped.
"""

import base64
import binascii
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from string import ascii_lowercase, ascii_uppercase

import re2

MIN_ENCODED = 24
MAX_ENCODED = 200

RUN = re2.compile(f"[A-Za-z0-9+/_=-]{{{MIN_ENCODED},}}")
_SPELT = re2.compile(r"(?:[!-~][ \t\n.,|]{1,3}){12,}")
_BETWEEN = [str.maketrans("", "", between) for between in (" \t\n", " \t\n.,|")]
_NO_CONTROLS = {code: None for code in (*range(32), 127) if chr(code) not in "\n\t"}
_TAGS = {0xE0000 + code: code for code in range(0x20, 0x7F)}
# Letters of other alphabets that are read as ours.
_TWINS = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u051d"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03bd",
    "aeopcyxijshdqwABEKMHOPCTYXIJSABEZHIKMNOPTYXov",
)
_SHIFTED = str.maketrans(
    ascii_lowercase + ascii_uppercase,
    "".join(letters[13:] + letters[:13] for letters in (ascii_lowercase, ascii_uppercase)),
)


def plain(text: str) -> str:
    """Return the text without letters that only look different, or that nobody sees."""
    if text.isascii():
        return text.translate(_NO_CONTROLS)
    folded = unicodedata.normalize("NFKD", text.translate(_TAGS)).translate(_TWINS)
    hidden = {"Cf", "Cc", "Mn", "Me"}
    return "".join(c for c in folded if c in "\n\t" or unicodedata.category(c) not in hidden)


def unwrapped(text: str) -> list[str]:
    """Return a plain text, and what else it says to who knows how it was written."""
    texts = [text, text[::-1], text.translate(_SHIFTED), *_decoded(text)]
    if "%" in text:
        texts.append(_from_address(text))
    spelt = _SPELT.findall(f"{text}\n")[:MAX_ENCODED]
    return [*texts, *(run.translate(between) for run in spelt for between in _BETWEEN)]


def _decoded(text: str) -> list[str]:
    """Return what runs of base64 or hexadecimal digits say, if they say words."""
    said = []
    for run in RUN.findall(text)[:MAX_ENCODED]:
        for data in _bytes_of(run):
            try:
                said.append(data.decode())
            except UnicodeDecodeError:
                continue
    return [words for words in said if words.replace("\n", "").replace("\t", "").isprintable()]


def _bytes_of(run: str) -> Iterator[bytes]:
    digits = run.rstrip("=").replace("-", "+").replace("_", "/")
    with suppress(ValueError):
        yield bytes.fromhex(digits)
    with suppress(binascii.Error):
        yield base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)


def _from_address(text: str) -> str:
    """Return the text with `%41` read as `A`; what is no ASCII stays."""
    first, *rest = text.split("%")
    return first + "".join(map(_letter_and_rest, rest))


def _letter_and_rest(part: str) -> str:
    with suppress(ValueError):
        code = int(part[:2], 16)
        if len(part) > 1 and 0x20 <= code < 0x7F:
            return chr(code) + part[2:]
    return f"%{part}"
