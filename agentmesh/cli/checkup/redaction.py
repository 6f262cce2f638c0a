"""What may leave this machine in a bug report: facts of known forms, and stand-ins for the rest.

Whatever is not known to be harmless is left out. One peer has one stand-in throughout a report, so
that it can be followed and not found.
"""

import ipaddress
import re
from urllib.parse import urlsplit

_AMID = re.compile(r"(?<![1-9A-HJ-NP-Za-km-z])[1-9A-HJ-NP-Za-km-z]{20,28}(?![1-9A-HJ-NP-Za-km-z])")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_FACT = re.compile(
    r"(?P<at>[0-9TZ:.-]{20,30}) (?P<level>[A-Z]{4,8}) (?P<logger>agentmesh[a-z_.]{0,60})"
    r" (?P<name>[a-z_.]{1,60})(?P<fields>(?: [a-z_]{1,30}=[A-Za-z0-9_.:/-]{1,64})*)"
)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?|True|False|None")
_CODE = re.compile(r"[A-Za-z_][A-Za-z_]*(\.[a-z_]+)*(:[0-9]+)?")
MAX_CODE = 40


class Redaction:
    """Replaces what tells who is who. `with_ids`: AMIDs and ids stay as they are."""

    def __init__(self, *, with_ids: bool) -> None:
        self._with_ids = with_ids
        self._stand_ins: dict[str, str] = {}

    def fact(self, line: str) -> str | None:
        """Return a line of the log without who is who; None if it has not the form of a fact."""
        found = _FACT.fullmatch(line)
        if found is None:
            return None
        fields = [self._field(*pair.split("=", 1)) for pair in found["fields"].split()]
        head = f"{found['at']} {found['level']} {found['logger']} {found['name']}"
        return " ".join([head, *fields])

    def service(self, url: str) -> str:
        """Return a service's URL with a stand-in for its host, and what kind of host that is."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return "malformed"
        where = f":{port}" if port else ""
        scheme = parts.scheme if parts.scheme in {"ws", "wss", "http", "https"} else "other"
        return f"{scheme}://{self._host(host)}{where}"

    def _field(self, name: str, value: str) -> str:
        if _NUMBER.fullmatch(value):
            return f"{name}={value}"
        for pattern, kind in ((_UUID, "id"), (_AMID, "amid")):
            if pattern.fullmatch(value):
                return f"{name}={value if self._with_ids else self._stand_in(kind, value)}"
        is_code = len(value) <= MAX_CODE and _CODE.fullmatch(value)
        return f"{name}={value}" if is_code else f"{name}=(left out)"

    def _host(self, host: str) -> str:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return "localhost" if host == "localhost" else self._stand_in("host", host)
        kind = "loopback" if address.is_loopback else "public" if address.is_global else "private"
        return kind if address.is_loopback else self._stand_in(f"{kind}-address", host)

    def _stand_in(self, kind: str, value: str) -> str:
        number = sum(it.startswith(f"{kind}-") for it in self._stand_ins.values()) + 1
        return self._stand_ins.setdefault(value, f"{kind}-{number}")
