"""`agentmesh-registry` as a process."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.support.processes import running

MODULE = "agentmesh_registry"


def get(url: str) -> dict[str, object]:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return dict(json.load(answer))


def test_it_says_where_it_listens_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/new/registry.db"
    options = ("--listen", "127.0.0.1:0", "--database", database, "--admin", "127.0.0.1:0")
    with running(MODULE, *options) as registry:
        url = registry.said("listening on ")
        assert get(url + "/readyz")["status"] == "ok"
        assert get(url + "/v1/stats")["origin"] == url
        metrics = registry.said("admin on ") + "/metrics"
        with urllib.request.urlopen(metrics, timeout=5) as answer:
            assert b"agentmesh_registry_agents 0.0" in answer.read()
        assert registry.terminate() == 0
    assert "Traceback" not in registry.output


def test_rates_and_origin_come_from_options_and_environment(tmp_path: Path) -> None:
    env = {
        "AGENTMESH_REGISTRY_REQUESTS_PER_MINUTE": "1",
        "AGENTMESH_REGISTRY_DATABASE": f"{tmp_path}/r.db",
        "AGENTMESH_REGISTRY_LISTEN": "127.0.0.1:0",
    }
    with running(MODULE, "--origin", "https://Mesh.example/", env=env) as registry:
        url = registry.said("listening on ")
        assert (tmp_path / "r.db").exists()
        assert get(url + "/v1/stats")["origin"] == "https://mesh.example"
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(url + "/v1/stats")
        caught.value.close()
        assert caught.value.code == 429


@pytest.mark.parametrize(
    ("options", "exit_code", "words"),
    [
        (("--listen", "8080"), 2, "is not an address to listen on"),
        (("--listen", "127.0.0.1:0", "--database", "mysql://a/b"), 2, "postgresql://user"),
        (
            ("--listen", "127.0.0.1:0", "--database", "postgresql://127.0.0.1:1/a"),
            75,
            "is it running",
        ),
        (("--listen", "0.0.0.0:0", "--database", "r.db"), 2, "Add --origin"),
    ],
    ids=["address", "database", "server", "origin"],
)
def test_what_is_wrong_is_said_with_a_way_out(
    tmp_path: Path, options: tuple[str, ...], exit_code: int, words: str
) -> None:
    options = tuple(f"{tmp_path}/r.db" if word == "r.db" else word for word in options)
    with running(MODULE, *options) as registry:
        assert registry.ended() == exit_code
    assert words in registry.output
    assert "Traceback" not in registry.output


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with running(MODULE, "--listen", "127.0.0.1:0", "--database", f"{tmp_path}/a.db") as first:
        place = first.said("listening on ").removeprefix("http://")
        with running(MODULE, "--listen", place, "--database", f"{tmp_path}/b.db") as second:
            assert second.ended() == 75
        assert "Stop the program that has the port" in second.output
