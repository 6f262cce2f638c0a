import errno
import sqlite3
from pathlib import Path

import pytest

from agentmesh.errors import StorageError
from agentmesh.storage.failures import explain, explain_os, explained

PATH = Path("/home/alice/.agentmesh/agentmesh.db")


def _error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (sqlite3.SQLITE_FULL, "disk_full"),
        (sqlite3.SQLITE_IOERR_SHMSIZE, "disk_full"),
        (sqlite3.SQLITE_READONLY, "storage_readonly"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "storage_readonly"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "database_corrupt"),
        (sqlite3.SQLITE_NOTADB, "database_corrupt"),
        (sqlite3.SQLITE_BUSY_TIMEOUT, "storage_locked"),
        (sqlite3.SQLITE_IOERR_FSYNC, "storage_failed"),
        (sqlite3.SQLITE_CANTOPEN, "storage_failed"),
    ],
)
def test_each_failure_has_its_word_and_names_the_file(code: int, word: str) -> None:
    told = explain(_error(code), PATH)
    assert told.code == word
    assert str(PATH) in told.message
    assert told.hint
    assert "what SQLite says" not in told.message


def test_an_error_without_a_code_is_a_failure() -> None:
    assert explain(sqlite3.ProgrammingError("closed"), PATH).code == "storage_failed"


def test_a_damaged_database_sends_to_the_doctor() -> None:
    told = explain(_error(sqlite3.SQLITE_CORRUPT), PATH)
    assert "agentmesh doctor" in told.hint
    assert str(PATH) in told.hint


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EROFS, "storage_readonly"),
        (errno.EACCES, "storage_readonly"),
        (errno.EIO, "storage_failed"),
    ],
)
def test_the_systems_errors_have_the_same_words(code: int, word: str) -> None:
    assert explain_os(OSError(code, "no"), PATH).code == word


def test_what_is_done_with_a_file_fails_in_our_words() -> None:
    with pytest.raises(StorageError) as caught, explained(PATH):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.code == "disk_full"
    assert str(PATH) in str(caught.value)
