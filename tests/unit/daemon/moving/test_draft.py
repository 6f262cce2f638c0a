"""Reading a home of the 0.2 draft."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from agentmesh.daemon.moving.draft import read
from agentmesh.errors import AgentMeshError, IntegrityError, UsageError
from tests.support.draft_home import ALLOWED, BLOCKED, SEED, draft_home, identity


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return draft_home(tmp_path / "old")


def test_keys_policy_contacts_and_capabilities_are_found(old: Path) -> None:
    found = read(old)
    assert found.seed is not None
    assert found.seed.reveal() == SEED
    assert found.created_at == 1769947200.0
    assert found.policy.min_reputation == 0.3
    assert found.policy.max_concurrent_sessions == 10
    assert found.policy.notify_owner.threshold_usd == 50
    assert found.policy.blocklist == {BLOCKED}
    assert found.policy.consent == "ask", "which 0.2 did not have"
    assert found.contacts == [ALLOWED], "whoever is blocked is none"
    assert found.capabilities == ["travel/flights"]
    assert "rate_limit.knocks_per_minute" in found.taken


def test_what_was_dropped_is_said(old: Path) -> None:
    remarks = "\n".join(read(old).remarks)
    assert "blocklist: 'amid_1' was left out" in remarks
    assert "accepted_intents had no effect in 0.2" in remarks
    assert "Relay and registry of 0.2" in remarks
    assert "Sessions were left behind" in remarks


@pytest.mark.parametrize(
    "odd",
    [
        {"stop_hook": ["sh", "-c", "evil"]},
        {"delegated_keys": ["blocklist"]},
        {"consent": "policy"},
        {"notify_owner": {"command": ["evil"]}},
        {"rate_limit": "many"},
        {"unheard_of\n": 1},
    ],
)
def test_nothing_is_taken_that_0_2_did_not_have(tmp_path: Path, odd: dict[str, Any]) -> None:
    plain = draft_home(tmp_path / "plain", rate_limit={}, notify_owner={})
    fresh = draft_home(tmp_path / "odd", **{"rate_limit": {}, "notify_owner": {}, **odd})
    assert read(fresh).policy == read(plain).policy


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("min_reputation", 5),
        ("strict_mode", "yes"),
        ("accept_tiers", 7),
        ("allowlist", {"a": 1}),
        ("max_concurrent_sessions", -1),
    ],
)
def test_a_field_that_is_wrong_costs_no_other(tmp_path: Path, field: str, value: object) -> None:
    found = read(draft_home(tmp_path / "old", **{field: value}))
    assert field not in found.taken
    assert [it for it in found.remarks if field in it]
    assert found.policy.rejected_intents == {"marketplace"}


def test_entries_of_a_list_are_judged_one_by_one(tmp_path: Path) -> None:
    old = draft_home(tmp_path / "old", accept_tiers=[1, 9, None], rejected_intents=["Travel", "!!"])
    found = read(old)
    assert found.policy.accept_tiers == {1}
    assert found.policy.rejected_intents == {"travel"}


@pytest.mark.parametrize(
    "changed",
    [
        {"amid": ALLOWED},
        {"signing_private_key": "ed25519:!!"},
        {"signing_private_key": "ed25519:" + base64.b64encode(b"short").decode()},
        {"signing_private_key": 5},
        {"signing_private_key": None},
    ],
)
def test_a_key_that_does_not_fit_is_refused(old: Path, changed: dict[str, Any]) -> None:
    (old / "keys" / "identity.json").write_text(json.dumps(identity(**changed)))
    with pytest.raises(IntegrityError):
        read(old)


def test_a_home_of_ours_is_none_of_0_2(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    for text in (None, '{"amid": "x"}'):
        if text is not None:
            (tmp_path / "keys" / "identity.json").write_text(text)
        with pytest.raises(UsageError) as caught:
            read(tmp_path)
        assert caught.value.code == "nothing_to_import"


@pytest.mark.parametrize("name", ["keys/identity.json", "policy.json", "config.json"])
def test_a_broken_file_a_link_or_a_pipe_is_refused(old: Path, name: str) -> None:
    path = old / name
    for text in (b"[", b"[]", b"\xff", b"{" + b" " * 2**23):
        path.write_bytes(text)
        with pytest.raises(AgentMeshError):
            read(old)
    path.rename(old / "elsewhere")
    path.symlink_to(old / "elsewhere")
    with pytest.raises(UsageError):
        read(old)
    for make in (lambda: os.mkfifo(path), path.mkdir):
        path.unlink()
        make()
        with pytest.raises(UsageError):
            read(old)
