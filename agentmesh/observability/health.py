"""What `/healthz`, `/readyz` and `/version` say. The same document for every service.

`/healthz`: this process answers. `/readyz`: and it can do its work, or which check says no (503).
"""

from collections.abc import Callable, Mapping

import msgspec

import agentmesh
from agentmesh.observability.logs import Code
from agentmesh.protocol.limits import PROTOCOL

Check = Callable[[], Code | None]
"""Return None if all is well, else one word about what is not."""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What runs here."""

    service: str
    version: str = agentmesh.__version__
    protocol: str = PROTOCOL


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """How it is."""

    status: str
    service: str
    version: str
    checks: dict[str, str]


class Health:
    """Answers for one service."""

    def __init__(self, service: str, checks: Mapping[str, Check]) -> None:
        self._service = service
        self._checks = dict(checks)

    def answer(self, path: str) -> tuple[int, bytes] | None:
        """Return HTTP status and JSON body for one of the three paths, None for any other."""
        match path:
            case "/healthz":
                return self._condition({})
            case "/readyz":
                return self._condition({name: check() for name, check in self._checks.items()})
            case "/version":
                return 200, msgspec.json.encode(Version(service=self._service))
            case _:
                return None

    def _condition(self, found: Mapping[str, Code | None]) -> tuple[int, bytes]:
        well = all(word is None for word in found.values())
        condition = Condition(
            status="ok" if well else "failing",
            service=self._service,
            version=agentmesh.__version__,
            checks={name: word or "ok" for name, word in found.items()},
        )
        return 200 if well else 503, msgspec.json.encode(condition)
