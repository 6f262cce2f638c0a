"""How far a file is: a bar on a terminal, plain lines elsewhere. It goes to stderr."""

import shutil
from typing import TextIO

from agentmesh.cli import render
from agentmesh.control import answers
from agentmesh.errors import plain

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_SPINNER = "|/-\\"
_BAR = 24
_STEP = 10
_WAITING = {
    "preparing": "reading the file",
    "offered": "waiting for {peer} to accept",
    "asking": "waiting for you to accept",
}


def size(count: float) -> str:
    """Return so many bytes as people say it."""
    for unit in _UNITS[:-1]:
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} {_UNITS[-1]}"


def percent(it: answers.File) -> int:
    """Return how much of a file is there."""
    if it.size == 0:
        return 100 if it.state == "done" else 0
    return it.done * 100 // it.size


def line(it: answers.File) -> str:
    """Return where a file is, in words."""
    waiting = _WAITING.get(it.state)
    if waiting is not None:
        return waiting.format(peer=render.clean(it.peer_name or it.peer))
    if it.state != "moving":
        return f"{it.state}: {plain(it.reason)}" if it.reason else it.state
    parts = [f"{percent(it):3}%", f"{size(it.done)} of {size(it.size)}"]
    if it.rate:
        parts.append(f"{size(it.rate)}/s")
    if it.eta_seconds is not None:
        parts.append(f"{render.duration(it.eta_seconds)} left")
    if it.reason:
        parts.append(f"waiting: {plain(it.reason)}")
    return "  ".join(parts)


def bar(it: answers.File, tick: int) -> str:
    """Return a bar that fills, or a sign that turns while nothing is to be seen yet."""
    if it.state in _WAITING or it.reason:
        return _SPINNER[tick % len(_SPINNER)]
    full = _BAR * percent(it) // 100
    return f"[{'#' * full}{'.' * (_BAR - full)}]"


class Meter:
    """Shows one file until it is closed, if there is where to show it. Nothing is shown twice."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._is_terminal = stream is not None and stream.isatty()
        self._tick = 0
        self._last = ""

    def show(self, it: answers.File) -> None:
        """Show where it is now."""
        if self._is_terminal:
            self._tick += 1
            width = shutil.get_terminal_size().columns - 1
            told = render.clean(f"{bar(it, self._tick)} {line(it)}")[:width]
            self._write(f"\r\x1b[K{told}")
            return
        step = f"{it.state} {it.reason} {percent(it) // _STEP}"
        if step != self._last:
            self._last = step
            self._write(f"{render.clean(line(it))}\n")

    def close(self) -> None:
        """Leave the line as it is."""
        if self._is_terminal and self._tick:
            self._write("\n")

    def _write(self, text: str) -> None:
        if self._stream is not None:
            self._stream.write(text)
            self._stream.flush()
