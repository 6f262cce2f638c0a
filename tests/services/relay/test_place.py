import errno
import resource
from pathlib import Path

import pytest
from agentmesh_relay.config import Address, Tls
from agentmesh_relay.place import (
    data_folder,
    listening_socket,
    raise_descriptor_limit,
    tls_context,
    unusable,
)

from agentmesh.errors import StorageError, TransportError, UsageError


def test_a_data_folder_is_made_for_us_alone(tmp_path: Path) -> None:
    with data_folder(tmp_path / "a" / "b") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        with pytest.raises(StorageError) as caught, data_folder(folder):
            pass
        assert caught.value.code == "data_in_use"
        assert "--data" in caught.value.hint
    with data_folder(tmp_path / "a" / "b"):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError) as caught, data_folder(tmp_path / "file" / "data"):
        pass
    assert caught.value.code == "data_not_writable"


def test_a_full_disk_is_no_mistake_of_who_starts_a_relay(tmp_path: Path) -> None:
    error = unusable(tmp_path, OSError(errno.ENOSPC, "No space left on device"))
    assert isinstance(error, StorageError)
    assert (error.code, str(tmp_path) in error.message) == ("disk_full", True)


def test_a_taken_port_can_be_tried_again_later() -> None:
    with listening_socket(Address("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(TransportError) as caught:
            listening_socket(Address("127.0.0.1", port))
    assert caught.value.code == "address_in_use"


def test_an_address_of_another_machine_is_a_mistake() -> None:
    with pytest.raises(UsageError):
        listening_socket(Address("192.0.2.1", 0))


def test_a_certificate_that_is_none_is_a_mistake(tmp_path: Path) -> None:
    assert tls_context(None) is None
    with pytest.raises(UsageError):
        tls_context(Tls(tmp_path / "no.pem", tmp_path / "no.key"))


def test_all_descriptors_that_the_system_allows_may_be_used() -> None:
    raise_descriptor_limit()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == hard
