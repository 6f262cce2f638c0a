"""Who has a port."""

import os
import socket
import sys
from pathlib import Path

import pytest

from agentmesh.daemon.dashboard.squatter import how_to_see, who_has

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
ROW = "   0: 0100007F:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 0 {uid} 0 1\n"


def table(folder: Path, uid: int, state: str = "0A", port: int = 7777, name: str = "tcp") -> Path:
    row = ROW.format(port=port, state=state, uid=uid)
    # The kernel writes the retransmits and the user id as two words.
    (folder / name).write_text(HEAD + row)
    return folder


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such table")
def test_a_real_listener_of_ours_is_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert who_has(listening.getsockname()[1]) == "you"


@pytest.mark.parametrize("name", ["tcp", "tcp6"])
def test_a_stranger_is_named(tmp_path: Path, name: str) -> None:
    assert who_has(7777, table(tmp_path, 0 if os.geteuid() else 4_000_000, name=name)) in {
        "root",
        "user 4000000",
    }


def test_whoever_only_talks_from_that_port_does_not_have_it(tmp_path: Path) -> None:
    assert who_has(7777, table(tmp_path, 0, state="01")) == ""
    assert who_has(7778, table(tmp_path, 0)) == ""


def test_where_there_is_no_table_nobody_can_tell(tmp_path: Path) -> None:
    assert who_has(7777, tmp_path / "none") == ""


def test_the_owner_is_told_how_to_look() -> None:
    assert "7777" in how_to_see(7777)
