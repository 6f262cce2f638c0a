"""An authority is made once, and belongs to one database."""

from pathlib import Path

import pytest
from agentmesh_registry.authority.files import (
    certificate_path,
    claim_authority,
    create,
    opened_authority,
)
from agentmesh_registry.config import Config
from agentmesh_registry.storage.certificates import CertificateStore
from agentmesh_registry.storage.database import Database
from cryptography import x509

from agentmesh.errors import AgentMeshError, UsageError
from tests.support.world import FakeClock, FakeEntropy


def config(folder: Path, name: str = "authority-key") -> Config:
    return Config(database=f"sqlite:///{folder}/registry.db", authority=str(folder / name))


def test_it_is_there_again(tmp_path: Path) -> None:
    made, place = create(config(tmp_path), FakeClock(), FakeEntropy())
    assert place == certificate_path(config(tmp_path))
    found = opened_authority(config(tmp_path))
    assert found is not None
    assert found.certificate == made.certificate
    parsed = x509.load_pem_x509_certificate(place.read_bytes())
    assert parsed.serial_number == made.certificate.contents.serial
    with pytest.raises(UsageError, match="exists already"):
        create(config(tmp_path), FakeClock(), FakeEntropy())


def test_without_one_there_is_none_unless_it_was_named(tmp_path: Path) -> None:
    assert opened_authority(Config(database=f"sqlite:///{tmp_path}/registry.db")) is None
    with pytest.raises(AgentMeshError) as caught:
        opened_authority(config(tmp_path))
    assert "create-authority" in caught.value.hint


def test_a_certificate_for_another_key_is_refused(tmp_path: Path) -> None:
    create(config(tmp_path), FakeClock(), FakeEntropy("one"))
    create(config(tmp_path, "other"), FakeClock(), FakeEntropy("two"))
    (tmp_path / "other").replace(tmp_path / "authority-key")
    with pytest.raises(AgentMeshError, match="another key"):
        opened_authority(config(tmp_path))


@pytest.mark.parametrize(
    "text", ["", "word", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----"]
)
def test_a_damaged_certificate_is_said_to_be(tmp_path: Path, text: str) -> None:
    _, place = create(config(tmp_path), FakeClock(), FakeEntropy())
    place.write_text(text)
    with pytest.raises(UsageError, match="no certificate of an authority"):
        opened_authority(config(tmp_path))


async def test_a_database_has_one_authority(database: Database, tmp_path: Path) -> None:
    store = CertificateStore(database)
    ours, _ = create(config(tmp_path), FakeClock(), FakeEntropy("one"))
    other, _ = create(config(tmp_path, "other"), FakeClock(), FakeEntropy("two"))
    await claim_authority(store, None)
    await claim_authority(store, ours)
    await claim_authority(store, ours)
    with pytest.raises(UsageError, match="another authority"):
        await claim_authority(store, other)
