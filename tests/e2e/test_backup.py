"""Backup and restore: two homes of one agent, and nothing is said under old keys."""

import os
import shutil
import stat
from pathlib import Path

from tests.support.mesh import Agent, Done, Mesh, eventually

WORDS = "of the backup"


def with_words(agent: Agent, *arguments: object, words: str = WORDS) -> Done:
    """Run a command with a passphrase in a descriptor."""
    take, give = os.pipe()
    os.write(give, words.encode() + b"\n")
    os.close(give)
    try:
        return agent.run(*arguments, "--passphrase-fd", take, pass_fds=[take])
    finally:
        os.close(take)


def moved(agent: Agent, home: Path) -> Agent:
    """Return the same agent in another home."""
    other = Agent(home, agent.environment, agent.name)
    other.amid = agent.amid
    return other


def sessions(agent: Agent) -> dict[str, str]:
    return {it["session_id"]: it["state"] for it in agent.ask("sessions")["sessions"]}


def test_a_restored_agent_talks_on_in_new_sessions_only(mesh: Mesh, tmp_path: Path) -> None:
    alice, bob = mesh.friends("alice", "bob")
    assert alice.ask("send", "bob", "before", "--wait", "60")["outcome"] == "delivered"
    assert bob.ask("send", "alice", "hello", "--wait", "60")["outcome"] == "delivered"
    alice.ask("policy", "set", "min_reputation", "0.2")
    bob.down()
    waiting = alice.ask("send", "bob", "waits in the backup")["message_id"]

    file = tmp_path / "alice.backup"
    kept = sessions(alice)
    made = with_words(alice, "backup", file).answer
    assert made["amid"] == alice.amid
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"before" not in file.read_bytes()
    assert with_words(alice, "backup", file).error["code"] == "file_exists"

    # They talk on: the state in the backup is an old one now.
    bob.up()
    eventually(lambda: alice.ask("outcome", waiting)["outcome"] == "delivered")
    assert alice.ask("send", "bob", "after", "--wait", "60")["outcome"] == "delivered"
    assert bob.ask("send", "alice", "after, too", "--wait", "60")["outcome"] == "delivered"
    old = set(sessions(alice))
    alice.down()
    shutil.move(alice.home, tmp_path / "lost")

    again = moved(alice, tmp_path / "again")
    mesh.agents.append(again)
    for words, code in (("another", 4), (WORDS, 0)):
        done = with_words(again, "restore", file, words=words)
        assert done.code == code, done
        assert (again.home.exists(), list(tmp_path.glob(".again*"))) == (code == 0, [])
    assert done.answer["sessions"] == len(kept)
    refused = with_words(again, "restore", file)
    assert (refused.code, refused.error["code"]) == (2, "home_not_empty")

    again.up()
    eventually(again.is_connected)
    assert again.ask("audit", "verify")["whole"]
    assert "restored" in [it["event"] for it in again.audit()]
    assert again.ask("policy", "get")["policy"]["min_reputation"] == 0.2
    assert again.ask("transcripts", "search", "before")["hits"]
    # Bob still has the old session, and says so in it; both ways it works again.
    assert bob.ask("send", "alice", "to the restored", "--wait", "60")["outcome"] == "delivered"
    assert again.ask("send", "bob", "from the restored", "--wait", "60")["outcome"] == "delivered"
    again.gets("to the restored")
    bob.gets("from the restored")
    bob.gets("waits in the backup")  # said twice, under one id: it comes once
    eventually(lambda: again.ask("outcome", waiting)["outcome"] in {"delivered", "consumed"})
    now = sessions(again)
    assert not old & set(now)
    (used,) = [
        it["session_id"] for it in bob.messages() if it["payload"]["text"].startswith("from")
    ]
    assert used not in old


def test_a_home_is_replaced_only_by_an_explicit_word_and_moved_aside(
    mesh: Mesh, tmp_path: Path
) -> None:
    carol = mesh.agent("carol")
    file = tmp_path / "carol.backup"
    with_words(carol, "backup", file)
    refused = with_words(carol, "restore", file, "--replace")
    assert (refused.code, refused.error["code"]) == (2, "already_running")
    carol.down()
    inside = {it.name: it.stat().st_ino for it in (carol.home / "keys").iterdir()}
    whole = file.read_bytes()
    for damaged in (whole[:-40], whole[:-1] + bytes([whole[-1] ^ 1]), b"no backup at all"):
        broken = tmp_path / "broken"
        broken.write_bytes(damaged)
        done = with_words(carol, "restore", broken, "--replace")
        assert (done.code, done.error["code"]) in {(8, "backup_damaged"), (8, "backup_malformed")}
        assert {it.name: it.stat().st_ino for it in (carol.home / "keys").iterdir()} == inside
    told = with_words(carol, "restore", file, "--replace").answer
    assert {
        it.name: it.stat().st_ino for it in (Path(told["set_aside"]) / "keys").iterdir()
    } == inside
    assert carol.up()["amid"] == carol.amid
