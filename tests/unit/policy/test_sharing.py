"""Which files the agent may send."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import UsageError
from agentmesh.policy import settings
from agentmesh.policy.document import Policy
from agentmesh.policy.sharing import is_folder, is_shared

SHARED = [PurePosixPath("/home/me/shared"), PurePosixPath("/srv/out")]


@pytest.mark.parametrize("path", ["/home/me/shared/a.txt", "/srv/out/deep/er/b.pdf"])
def test_what_lies_in_a_shared_folder_is_shared(path: str) -> None:
    assert is_shared(PurePosixPath(path), SHARED)


@pytest.mark.parametrize(
    "path",
    [
        "/home/me/a.txt",
        "/home/me/shared",
        "/home/me/shared-not/a.txt",
        "/home/me/shared/.env",
        "/home/me/shared/.git/config",
        "/srv/out/x/.ssh/id_ed25519",
        "/",
    ],
)
def test_nothing_else_is_nor_what_is_hidden(path: str) -> None:
    assert not is_shared(PurePosixPath(path), SHARED)


@given(st.lists(st.sampled_from(["a", ".b", "shared", "home", "me", "srv"]), max_size=6))
def test_what_is_shared_begins_with_a_folder(parts: list[str]) -> None:
    path = PurePosixPath("/", *parts)
    if is_shared(path, SHARED):
        assert any(str(path).startswith(f"{folder}/") for folder in SHARED)


@pytest.mark.parametrize("wrong", ["", "/", "//", "shared", "~/shared", "/a/../b", "/a\0b"])
def test_a_folder_is_named_wholly(wrong: str) -> None:
    assert not is_folder(wrong)
    if wrong:
        with pytest.raises(UsageError):
            settings.put(Policy(), "shared_folders", [wrong])


def test_sharing_stays_with_the_owner() -> None:
    assert settings.put(Policy(), "shared_folders", ["/srv/out"]).shared_folders == ("/srv/out",)
    with pytest.raises(UsageError, match="stays with the owner"):
        settings.put(Policy(), "delegated_keys", ["shared_folders"])
