"""What a file that came is called here: a name that no program and no reader takes for another.

The sender chose the name, so it is as hostile as anything else that comes.
"""

import unicodedata

MAX_NAME_BYTES = 120
NAMELESS = "file"

_FORBIDDEN = frozenset('<>:"/\\|?*')
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in "0123456789¹²³"}
)
# What joins, hides or turns round its neighbours: a name must look like what it is.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK = frozenset(
    {"\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u2800", "\u3164", "\uffa0"}
    | {chr(it) for it in (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))}
)


def clean_name(told: str) -> str:
    """Return the name under which a file may lie in the quarantine folder."""
    last = told.replace("\\", "/").rsplit("/", 1)[-1]
    plain = unicodedata.normalize("NFC", "".join(map(_plain, last)))
    stem, dot, extension = _trimmed(" ".join(plain.split())).rpartition(".")
    if not stem or not extension:
        stem, dot, extension = stem or extension, "", ""
    if stem.partition(".")[0].strip().casefold() in _DEVICES:
        stem = "_" + stem
    return _shortened(stem or NAMELESS, dot + extension)


def numbered(name: str, number: int) -> str:
    """Return the name with a number before its extension: `report (2).pdf`."""
    stem, dot, extension = name.rpartition(".")
    if not stem:
        stem, dot, extension = name, "", ""
    return _shortened(stem, dot + extension, f" ({number})")


def extension_of(name: str) -> str:
    """Return what follows the last dot, in lower case; empty if nothing does."""
    stem, dot, extension = name.rpartition(".")
    return extension.casefold() if stem and dot else ""


def _plain(letter: str) -> str:
    if letter in _FORBIDDEN:
        return "_"
    category = unicodedata.category(letter)
    if category == "Zs":
        return " "
    return "" if category in _INVISIBLE or letter in _BLANK else letter


def _trimmed(name: str) -> str:
    # A leading dot hides it, a leading dash makes it an option, "~" a home; Windows drops the end.
    return name.lstrip(" .-~").rstrip(" .")


def _shortened(stem: str, extension: str, number: str = "") -> str:
    """Return the whole name in at most `MAX_NAME_BYTES` bytes, never half a character."""
    ending = _cut(extension, MAX_NAME_BYTES // 2).rstrip(" .")
    room = MAX_NAME_BYTES - len((number + ending).encode())
    return _cut(stem, room).rstrip(" .") + number + ending


def _cut(text: str, room: int) -> str:
    return text.encode()[:room].decode(errors="ignore")
