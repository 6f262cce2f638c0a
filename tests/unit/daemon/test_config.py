"""Settings: flag, environment, file, default, in this order; a typo is not silent."""

from pathlib import Path

import msgspec
import pytest

from agentmesh.daemon.config import CONFIG, REGISTRY, RELAY, read, to_keep
from agentmesh.errors import UsageError
from tests.support.no_olm import no_olm

__all__ = ["no_olm"]

ENVIRONMENT = {"AGENTMESH_RELAY_URL": "wss://environment"}


def _write(home: Path, **said: object) -> None:
    (home / CONFIG).write_bytes(msgspec.json.encode(said))


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    settings = read(tmp_path, {}, {}).settings
    assert (settings.relay, settings.registry, settings.name) == (RELAY, REGISTRY, "")


def test_blanks_around_a_name_are_none_of_it(tmp_path: Path) -> None:
    assert read(tmp_path, {}, {"name": " Ada "}).settings.name == "Ada"
    assert read(tmp_path, {}, {"name": "  "}).settings.name == ""


def test_a_flag_beats_the_environment_beats_the_file(tmp_path: Path) -> None:
    _write(tmp_path, relay="wss://file", registry="https://file")
    by_flag = read(tmp_path, ENVIRONMENT, {"relay": "wss://flag"}).settings
    by_environment = read(tmp_path, ENVIRONMENT, {}).settings
    by_file = read(tmp_path, {"AGENTMESH_RELAY_URL": ""}, {}).settings
    assert [s.relay for s in (by_flag, by_environment, by_file)] == [
        "wss://flag",
        "wss://environment",
        "wss://file",
    ]
    assert by_flag.registry == "https://file"


@pytest.mark.parametrize(
    ("said", "hint"),
    [({"rellay": "ws://x"}, "Did you mean 'relay'?"), ({"qqq": 1}, "Known are: relay")],
)
def test_an_unknown_name_is_an_error(tmp_path: Path, said: dict[str, object], hint: str) -> None:
    _write(tmp_path, **said)
    with pytest.raises(UsageError) as caught:
        read(tmp_path, {}, {})
    assert caught.value.code == "config_unknown_name"
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"{", "config_malformed"),
        (b"[]", "config_malformed"),
        (b'{"name": 1}', "config_wrong_type"),
        (b'{"name": "' + b"x" * 65 + b'"}', "config_wrong_type"),
        (b'{"dashboard_fresh_seconds": 301}', "config_wrong_type"),
        (b'{"dashboard_fresh_seconds": 0}', "config_wrong_type"),
        (b'{"relay": "http://relay"}', "invalid_url"),
        (b'{"relay": "wss://a..b"}', "invalid_url"),
        (b'{"relay": "ws://relay:port"}', "invalid_url"),
        (b'{"registry": "registry"}', "invalid_url"),
        (b'{"registry": "https://a..b"}', "invalid_url"),
    ],
)
def test_a_file_that_is_wrong_says_so(tmp_path: Path, text: bytes, code: str) -> None:
    (tmp_path / CONFIG).write_bytes(text)
    with pytest.raises(UsageError) as caught:
        read(tmp_path, {}, {})
    assert caught.value.code == code


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / CONFIG).mkdir()
    with pytest.raises(UsageError) as caught:
        read(tmp_path, {}, {})
    assert caught.value.code == "config_unreadable"


def test_only_what_flags_change_is_kept(tmp_path: Path) -> None:
    _write(tmp_path, name="Ada")
    assert to_keep(tmp_path, {}) is None
    assert to_keep(tmp_path, {"name": "Ada"}) is None
    kept = to_keep(tmp_path, {"relay": "wss://relay"})
    assert kept is not None
    assert msgspec.json.decode(kept) == {"name": "Ada", "relay": "wss://relay"}
    with pytest.raises(UsageError):
        to_keep(tmp_path, {"relai": "wss://relay"})


def test_capabilities_become_adverts(tmp_path: Path) -> None:
    _write(tmp_path, capabilities=["travel/rail", "research"])
    adverts = read(tmp_path, {}, {}).adverts()
    assert [(one.category, one.subcategory) for one in adverts] == [
        ("travel", "rail"),
        ("research", ""),
    ]


def test_peers_relays_may_be_private_if_ours_is(tmp_path: Path) -> None:
    assert read(tmp_path, {}, {}).private_relays
    public = {"relay": "wss://relay.example"}
    assert not read(tmp_path, {}, public).private_relays
    assert read(tmp_path, {}, {**public, "private_relays": True}).private_relays


def test_the_owner_says_which_suites_are_spoken(tmp_path: Path) -> None:
    _write(tmp_path, suites=["x3dh-only.v1"])
    assert read(tmp_path, {}, {}).settings.suites == ("x3dh-only.v1",)
    _write(tmp_path, suites=["x3dh.v1"])
    with pytest.raises(UsageError):
        read(tmp_path, {}, {})


def test_suites_whose_package_is_missing_leave_nothing_to_speak(
    tmp_path: Path, no_olm: None
) -> None:
    _write(tmp_path, suites=["olm.v1"])
    with pytest.raises(UsageError) as caught:
        read(tmp_path, {}, {})
    assert caught.value.code == "suite_unavailable"
    assert "agentmesh-openclaw[olm]" in caught.value.hint


CAS = ("ab" * 20, "01" * 20)


def test_whom_to_trust_is_a_list_in_the_environment(tmp_path: Path) -> None:
    _write(tmp_path, trusted_cas=["cd" * 20])
    assert read(tmp_path, {}, {}).settings.trusted_cas == ("cd" * 20,)
    for text in (",".join(CAS), f"agentmesh authority {CAS[0]}, {CAS[1].upper()},\n"):
        assert read(tmp_path, {"AGENTMESH_TRUSTED_CAS": text}, {}).settings.trusted_cas == CAS


@pytest.mark.parametrize("text", ["/etc/ca.pem", "ab" * 19, ",".join([*CAS, "x"]), "ab" * 20 + "."])
def test_whom_to_trust_is_never_nobody_by_mistake(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, {"AGENTMESH_TRUSTED_CAS": text}, {})
    assert caught.value.code == "invalid_authority"


def test_a_list_that_names_nobody_is_no_list(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read(tmp_path, {"AGENTMESH_TRUSTED_CAS": " , "}, {})


def test_where_everybody_may_see_us_is_our_registry_or_nowhere(tmp_path: Path) -> None:
    _write(tmp_path, registry="https://Registry.example/")
    assert read(tmp_path, {}, {}).shown_at() == "https://registry.example"
    _write(tmp_path, publish_presence=False)
    assert read(tmp_path, {}, {}).shown_at() == ""
