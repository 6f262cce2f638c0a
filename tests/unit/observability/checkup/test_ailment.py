"""Closing a place to others."""

import stat
from pathlib import Path

import pytest

from agentmesh.observability.checkup.ailment import closing, is_open_to_others


def test_a_place_is_closed_and_closing_it_again_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch(mode=0o644)
    close = closing(file, 0o600)
    assert close() == f"{file} had mode 0644 and has 0600 now."
    assert close() == f"{file} had mode 0600 and has 0600 now."
    assert not is_open_to_others(file)


def test_no_link_is_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.touch(mode=0o644)
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(OSError, match="symbolic link"):
        closing(tmp_path / "link", 0o600)()
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
