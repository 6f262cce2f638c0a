"""A registry that lies about a contact's keys, as real programs: everything to it stops, loudly."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.support.mesh import Mesh, eventually

KEYS = ("exchange_key", "signed_prekey", "kem_prekey", "suites")


def show_keys_of(folder: Path, amid: str, other: str) -> tuple[bytes, ...]:
    """Make the registry show another agent's keys for this one; return what it showed before."""
    named = ", ".join(KEYS)
    with closing(sqlite3.connect(folder / "registry.db", timeout=10)) as database, database:
        database.execute("DELETE FROM one_time_prekeys WHERE amid = ?", (amid,))
        find = f"SELECT {named} FROM prekeys WHERE amid = ?"
        before, theirs = (database.execute(find, (it,)).fetchone() for it in (amid, other))
        put_keys(database, amid, theirs)
    kept: tuple[bytes, ...] = before
    return kept


def put_keys(database: sqlite3.Connection, amid: str, keys: tuple[bytes, ...]) -> None:
    changes = ", ".join(f"{name} = ?" for name in KEYS)
    database.execute(f"UPDATE prekeys SET {changes} WHERE amid = ?", (*keys, amid))


def test_other_keys_for_a_contact_stop_everything_until_the_owner_has_looked(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    mallory = mesh.agent("mallory")
    honest = show_keys_of(mesh.folder, bob.amid, mallory.amid)
    told = alice.fails(5, "send", "bob", "for Bob", "--wait", "60")
    assert told["code"] == "key_changed"
    assert "agentmesh verify" in told["hint"]
    assert alice.fails(7, "send", "bob", "again")["code"] == "key_changed"
    assert alice.ask("contacts", "show", "bob")["contact"]["key_changed"] is True
    assert any("nothing is sent to it" in it for it in alice.status()["warnings"])
    assert "key_change" in [it["event"] for it in alice.audit()]
    assert mallory.messages() == bob.messages() == []

    with closing(sqlite3.connect(mesh.folder / "registry.db", timeout=10)) as database, database:
        put_keys(database, bob.amid, honest)
    number = bob.ask("verify", "alice")["number"]
    assert alice.ask("verify", "bob")["number"] == number
    assert alice.fails(7, "send", "bob", "not yet")["code"] == "key_changed"
    alice.ask("verify", "bob", "--confirm")
    eventually(lambda: alice.ask("send", "bob", "hello")["outcome"])
    bob.gets("hello")
