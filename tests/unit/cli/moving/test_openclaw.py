"""Reading what openclaw-p2p wrote."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.cli.moving import openclaw
from agentmesh.control.calls.moving import MAX_ACQUAINTANCES
from agentmesh.errors import UsageError
from tests.support.openclaw import NOBODY, NOVA, p2p_home


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return p2p_home(tmp_path / "p2p")


def write(folder: Path, peers: Any) -> None:
    (folder / "peers.json").write_text(json.dumps(peers))


def test_names_words_and_notes_are_taken(folder: Path) -> None:
    found = openclaw.read(folder)
    nova, nobody = found.peers
    assert (nova.former_id, nova.alias, nova.approved) == (NOVA, "Nova", True)
    assert nova.description == "Alex's research assistant."
    assert nova.note == "Help with research tasks, don't share my calendar"
    assert (nobody.former_id, nobody.alias, nobody.approved) == (NOBODY, "", False)
    assert found.has_identity
    assert found.remarks == [f"{NOVA}: trust level 2 was not taken over; it will begin at 1."]


def test_what_is_odd_is_left_out_and_said(folder: Path) -> None:
    write(
        folder,
        {
            "p2p:1": "no peer",
            "": {},
            "p2p:2\u202e": {},
            "p2p:3": {"alias": 7, "description": None, "trust_level": True},
            "p2p:4": {"alias": "a" * 100, "description": "line\nline\x1b[2J", "trust_level": "3"},
        },
    )
    found = openclaw.read(folder)
    three, four = found.peers
    assert (three.alias, three.description, three.approved) == ("", "", False)
    assert (len(four.alias), four.approved) == (64, False)
    assert four.description == "line line\N{REPLACEMENT CHARACTER}[2J"
    assert len(found.remarks) == 6


@pytest.mark.parametrize(
    "text", ["", "[", "[]", '"p2p"', '{"a": {}, "a": {}}', '{"a": NaN}', "[" * 100_000, "{" * 99]
)
def test_a_broken_file_is_refused(folder: Path, text: str) -> None:
    (folder / "peers.json").write_text(text)
    with pytest.raises(UsageError) as caught:
        openclaw.read(folder)
    assert caught.value.code == "import_unreadable"


def test_a_link_a_pipe_or_something_huge_is_refused(folder: Path) -> None:
    path = folder / "peers.json"
    path.rename(folder / "elsewhere")
    for make in (
        lambda: path.symlink_to(folder / "elsewhere"),
        lambda: os.mkfifo(path),
        lambda: path.write_bytes(b" " * 2**23),
    ):
        make()
        with pytest.raises(UsageError) as caught:
            openclaw.read(folder)
        assert caught.value.code == "import_unreadable"
        path.unlink()
    path.mkdir()
    with pytest.raises(UsageError):
        openclaw.read(folder)


def test_what_is_no_home_of_it_is_said_to_be_none(tmp_path: Path, folder: Path) -> None:
    for nothing in (tmp_path / "none", tmp_path):
        with pytest.raises(UsageError) as caught:
            openclaw.read(nothing)
        assert caught.value.code == "nothing_to_import"
    (folder / "peers.json").unlink()
    assert openclaw.read(folder).peers == []


def test_more_than_can_be_kept_are_refused_whole(folder: Path) -> None:
    write(folder, {f"p2p:{number}": {} for number in range(MAX_ACQUAINTANCES + 1)})
    with pytest.raises(UsageError) as caught:
        openclaw.read(folder)
    assert caught.value.code == "too_many_peers"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
RECORD = st.dictionaries(
    st.sampled_from(["alias", "description", "scope_instructions", "trust_level"]), JSON
)


@given(st.dictionaries(st.text(max_size=8), RECORD | JSON, max_size=4))
def test_whatever_stands_there_what_is_taken_can_be_kept(value: dict[str, Any]) -> None:
    peers, _ = openclaw._peers(value)
    for peer in peers:
        assert 0 < len(peer.former_id) <= 100
        assert len(peer.alias) <= 64
        assert len(peer.description) <= 280
        assert len(peer.note) <= 280
        assert (peer.alias + peer.description + peer.note + peer.former_id).isprintable()
