"""What a side of the floor keeps: sealed rows, and commits that a power cut does not take back."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args

from agentmesh.crypto.secret import Secret
from agentmesh.crypto.vault import Vault
from agentmesh.protocol.world import Entropy
from agentmesh.storage.connection import connect, set_up
from agentmesh.storage.sealing import place_of

KEY_BYTES = 32

Shelf = Literal["states", "said", "frames", "heard", "prekeys", "receipts"]
SHELVES: tuple[Shelf, ...] = get_args(Shelf)


class Ledger:
    """A database with shelves of sealed rows."""

    def __init__(self, path: Path, entropy: Entropy) -> None:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        self._connection = connect(path)
        set_up(self._connection, path)
        self._vault = Vault(Secret(entropy(KEY_BYTES)), entropy)
        self._kept: dict[Shelf, dict[str, bytes]] = {shelf: {} for shelf in SHELVES}
        self._dropped: dict[Shelf, set[str]] = {shelf: set() for shelf in SHELVES}
        for shelf in SHELVES:
            self._connection.execute(
                f"CREATE TABLE {shelf} (name TEXT PRIMARY KEY, body BLOB) STRICT, WITHOUT ROWID"
            ).fetchall()

    def keep(self, shelf: Shelf, name: str, body: bytes) -> None:
        """Write a row with the next commit."""
        self._kept[shelf][name] = body

    def drop(self, shelf: Shelf, names: Iterable[str]) -> None:
        """Erase rows with the next commit."""
        for name in names:
            if self._kept[shelf].pop(name, None) is None:
                self._dropped[shelf].add(name)

    def commit(self) -> None:
        """Return when all of it is on the disk."""
        execute = self._connection.executemany
        self._connection.execute("BEGIN IMMEDIATE").fetchall()
        for shelf in SHELVES:
            kept, self._kept[shelf] = self._kept[shelf], {}
            dropped, self._dropped[shelf] = self._dropped[shelf], set()
            rows = [
                (name, self._vault.seal(place_of(shelf, (name,), "body"), body))
                for name, body in kept.items()
            ]
            if rows:
                execute(f"REPLACE INTO {shelf} VALUES (?, ?)", rows).fetchall()
            if dropped:
                names = [(name,) for name in dropped]
                execute(f"DELETE FROM {shelf} WHERE name = ?", names).fetchall()
        self._connection.execute("COMMIT").fetchall()

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()
