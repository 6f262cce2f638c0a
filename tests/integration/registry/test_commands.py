"""What an operator types besides serving."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from agentmesh_registry.config import Address, Config
from agentmesh_registry.program import main
from agentmesh_registry.server import running as serving
from click.testing import CliRunner, Result

from agentmesh.discovery.book import Memory
from agentmesh.discovery.registry import RegistryDirectory
from agentmesh.errors import Refused
from agentmesh.observability.world import SystemClock, system_entropy
from agentmesh.protocol.revocation import Revocation
from tests.support.asking import UNLIMITED, Asker
from tests.support.registrant import Registrant
from tests.support.world import FakeClock


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def reported(*arguments: object) -> Any:
    done = run("report", *arguments)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


async def serve_once(database: Path) -> None:
    """Let two agents register, and one of them revoke."""
    clock = FakeClock(SystemClock().now())
    config = Config(
        listen=Address("127.0.0.1", 0), database=str(database), rates=UNLIMITED, stamp_bits=0
    )
    alice, bob = (Registrant(name, clock.now()) for name in ("alice", "bob"))
    async with serving(config, clock, system_entropy) as served:
        asker = Asker(served.url, "", clock)
        for agent in (alice, bob):
            assert (await asker.register(agent)).status == 201
        assert (await asker.revoke(alice)).status == 200
        await asker.session.close()


def test_a_registry_is_reported_backed_up_and_restored(tmp_path: Path) -> None:
    database, file = tmp_path / "registry.db", tmp_path / "backup"
    asyncio.run(serve_once(database))
    told = reported("--database", database, "--verify")
    assert (told["agents"], told["revocations"], told["log_entries"]) == (2, 1, 3)
    assert (told["verified"], told["problems"]) == (True, [])

    done = run("backup", file, "--database", database)
    assert (done.exit_code, done.stderr) == (0, "")
    assert {it.stat().st_mode & 0o777 for it in (file, tmp_path / "backup.log-key")} == {0o600}
    assert run("backup", file, "--database", database).exit_code == 2

    place = tmp_path / "new" / "registry.db"
    done = run("restore", file, "--database", place)
    assert done.exit_code == 0, done.stderr
    assert reported("--database", place, "--verify") == told
    assert (tmp_path / "new/registry.db.log-key").read_bytes() == (
        tmp_path / "registry.db.log-key"
    ).read_bytes()
    assert run("restore", file, "--database", place).exit_code == 2


def test_a_backup_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    database = tmp_path / "registry.db"
    done = run("backup", tmp_path / "early", "--database", database)
    assert (done.exit_code, "no key of a log" in done.stderr) == (2, True)
    asyncio.run(serve_once(database))
    done = run("backup", tmp_path / "nowhere" / "backup", "--database", database)
    assert (done.exit_code, "No such file or directory" in done.stderr) == (2, True)
    done = run("backup", "/dev/full/backup", "--database", database)
    assert (done.exit_code, "Not a directory" in done.stderr) == (2, True)


def test_what_lies_in_a_backups_way_is_not_written_to(tmp_path: Path) -> None:
    asyncio.run(serve_once(tmp_path / "registry.db"))
    theirs = tmp_path / "theirs"
    theirs.write_text("mine")
    (tmp_path / "backup.part").symlink_to(theirs)
    done = run("backup", tmp_path / "backup", "--database", tmp_path / "registry.db")
    assert done.exit_code == 0, done.output
    assert theirs.read_text() == "mine"
    assert not (tmp_path / "backup").is_symlink()


def test_a_log_that_does_not_fit_is_a_failure(tmp_path: Path) -> None:
    asyncio.run(serve_once(tmp_path / "registry.db"))
    with closing(sqlite3.connect(tmp_path / "registry.db")) as database, database:
        database.execute("UPDATE agents SET signed = x'00'")
    done = run("report", "--verify", "--database", tmp_path / "registry.db")
    assert done.exit_code == 8
    assert "do not fit" in done.stderr
    assert len(json.loads(done.stdout)["problems"]) == 2
    assert run("report", "--database", tmp_path / "registry.db").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("report", "--database", "mysql://a/b"), 2, "postgresql://user"),
        (("report", "--database", "postgresql://127.0.0.1:1/a"), 75, "is it running"),
        (("restore", "nowhere"), 2, "one of them is not there"),
    ],
)
def test_what_is_wrong_is_said(
    tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    if "--database" not in arguments:
        arguments = (*arguments, "--database", str(tmp_path / "r.db"))
    done = run(*arguments)
    assert done.exit_code == code
    assert words in done.stderr


def test_a_database_that_does_not_serve_is_said_once(tmp_path: Path) -> None:
    database = tmp_path / "registry.db"
    database.write_bytes(b"no database" * 100)
    done = run("report", "--database", database)
    assert done.exit_code == 75
    assert done.stderr.count("its file is no database") == 1


def test_the_tables_are_made_on_request(tmp_path: Path) -> None:
    assert run("migrate", "--database", tmp_path / "r.db").exit_code == 0
    assert reported("--database", tmp_path / "r.db")["agents"] == 0


async def revoked_by(database: Path, agent: Registrant) -> Revocation:
    """Return the revocation that the registry hands out, after a client has proved it."""
    clock = SystemClock()
    config = Config(
        listen=Address("127.0.0.1", 0), database=str(database), rates=UNLIMITED, stamp_bits=0
    )
    async with serving(config, clock, system_entropy) as served:
        world = clock, system_entropy
        async with RegistryDirectory(served.url, agent, world, Memory()) as directory:
            with pytest.raises(Refused) as caught:
                await directory.lookup(agent.amid)
            assert caught.value.code == "identity_revoked"
            revoked = await directory.log.revocation(agent.amid)
    return revoked.revocation


def test_an_operator_takes_an_agent_back_and_readers_believe_it(tmp_path: Path) -> None:
    database = tmp_path / "registry.db"
    asyncio.run(serve_once(database))
    bob = Registrant("bob")
    done = run(
        *("revoke", bob.amid, "--database", database),
        *("--reason", "policy_violation", "--note", "It sent spam."),
    )
    assert (done.exit_code, done.stderr) == (0, "")
    said = asyncio.run(revoked_by(database, bob))
    assert (said.issuer, said.reason, said.note) == (
        "registry",
        "policy_violation",
        "It sent spam.",
    )
    assert reported("--database", database, "--verify")["revocations"] == 2


def test_what_an_operator_cannot_take_back_is_said(tmp_path: Path) -> None:
    database = tmp_path / "registry.db"
    asyncio.run(serve_once(database))

    def refused(amid: str, *more: object) -> str:
        done = run("revoke", amid, "--database", database, "--reason", "other", *more)
        assert done.exit_code == 2, done.output
        return done.stderr

    assert "No agent" in refused(Registrant("nobody").amid)
    assert "was revoked before" in refused(Registrant("alice").amid)
    assert "AMID" in refused("alice")
    assert "280" in refused(Registrant("bob").amid, "--note", "x" * 281)
    elsewhere = tmp_path / "elsewhere.log-key"
    assert "no key of a log" in refused(Registrant("bob").amid, "--log-key", elsewhere)
    assert not elsewhere.exists()
    elsewhere.write_bytes(b"k" * 32)
    elsewhere.chmod(0o600)
    assert "another key" in refused(Registrant("bob").amid, "--log-key", elsewhere)
