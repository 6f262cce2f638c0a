"""Our long-term keys on disk."""

import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from agentmesh.crypto import x25519
from agentmesh.crypto.secret import Secret
from agentmesh.crypto.vault import Cost
from agentmesh.errors import AgentMeshError, IntegrityError, NeedsOwner, UsageError
from agentmesh.identity.keys import EXCHANGE, PublicIdentity, key_text
from agentmesh.storage.draft_keys import PUBLIC
from agentmesh.storage.key_files import SEALED, Choice, KeyFiles, Means
from agentmesh.storage.key_keyring import unavailable
from tests.support.world import FakeClock, FakeEntropy

PASSPHRASE = Secret(b"correct horse")


class MemoryKeyring:
    """A keyring that may be locked."""

    def __init__(self, *, locked: bool = False) -> None:
        self.kept: dict[str, Secret] = {}
        self.locked = locked

    def _check(self) -> None:
        if self.locked:
            raise unavailable("it is locked")

    def write(self, name: str, secret: Secret) -> None:
        self._check()
        self.kept[name] = secret

    def read(self, name: str) -> Secret | None:
        self._check()
        return self.kept.get(name)

    def erase(self, name: str) -> None:
        self._check()
        self.kept.pop(name, None)


@pytest.fixture
def keyring() -> MemoryKeyring:
    return MemoryKeyring()


@pytest.fixture
def means(keyring: MemoryKeyring) -> Means:
    return Means(
        clock=FakeClock(),
        entropy=FakeEntropy(),
        passphrase=PASSPHRASE,
        keyring=keyring,
        cost=Cost((1, 8)),
        framework=("claw", "1"),
    )


@pytest.fixture
def bare(means: Means) -> Means:
    """No desktop, no passphrase."""
    return replace(means, keyring=MemoryKeyring(locked=True), passphrase=None)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home" / "keys"


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(AgentMeshError) as caught:
        act()
    return caught.value.code


def published(home: Path) -> PublicIdentity:
    return msgspec.json.decode((home / PUBLIC).read_bytes(), type=PublicIdentity)


@pytest.mark.parametrize("choice", ["keyring", "passphrase", "file"])
def test_keys_open_as_they_were_made(choice: Choice, home: Path, means: Means) -> None:
    made = KeyFiles(home, means).ensure(choice)
    opened = KeyFiles(home, means).open()
    assert (made.created, opened.created) == (True, False)
    assert made.storage == opened.storage == choice
    assert opened.identity.public_key == made.identity.public_key
    assert opened.master == made.master
    assert opened.first_exchange == made.first_exchange
    assert opened.public == made.public == published(home)


def test_making_keys_twice_is_making_them_once(home: Path, means: Means) -> None:
    first = KeyFiles(home, means).ensure()
    before = (home / SEALED).read_bytes()
    assert KeyFiles(home, means).ensure().identity.amid == first.identity.amid
    assert KeyFiles(home, means).ensure("keyring").identity.amid == first.identity.amid
    assert (home / SEALED).read_bytes() == before


@pytest.mark.parametrize(
    ("locked", "passphrase", "storage"),
    [
        (False, PASSPHRASE, "keyring"),
        (False, None, "keyring"),
        (True, PASSPHRASE, "passphrase"),
        (True, None, "file"),
    ],
)
def test_auto_takes_the_best_there_is(
    locked: bool, passphrase: Secret | None, storage: str, home: Path, means: Means
) -> None:
    means = replace(means, keyring=MemoryKeyring(locked=locked), passphrase=passphrase)
    assert KeyFiles(home, means).ensure("auto").storage == storage


@pytest.mark.parametrize(
    ("choice", "code"), [("keyring", "keyring_unavailable"), ("passphrase", "passphrase_needed")]
)
def test_an_explicit_choice_is_never_weakened(
    choice: Choice, code: str, home: Path, bare: Means
) -> None:
    assert code_of(lambda: KeyFiles(home, bare).ensure(choice)) == code
    assert list(home.iterdir()) == []
    KeyFiles(home, bare).ensure("file")
    before = (home / SEALED).read_bytes()
    assert code_of(lambda: KeyFiles(home, bare).ensure(choice)) == code
    assert (home / SEALED).read_bytes() == before


def test_the_master_leaves_the_file_when_a_passphrase_comes(home: Path, means: Means) -> None:
    made = KeyFiles(home, means).ensure("file")
    assert made.master.reveal() in (home / SEALED).read_bytes()
    moved = KeyFiles(home, means).ensure("passphrase")
    assert (moved.storage, moved.identity.amid) == ("passphrase", made.identity.amid)
    assert made.master.reveal() not in (home / SEALED).read_bytes()
    assert KeyFiles(home, means).open().master == made.master


def test_keys_leave_the_keyring_once_they_are_elsewhere(
    home: Path, means: Means, keyring: MemoryKeyring
) -> None:
    made = KeyFiles(home, means).ensure("keyring")
    assert list(keyring.kept) == [made.identity.amid]
    KeyFiles(home, means).ensure("file")
    assert keyring.kept == {}
    assert KeyFiles(home, means).open().storage == "file"


def test_keys_that_were_never_made_are_missing(home: Path, means: Means) -> None:
    assert not KeyFiles(home, means).exist()
    with pytest.raises(UsageError) as caught:
        KeyFiles(home, means).open()
    assert caught.value.code == "keys_missing"


def test_a_passphrase_that_is_missing_or_wrong_is_told_apart(home: Path, means: Means) -> None:
    KeyFiles(home, means).ensure("passphrase")
    assert code_of(KeyFiles(home, replace(means, passphrase=None)).open) == "passphrase_needed"
    wrong = replace(means, passphrase=Secret(b"wrong"))
    assert code_of(KeyFiles(home, wrong).open) == "passphrase_wrong"


def test_a_locked_keyring_waits_for_its_owner(
    home: Path, means: Means, keyring: MemoryKeyring
) -> None:
    KeyFiles(home, means).ensure("keyring")
    keyring.locked = True
    with pytest.raises(NeedsOwner) as caught:
        KeyFiles(home, means).open()
    assert caught.value.code == "keyring_unavailable"
    keyring.locked = False
    keyring.kept.clear()
    with pytest.raises(IntegrityError) as lost:
        KeyFiles(home, means).open()
    assert lost.value.code == "keyring_entry_missing"


def test_damaged_keys_are_never_made_anew(home: Path, means: Means) -> None:
    KeyFiles(home, means).ensure("file")
    (home / SEALED).write_bytes(b"")
    assert code_of(KeyFiles(home, means).ensure) == "key_damaged"
    assert (home / SEALED).read_bytes() == b""


def test_a_dangling_link_is_not_an_empty_place(home: Path, means: Means) -> None:
    home.mkdir(parents=True, mode=0o700)
    (home / SEALED).symlink_to(home / "elsewhere")
    assert code_of(KeyFiles(home, means).ensure) == "key_file_link"


def test_a_crash_before_the_public_side_was_written_is_made_good(home: Path, bare: Means) -> None:
    made = KeyFiles(home, bare).ensure()
    (home / PUBLIC).unlink()
    assert KeyFiles(home, bare).open().public == made.public == published(home)


@pytest.mark.parametrize("text", [b"", b"{}", b"\xff", b'{"amid": 1}'])
def test_a_damaged_public_side_is_written_again(text: bytes, home: Path, bare: Means) -> None:
    made = KeyFiles(home, bare).ensure()
    (home / PUBLIC).write_bytes(text)
    assert KeyFiles(home, bare).open().public == made.public == published(home)


def test_a_foreign_public_side_is_written_again(home: Path, tmp_path: Path, bare: Means) -> None:
    made = KeyFiles(home, bare).ensure()
    KeyFiles(tmp_path / "other" / "keys", bare).ensure()
    (home / PUBLIC).write_bytes((tmp_path / "other" / "keys" / PUBLIC).read_bytes())
    assert KeyFiles(home, bare).open().public == made.public == published(home)


def test_the_first_exchange_key_is_the_published_one(home: Path, bare: Means) -> None:
    keys = KeyFiles(home, bare).ensure()
    assert keys.first_exchange is not None
    text = key_text(x25519.public_key(keys.first_exchange), EXCHANGE)
    assert keys.public.exchange_public_key == text


def test_a_rotation_publishes_the_new_key_and_erases_the_first(home: Path, bare: Means) -> None:
    files = KeyFiles(home, bare)
    keys = files.exchange_key_rotated(files.ensure(), b"n" * 32)
    assert keys.first_exchange is None
    assert published(home).exchange_public_key == key_text(b"n" * 32, EXCHANGE)
    opened = files.open()
    assert opened.first_exchange is None
    assert opened.identity.amid == keys.identity.amid
    (home / PUBLIC).unlink()
    assert files.open().public.exchange_public_key == ""


def test_the_first_exchange_key_stays_while_it_is_published(home: Path, bare: Means) -> None:
    files = KeyFiles(home, bare)
    keys = files.ensure()
    assert keys.first_exchange is not None
    files.exchange_key_rotated(keys, x25519.public_key(keys.first_exchange))
    assert files.open().first_exchange == keys.first_exchange


def test_a_full_disk_leaves_no_keys_and_no_entry(
    home: Path, means: Means, keyring: MemoryKeyring
) -> None:
    home.mkdir(parents=True, mode=0o700)
    means = replace(means, entropy=_entropy_until(home))
    assert code_of(lambda: KeyFiles(home, means).ensure("keyring")) == "key_file_unusable"
    assert keyring.kept == {}


def _entropy_until(home: Path) -> Callable[[int], bytes]:
    """Entropy that, asked for the name of a new file, has the directory gone."""
    entropy = FakeEntropy()

    def draw(count: int) -> bytes:
        if count == 8:
            home.rmdir()
        return entropy(count)

    return draw


def test_each_use_has_a_key_of_its_own(home: Path, bare: Means) -> None:
    keys = KeyFiles(home, bare).ensure()
    derived = [keys.transcripts_key(), keys.audit_key(), keys.master, keys.identity.seed()]
    assert len({key.reveal() for key in derived}) == 4
    box = keys.vault(FakeEntropy()).seal(b"place", b"data")
    assert KeyFiles(home, bare).open().vault(FakeEntropy()).open(b"place", box) == b"data"


@pytest.mark.parametrize("choice", ["keyring", "passphrase", "file"])
def test_keys_show_nothing_of_themselves(choice: Choice, home: Path, means: Means) -> None:
    keys = KeyFiles(home, means).ensure(choice)
    assert keys.first_exchange is not None
    text = repr(keys) + repr(means) + str(keys.identity)
    for secret in (keys.master, keys.identity.seed(), keys.first_exchange, PASSPHRASE):
        assert secret.reveal().hex() not in text
        assert repr(secret.reveal())[2:-1] not in text
    files = b"".join(path.read_bytes() for path in home.iterdir())
    for secret in (keys.identity.seed(), keys.first_exchange, PASSPHRASE):
        assert secret.reveal() not in files
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()} == {0o600}
