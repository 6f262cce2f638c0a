"""Keys are written once, and whole."""

from pathlib import Path

from agentmesh.observability.private_file import write_once


def test_a_file_is_written_once(tmp_path: Path) -> None:
    assert write_once(tmp_path / "key", b"one")
    assert not write_once(tmp_path / "key", b"two")
    assert (tmp_path / "key").read_bytes() == b"one"
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert [it.name for it in tmp_path.iterdir()] == ["key"]
