"""Why a database does not serve us, for people.

Its own words are not passed on: whoever asks a registry would read them, and they may quote a row.
"""

from typing import Final

from sqlalchemy import exc

from agentmesh.errors import in_words

_REFUSALS: Final = {
    "SQLITE_BUSY": "another program holds it",
    "SQLITE_CANTOPEN": "its file cannot be opened",
    "SQLITE_CORRUPT": "its file is damaged",
    "SQLITE_FULL": "its disk is full",
    "SQLITE_IOERR": "its disk fails",
    "SQLITE_NOTADB": "its file is no database",
    "SQLITE_READONLY": "its file may not be written",
    "28": "it does not let this user in, or not with this password",
    "3D": "there is no database of that name",
    "42501": "its user may not do that",
    "53100": "its disk is full",
    "53300": "it has no connection left",
    "57": "it starts, stops or took longer than it may",
}
"""By what SQLite's name of an error, or PostgreSQL's SQLSTATE, begins with."""

_WAYS: Final = (
    (exc.TimeoutError, "all connections to it are busy"),
    (TimeoutError, "it takes too long"),
    (OSError, "it cannot be reached"),
)


def why(cause: BaseException) -> str:
    """Return what is wrong, by what a driver raised."""
    names = (getattr(cause, field, None) for field in ("sqlite_errorname", "sqlstate"))
    name = next((str(it) for it in names if it), "")
    if not name:
        return in_words(cause, _WAYS, "it hung up")
    known = (words for start, words in _REFUSALS.items() if name.startswith(start))
    return next(known, f"it refuses ({name})")
