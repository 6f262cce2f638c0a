"""What an operator types besides serving."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from agentmesh_registry.__main__ import main
from agentmesh_registry.config import Address, Config
from agentmesh_registry.server import running as serving
from click.testing import CliRunner, Result

from agentmesh.observability.world import SystemClock, system_entropy
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
    config = Config(listen=Address("127.0.0.1", 0), database=str(database), rates=UNLIMITED)
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
        (("report", "--database", "postgresql://127.0.0.1:1/a"), 75, "Is it running"),
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


def test_the_tables_are_made_on_request(tmp_path: Path) -> None:
    assert run("migrate", "--database", tmp_path / "r.db").exit_code == 0
    assert reported("--database", tmp_path / "r.db")["agents"] == 0
