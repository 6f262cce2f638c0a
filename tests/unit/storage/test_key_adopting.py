"""Keys from elsewhere: adopted where there are none, and never written over."""

from pathlib import Path

import pytest

from agentmesh.crypto.secret import Secret
from agentmesh.errors import UsageError
from agentmesh.storage.key_files import KeyFiles, Means
from tests.support.draft_home import draft_home
from tests.support.world import FakeClock, FakeEntropy


def means() -> Means:
    return Means(clock=FakeClock(), entropy=FakeEntropy(), passphrase=None)


def test_a_home_of_the_draft_is_not_begun_in(tmp_path: Path) -> None:
    """Our `identity.json` would take the place of the one that has the draft's keys."""
    keys = draft_home(tmp_path / "old") / "keys"
    before = (keys / "identity.json").read_bytes()
    with pytest.raises(UsageError) as caught:
        KeyFiles(keys, means()).ensure("file")
    assert caught.value.code == "home_of_0_2"
    assert "agentmesh import agentmesh-0.2" in caught.value.hint
    assert (keys / "identity.json").read_bytes() == before
    assert [it.name for it in keys.iterdir()] == ["identity.json"]


def test_a_key_from_elsewhere_is_adopted_where_there_is_none(tmp_path: Path) -> None:
    files = KeyFiles(tmp_path / "keys", means())
    seed = Secret(bytes(range(32)))
    adopted = files.adopt(seed, 1.0, "file")
    assert adopted.identity.seed() == seed
    assert adopted.public.created_at == "1970-01-01T00:00:01.000Z"
    assert files.open().identity.amid == adopted.identity.amid
    with pytest.raises(UsageError) as caught:
        files.adopt(None, None, "file")
    assert caught.value.code == "identity_exists"
    assert files.open().identity.amid == adopted.identity.amid
