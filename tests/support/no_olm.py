"""A machine without any Olm library. Import the fixture where it is asked for."""

from collections.abc import Iterator

import pytest

from agentmesh.crypto.olm import library


@pytest.fixture
def no_olm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if no Olm library were installed."""
    monkeypatch.setattr(library, "_MODULES", dict.fromkeys(library._MODULES, "not_installed"))
    library.named.cache_clear()
    yield
    library.named.cache_clear()
