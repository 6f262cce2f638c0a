"""The operator's file."""

from pathlib import Path

import pytest
from agentmesh_registry.owners.providers import read_providers

from agentmesh.errors import UsageError

GOOD = """
[[sign_in]]
name = "google"
issuer = "https://accounts.google.com"
client_id = "me"
secret_env = "MESH_SECRET"

[[sign_in]]
name = "github"
kind = "github"
issuer = "https://github.com"
client_id = "me"
secret_file = "{folder}/secret"

[mail]
host = "127.0.0.1"
sender = "mesh@example.org"
starttls = false
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "secret").write_text("s3cret\n")
    monkeypatch.setenv("MESH_SECRET", "of the environment")
    return tmp_path


def write(folder: Path, text: str) -> str:
    path = folder / "providers.toml"
    path.write_text(text.replace("{folder}", str(folder)))
    return str(path)


def test_providers_and_their_secrets_are_read(folder: Path) -> None:
    found = read_providers(write(folder, GOOD))
    assert found.names() == ("google", "github", "email")
    assert [it.secret() for it in found.sign_in] == ["of the environment", "s3cret"]


def test_without_a_file_there_is_none() -> None:
    assert read_providers("").names() == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://github.com", "http://github.com"),
        ('name = "github"', 'name = "google"'),
        ('name = "github"', 'name = "email"'),
        ('name = "github"', 'name = "Git Hub"'),
        ('"{folder}/secret"', '"{folder}/no secret"'),
        ('"MESH_SECRET"', '"MESH_NO_SECRET"'),
        ('host = "127.0.0.1"', 'host = "mail.example.org"'),
        ("client_id", "client"),
        ("[mail]", "[mail"),
        ("[mail]", "secret = 1\n[mail]"),
    ],
)
def test_what_is_wrong_is_named_before_anybody_is_served(folder: Path, old: str, new: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_providers(write(folder, GOOD.replace(old, new)))
    assert caught.value.code in ("invalid_providers", "secret_missing")
    assert caught.value.hint


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read_providers(str(tmp_path / "none"))


def test_a_file_that_cannot_be_read_is_said_so_in_words(folder: Path) -> None:
    path = folder / "providers.toml"
    with pytest.raises(UsageError) as caught:
        read_providers(str(path))
    assert caught.value.message == f"{path}: No such file or directory."
    path.write_bytes(b"\xff")
    with pytest.raises(UsageError) as caught:
        read_providers(str(path))
    assert caught.value.message == f"{path}: not text in UTF-8."
