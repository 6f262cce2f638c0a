"""Words that agents say are found with the two agents, and nowhere else.

Each canary is looked for in every file of the services and in their memory, raw and in the usual
encodings; and in the files of both agents, which are sealed.
"""

import base64
import os
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mesh import Agent, Mesh, eventually

MARGIN = 64
CHUNK = 4 * 1024 * 1024


class Talk:
    """Two agents that said something, with a passphrase each."""

    def __init__(self, mesh: Mesh) -> None:
        mark = uuid.uuid4().hex
        self.words = [f"{kind}-{mark}" for kind in ("hello", "note", "reply", "plan.pdf", "field")]
        self.passphrase = f"passphrase-{mark}"
        self.alice = self._started(mesh, "alice")
        self.bob = self._started(mesh, "bob")
        hello, note, reply, file_name, field = self.words
        self.alice.ask("send", self.bob.amid, hello, "--note", note)
        self.bob.approve()
        got = self.bob.gets(hello)
        self.bob.ask("reply", got["message_id"], reply, "--wait", "60")
        self.alice.gets(reply)
        document = f'{{"{field}": "{file_name}"}}'
        for sender, receiver in ((self.alice, self.bob), (self.bob, self.alice)):
            sender.ask("send", receiver.amid, document, "--wait", "60")
        self.bob.down()
        self.alice.ask("send", self.bob.amid, hello, "--wait", "1")  # now the relay keeps it

    def _started(self, mesh: Mesh, name: str) -> Agent:
        agent = mesh.newcomer(name)
        self.up(agent, "--name", name, "--key-storage", "passphrase")
        eventually(agent.is_connected)
        return agent

    def up(self, agent: Agent, *options: str) -> None:
        """Start a daemon, under the least careful umask there is."""
        take, give = os.pipe()
        os.write(give, self.passphrase.encode() + b"\n")
        os.close(give)
        agent.environment["AGENTMESH_PASSPHRASE_FD"] = str(take)
        done = agent.run("up", *options, pass_fds=(take,), umask=0)
        os.close(take)
        del agent.environment["AGENTMESH_PASSPHRASE_FD"]
        agent.amid = done.answer["amid"]

    @property
    def canaries(self) -> list[bytes]:
        """All that nobody else may hold."""
        return [word.encode() for word in (*self.words, self.passphrase)]


@pytest.fixture(scope="module")
def talk(mesh: Mesh) -> Talk:
    return Talk(mesh)


def spellings(word: bytes) -> Iterator[bytes]:
    """Yield a word raw, in hex, and in base64 wherever in a longer text it may begin."""
    yield word
    yield word.hex().encode()
    yield word.hex().upper().encode()
    for lead in range(3):
        encoded = base64.b64encode(b"\0" * lead + word)
        inner = encoded[4 if lead else 0 : -4]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))
    yield word.decode().encode("utf-16-le")


def found_in(data: bytes, words: list[bytes]) -> list[bytes]:
    """Return what of the words is in the data."""
    return [word for word in words if any(spelt in data for spelt in spellings(word))]


def memory(pid: int) -> Iterator[bytes]:
    """Yield what a process holds in writable memory, in overlapping pieces."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as held:
        for line in maps:
            place, mode, *_ = line.split()
            if "w" not in mode or "r" not in mode:
                continue
            start, end = (int(it, 16) for it in place.split("-"))
            for at in range(start, end, CHUNK):
                held.seek(at)
                try:
                    yield held.read(min(CHUNK + MARGIN, end - at))
                except OSError:
                    break


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_search_finds_what_is_there(talk: Talk) -> None:
    word = talk.canaries[0]
    for lead in (b"", b"1", b"22", b"333"):
        text = lead + word + b" and more"
        assert found_in(base64.b64encode(text), [word]) == [word]
    assert found_in((b"0" + word).hex().encode(), [word]) == [word]
    assert any(found_in(piece, [word]) for piece in memory(os.getpid()))


def test_neither_service_holds_a_word_in_its_memory(mesh: Mesh, talk: Talk) -> None:
    for service in (mesh.relay, mesh.registry):
        seen = 0
        for piece in memory(service.pid):
            seen += len(piece)
            assert found_in(piece, talk.canaries) == []
        assert seen > 1024 * 1024


def test_the_search_of_memory_finds_what_a_service_does_hold(mesh: Mesh, talk: Talk) -> None:
    amid = talk.bob.amid.encode()  # routing needs it
    for service in (mesh.relay, mesh.registry):
        assert any(found_in(piece, [amid]) for piece in memory(service.pid))


def test_no_word_is_in_a_file_or_log_of_a_service(mesh: Mesh, talk: Talk) -> None:
    homes = {agent.home for agent in mesh.agents}
    theirs = [it for it in files(mesh.folder) if not homes & set(it.parents)]
    assert len(theirs) >= 2
    for file in theirs:
        assert found_in(file.read_bytes(), talk.canaries) == [], file
    for service in (mesh.relay, mesh.registry):
        assert found_in(service.log().encode(), talk.canaries) == []


def test_no_word_lies_open_in_a_home(talk: Talk) -> None:
    for agent in (talk.alice, talk.bob):
        lying = files(agent.home)
        assert {"agentmesh.db", "identity.sealed", "daemon.log"} <= {it.name for it in lying}
        for file in lying:
            assert found_in(file.read_bytes(), talk.canaries) == [], file


def test_no_word_is_in_an_argument_or_the_environment_of_a_process(mesh: Mesh, talk: Talk) -> None:
    for pid in (talk.alice.pid, mesh.relay.pid, mesh.registry.pid):
        for name in ("cmdline", "environ"):
            assert found_in(Path(f"/proc/{pid}/{name}").read_bytes(), talk.canaries) == []


def test_everything_in_a_home_is_its_owners_alone_even_without_an_umask(talk: Talk) -> None:
    for agent in (talk.alice, talk.bob):
        for path in (agent.home, *agent.home.rglob("*")):
            mode = stat.S_IMODE(path.lstat().st_mode)
            assert mode == (0o700 if path.is_dir() else 0o600), path


def test_without_the_passphrase_the_keys_stay_closed(talk: Talk) -> None:
    assert talk.bob.fails(9, "up")["code"] == "passphrase_needed"
    right, talk.passphrase = talk.passphrase, "wrong"
    try:
        with pytest.raises(KeyError):
            talk.up(talk.bob)
    finally:
        talk.passphrase = right
    talk.up(talk.bob)
    eventually(lambda: talk.bob.texts().count(talk.words[0]) == 2)
