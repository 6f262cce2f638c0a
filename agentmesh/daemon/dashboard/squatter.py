"""Who has a port that we want: so that the owner knows whom to ask."""

import os
import sys
from pathlib import Path

_TABLES = ("tcp", "tcp6")
_LISTENS = "0A"
_HOW = {"linux": "ss -ltnp 'sport = :{port}'", "darwin": "lsof -nP -iTCP:{port} -sTCP:LISTEN"}


def who_has(port: int, net: Path = Path("/proc/net")) -> str:
    """Return whose program listens on a port: `you`, a user's name, or empty if nobody can tell."""
    for table in _TABLES:
        try:
            rows = (net / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            words = row.split()
            if len(words) > 7 and words[3] == _LISTENS and words[1].endswith(f":{port:04X}"):
                return _name(int(words[7]))
    return ""


def how_to_see(port: int) -> str:
    """Return the command that shows which program listens on a port."""
    return _HOW.get(sys.platform, "netstat -an | grep {port}").format(port=port)


def _name(uid: int) -> str:
    if uid == os.geteuid():
        return "you"
    import pwd  # noqa: PLC0415 - Windows has none

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
