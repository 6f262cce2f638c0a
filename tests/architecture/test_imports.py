"""The rules about imports which layers cannot express: what is not listed is forbidden."""

import grimp
import pytest

# The services share the words on the wire, the errors, how to be watched, how to end, and how long
# to wait for a disk.
SHARED = (
    "agentmesh.protocol",
    "agentmesh.errors",
    "agentmesh.observability.logs",
    "agentmesh.observability.metrics",
    "agentmesh.observability.health",
    "agentmesh.observability.world",
    "agentmesh.observability.private_file",
    "agentmesh.observability.tasks",
    "agentmesh.observability.stopping",
    "agentmesh.observability.disk_pace",
)
ROOT_OF_ALL = "agentmesh"  # holds the version

# Each third party stays behind these doors, so that it can be replaced in one place.
DOORS = {
    "aiohttp": (
        "agentmesh.discovery.registry_wire",
        "agentmesh.notify.web",
        "agentmesh.daemon.dashboard",
        "agentmesh_relay.registry.wire",
        "agentmesh_registry",
    ),
    "picows": ("agentmesh.transport.wire", "agentmesh.transport.dialling", "agentmesh_relay"),
    "python_socks": ("agentmesh.transport.dialling",),
    "nats": ("agentmesh_relay.cluster.line", "agentmesh_relay.cluster.link"),
    "sqlite3": ("agentmesh.storage", "agentmesh_relay.mailbox"),
    "sqlalchemy": ("agentmesh_registry.storage",),
    "alembic": ("agentmesh_registry.storage",),
    "dns": ("agentmesh_registry.authority.domain",),
    "keyring": ("agentmesh.storage.key_keyring",),
    "vodozemac": ("agentmesh.crypto.olm.with_vodozemac",),
    "olm": ("agentmesh.crypto.olm.with_libolm",),
    "doubleratchet": ("agentmesh.crypto.ratchet",),
    "pyjson5": ("agentmesh.observability.checkup.openclaw_settings",),
    "spake2": ("agentmesh.crypto.invite_exchange",),
    "re2": ("agentmesh.policy.scrubber", "agentmesh.policy.unwrapping"),
    "segno": ("agentmesh.cli.consent.qr", "agentmesh.daemon.api.dashboard"),
    "jsonschema": ("agentmesh.messages.schemas.compiled",),
    "referencing": ("agentmesh.messages.schemas.compiled",),
    "prometheus_client": ("agentmesh.observability.metrics",),
}
WAYS = [(library, door) for library, doors in DOORS.items() for door in doors]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(
        "agentmesh",
        "agentmesh_relay",
        "agentmesh_registry",
        include_external_packages=True,
        cache_dir=None,
    )


def _is_within(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(place + ".") for place in places)


@pytest.mark.parametrize("service", ["agentmesh_relay", "agentmesh_registry"])
def test_a_service_imports_only_what_it_shares(graph: grimp.ImportGraph, service: str) -> None:
    members = {service} | graph.find_descendants(service)
    imported = {name for m in members for name in graph.find_modules_directly_imported_by(m)}
    ours = {name for name in imported if _is_within(name, ("agentmesh",))}
    assert [n for n in sorted(ours) if n != ROOT_OF_ALL and not _is_within(n, SHARED)] == []


@pytest.mark.parametrize("library", DOORS)
def test_a_third_party_stays_behind_its_doors(graph: grimp.ImportGraph, library: str) -> None:
    importers = graph.find_modules_that_directly_import(library) if library in graph.modules else ()
    assert [module for module in sorted(importers) if not _is_within(module, DOORS[library])] == []


@pytest.mark.parametrize(("library", "door"), WAYS)
def test_a_door_is_used(graph: grimp.ImportGraph, library: str, door: str) -> None:
    importers = graph.find_modules_that_directly_import(library)
    assert any(_is_within(module, (door,)) for module in importers), "close the door"
