"""The system's keyring: only safe backends, read back, and never for long."""

import threading
from collections.abc import Callable, Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail

from agentmesh.crypto.secret import Secret
from agentmesh.errors import UsageError
from agentmesh.storage.key_keyring import Backend, SystemKeyring

SECRET = Secret(b"\x00master\xff" * 4)


class Desktop:
    """Keeps what it is given, as the Secret Service does."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


def named(module: str, *bases: type) -> type[Desktop]:
    """A backend class as if it came from `module`."""
    return type("Keyring", (*bases, Desktop), {"__module__": module, "__qualname__": "Keyring"})


Safe = named("keyring.backends.SecretService")


class Forgetful:
    def set_password(self, service: str, username: str, password: str) -> None:
        """Drop it, as the null backend does."""


class Failing:
    def set_password(self, service: str, username: str, password: str) -> None:
        raise OSError(f"D-Bus said no to {password}")


def refusal(backend: Backend) -> UsageError:
    with pytest.raises(UsageError) as caught:
        SystemKeyring(lambda: backend).write("alice", SECRET)
    assert caught.value.code == "keyring_unavailable"
    assert caught.value.__cause__ is None
    return caught.value


def test_what_is_written_is_read_and_erased() -> None:
    backend = Safe()
    keyring = SystemKeyring(lambda: backend)
    keyring.write("alice", SECRET)
    assert keyring.read("alice") == SECRET
    assert keyring.read("bob") is None
    keyring.erase("alice")
    assert keyring.read("alice") is None


@pytest.mark.parametrize(
    "module", ["keyrings.alt.file", "keyring.backends.null", "keyring.backends.fail", "evil"]
)
def test_a_backend_off_the_list_gets_no_secret(module: str) -> None:
    backend = named(module)()
    refusal(backend)
    assert backend.kept == {}


def test_a_backend_that_forgets_is_found_out() -> None:
    assert "did not keep" in refusal(named("keyring.backends.macOS", Forgetful)()).message


def test_of_a_backend_that_fails_neither_its_words_nor_its_class_are_told() -> None:
    error = refusal(named("keyring.backends.SecretService", Failing)())
    assert error.message == (
        "The system's keyring cannot be used: it says that something went wrong."
    )


@pytest.fixture
def release() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_a_backend_that_waits_for_a_person_is_not_waited_for(release: threading.Event) -> None:
    def find() -> Backend:
        release.wait(10)
        return Safe()

    with pytest.raises(UsageError) as caught:
        SystemKeyring(find, seconds=0.01).read("alice")
    assert "did not answer" in caught.value.message


def test_an_entry_that_is_not_ours_is_none() -> None:
    backend = Safe()
    backend.set_password("agentmesh", "alice", "not base64!")
    assert SystemKeyring(lambda: backend).read("alice") is None


@pytest.fixture
def configured() -> Iterator[Callable[[KeyringBackend], None]]:
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


def test_a_machine_without_a_desktop_has_no_keyring(
    configured: Callable[[KeyringBackend], None],
) -> None:
    configured(fail.Keyring())
    with pytest.raises(UsageError) as caught:
        SystemKeyring().read("alice")
    assert caught.value.code == "keyring_unavailable"


class Chain(fail.Keyring):
    """Several backends in one, as the library hands them out."""

    backends = (named("keyrings.alt.file")(), Safe())


def test_of_several_backends_the_safe_one_is_asked(
    configured: Callable[[KeyringBackend], None],
) -> None:
    configured(Chain())
    SystemKeyring().write("alice", SECRET)
    unsafe, safe = Chain.backends
    assert (len(unsafe.kept), len(safe.kept)) == (0, 1)
