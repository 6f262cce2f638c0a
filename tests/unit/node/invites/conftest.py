"""Two nodes for whoever asks for a pair."""

from tests.unit.node.conftest import pair

__all__ = ["pair"]
