"""OpenClaw's settings as they lie on this machine: JSON5, in one file or in several."""

import io
import os
import stat
from pathlib import Path
from typing import Any

import pyjson5

MAX_BYTES = 2 * 1024 * 1024
"""OpenClaw's own bound of a file."""
MAX_FILES = 100
MAX_DEPTH = 10
MAX_NESTING = 64
INCLUDE, US = "$include", b"agentmesh"

Settings = dict[str, Any]


class Unreadable(Exception):
    """The settings cannot be read as OpenClaw reads them; tells where and why, and no word more."""


def read(path: Path) -> Settings:
    """Return the settings, with the files that they include in their places.

    There are none where there is no file, or none of ours: what names neither us nor other files.
    """
    if not os.path.lexists(path):
        return {}
    data = _bytes(path)
    if US not in data and INCLUDE.encode() not in data:
        return {}
    value = _Reading().value(data, path, 0)
    return value if isinstance(value, dict) else {}


class _Reading:
    def __init__(self) -> None:
        self._files = 0

    def value(self, data: bytes, path: Path, depth: int) -> Any:
        self._files += 1
        if depth > MAX_DEPTH or self._files > MAX_FILES:
            raise Unreadable(f"{path}: too many files that include others.")
        try:
            value = pyjson5.decode_utf8(data, MAX_NESTING)
        except (pyjson5.Json5DecoderException, ValueError):
            raise Unreadable(f"{path} is not JSON5.") from None
        return self._whole(value, path, depth)

    def _whole(self, value: Any, path: Path, depth: int) -> Any:
        """Return a value with what it includes: later files win, and what stands beside them."""
        if isinstance(value, list):
            return [self._whole(it, path, depth) for it in value]
        if not isinstance(value, dict):
            return value
        beside = {name: self._whole(it, path, depth) for name, it in value.items()}
        named = beside.pop(INCLUDE, [])
        merged: Any = {}
        for name in [named] if isinstance(named, str) else named if isinstance(named, list) else []:
            other = path.parent / str(name)
            merged = _merged(merged, self.value(_bytes(other), other, depth + 1))
        return _merged(merged, beside) if beside else merged


def _bytes(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            is_file = stat.S_ISREG(os.fstat(handle).st_mode)
            with os.fdopen(handle, "rb", closefd=False) if is_file else io.BytesIO() as file:
                data = file.read(MAX_BYTES + 1)
        finally:
            os.close(handle)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "this is no path"
        raise Unreadable(f"{path}: {why}.") from None
    if not is_file or len(data) > MAX_BYTES:
        raise Unreadable(f"{path} is no file of {MAX_BYTES} bytes at most.")
    return data


def _merged(under: Any, over: Any) -> Any:
    """Return two values as one: objects by their members, lists one after the other."""
    if isinstance(under, dict) and isinstance(over, dict):
        both = {name: _merged(under[name], over[name]) for name in under.keys() & over.keys()}
        return {**under, **over, **both}
    if isinstance(under, list) and isinstance(over, list):
        return [*under, *over]
    return over
