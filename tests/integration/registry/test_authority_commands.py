"""What an operator types about the authority, and what is said when it cannot be done."""

import asyncio
import stat
from pathlib import Path

import pytest
from agentmesh_registry.program import main
from agentmesh_registry.storage.certificates import CertificateStore, serial_text
from agentmesh_registry.storage.database import opened
from click.testing import CliRunner, Result

from agentmesh.protocol.certificates.form import read
from tests.support.vouching import ACME, ROOT, of_acme, written


def run(*arguments: object) -> Result:
    done = CliRunner().invoke(main, [*map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def create(folder: Path, *more: object) -> Result:
    return run("create-authority", "--database", folder / "r.db", *more)


def program(folder: Path, text: str) -> Path:
    """Return a program that says this, whatever it is asked."""
    made = folder / "key-program"
    made.write_text(f"#!/bin/sh\n{text}\n")
    made.chmod(0o700)
    return made


def test_an_authority_is_made_once_and_its_key_is_its_owners(tmp_path: Path) -> None:
    key = tmp_path / "apart" / "key"
    done = create(tmp_path, "--authority", key)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "Keep a copy of both" in done.stdout
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes(), key.with_name("key.crt").read_bytes()
    again = create(tmp_path, "--authority", key)
    assert (again.exit_code, "exists already" in again.stderr) == (2, True)
    assert (key.read_bytes(), key.with_name("key.crt").read_bytes()) == before


@pytest.mark.parametrize("name", ["key", "key.crt"])
def test_what_is_there_stays_and_nothing_is_left_behind(tmp_path: Path, name: str) -> None:
    for put in (lambda it: it.write_text("mine"), lambda it: it.symlink_to(tmp_path / "nowhere")):
        theirs = tmp_path / name
        theirs.unlink(missing_ok=True)
        put(theirs)
        done = create(tmp_path, "--authority", tmp_path / "key")
        assert (done.exit_code, "exists already" in done.stderr) == (2, True), done.output
        assert [it.name for it in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("/dev/full/key", "File exists"),
        ("/dev/full/folder/key", "Not a directory"),
        ("/proc/nowhere/key", "No such file"),
        ("{folder}/" + "k" * 300, "File name too long"),
        ("{folder}/" + "k" * 252, "File name too long"),
    ],
)
def test_where_it_cannot_be_written_is_said(tmp_path: Path, place: str, why: str) -> None:
    done = create(tmp_path, "--authority", place.format(folder=tmp_path))
    assert (done.exit_code, why in done.stderr) == (75, True), done.output
    assert "Name another place" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("exit 3", "it ended with an error"),
        ("echo no hex", "what it said is not in hex"),
        ("echo abcd", "it said 2 bytes, not 32"),
        ("[ $1 = public-key ] && printf %064d 1 || printf %0128d 1", "not by its key"),
    ],
)
def test_a_program_that_holds_no_key_is_said_to(tmp_path: Path, text: str, why: str) -> None:
    done = create(tmp_path, "--authority-program", program(tmp_path, text))
    assert (done.exit_code, why in done.stderr) == (75, True), done.output
    assert "Run it by hand" in done.stderr
    assert [it.name for it in tmp_path.iterdir()] == ["key-program"]


def test_a_program_that_is_not_there_is_said_to(tmp_path: Path) -> None:
    done = create(tmp_path, "--authority-program", tmp_path / "nowhere")
    assert (done.exit_code, "there is no such program" in done.stderr) == (75, True), done.output
    for arguments in (("create-authority",), ()):
        done = run(*arguments, "--authority-program", "sign 'it")
        assert (done.exit_code, "No closing quotation" in done.stderr) == (2, True), done.output


def test_what_the_authority_gave_is_taken_back_once(tmp_path: Path) -> None:
    database = tmp_path / "r.db"
    certificate = read(written(of_acme(), ROOT.sign))

    async def give() -> None:
        async with opened(f"sqlite:///{database}") as it:
            assert await CertificateStore(it).offer(certificate, "", 1)

    asyncio.run(give())
    back = ("revoke-certificate", ACME.name, "--reason", "superseded", "--database", database)
    done = run(*back)
    assert (done.exit_code, "1 certificates" in done.stdout) == (0, True), done.output
    again = run(*back)
    assert (again.exit_code, "agentmesh org revoke" in again.stderr) == (2, True)
    assert run("revoke-certificate", "nobody.example", *back[2:]).exit_code == 2
    assert run("revoke-certificate", ACME.name, "--reason", "mood").exit_code == 2
    assert len(serial_text(certificate.contents)) == 40
