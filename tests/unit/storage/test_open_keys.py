"""What is derived from the master secret."""

from pathlib import Path

from agentmesh.storage.key_files import KeyFiles, Means
from tests.support.world import FakeClock, FakeEntropy


def test_each_use_has_a_key_of_its_own_and_none_is_printed(tmp_path: Path) -> None:
    means = Means(clock=FakeClock(), entropy=FakeEntropy())
    keys = KeyFiles(tmp_path / "keys", means).ensure("file")
    assert keys.transcripts_key() != keys.audit_key()
    assert keys.master not in (keys.transcripts_key(), keys.audit_key())
    assert "master" not in repr(keys)
    assert keys.saved().master == keys.master.reveal()
