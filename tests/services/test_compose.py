"""The containers are what the programs take: options, files, users. Nothing is started here."""

import re
from typing import Any

import pytest
import yaml
from agentmesh_relay.config import config_from

from tests.support.processes import ROOT

FOLDER = ROOT / "services"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NODES = ("relay-1", "relay-2")


def _dockerfile(service: dict[str, Any]) -> str:
    build = service.get("build", {})
    if "dockerfile" in build:
        return (FOLDER / build["context"] / build["dockerfile"]).read_text()
    return str(build.get("dockerfile_inline", ""))


def test_both_nodes_are_the_same_and_the_relay_takes_their_options() -> None:
    first, second = (SERVICES[name] for name in NODES)
    assert first == second
    command = [_filled(word) for word in first["command"]]
    environment = {name: _filled(value) for name, value in first["environment"].items()}
    config = config_from(["--listen", "0.0.0.0:8765", *command], environment)
    assert config.origin == "wss://some.word"
    assert (config.registry, str(config.identity)) == ("", "/identity/key")
    assert config.nats == ("nats://relay:some.word@nats:4222",)
    (network,) = config.trusted_proxies
    assert str(network) == COMPOSE["networks"]["front"]["ipam"]["config"][0]["subnet"]


def _filled(text: str) -> str:
    """Return the text as compose reads it when each variable that has to be set is `some.word`."""
    text = re.sub(r"\$\{[^}]*:-([^}]*)\}", r"\1", text)
    return re.sub(r"\$\{[^}]*\}", "some.word", text)


def test_a_relays_key_outlives_its_container_and_is_its_own() -> None:
    relay = SERVICES["relay-1"]
    folder = relay["environment"]["AGENTMESH_RELAY_IDENTITY"].rpartition("/")[0]
    assert f"identity:{folder}" in relay["volumes"]
    assert f"-o relay /data {folder}" in _dockerfile(relay)


def test_nodes_reach_the_registry_by_the_name_that_they_sign_for() -> None:
    (alias,) = SERVICES["proxy"]["networks"]["front"]["aliases"]
    (origin,) = [it for it in SERVICES["registry"]["command"] if it.startswith("--origin=")]
    assert _filled(origin) == f"--origin=https://{_filled(alias)}"
    assert "front" in SERVICES["relay-1"]["networks"]


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_runs_as_root_and_everything_says_how_it_is(name: str) -> None:
    service = SERVICES[name]
    assert service.get("user") or "\nUSER " in _dockerfile(service), "runs as root"
    assert "healthcheck" in service or "HEALTHCHECK" in _dockerfile(service)
    assert service["cap_drop"] == ["ALL"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_copied_and_waited_for_is_there(name: str) -> None:
    service = SERVICES[name]
    context = FOLDER / service.get("build", {}).get("context", ".")
    for line in _dockerfile(service).splitlines():
        if line.startswith("COPY "):
            *sources, _ = line.split()[1:]
            assert all((context / source).exists() for source in sources), line
    assert set(service.get("depends_on", ())) <= set(SERVICES)
    assert set(service["networks"]) <= set(COMPOSE["networks"])
    named = {it.partition(":")[0] for it in service.get("volumes", ())}
    assert named <= set(COMPOSE["volumes"])


def test_only_the_proxy_can_be_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["back"]["internal"] is True
    assert SERVICES["nats"]["networks"] == SERVICES["postgres"]["networks"] == ["back"]


def test_the_image_of_a_relay_brings_what_several_need() -> None:
    assert "/src[cluster]" in _dockerfile(SERVICES["relay-1"])


def test_nats_syncs_before_it_answers() -> None:
    settings = (FOLDER / "relay/nats.conf").read_text()
    assert "sync_interval: always" in settings
    assert "COPY nats.conf" in _dockerfile(SERVICES["nats"])
