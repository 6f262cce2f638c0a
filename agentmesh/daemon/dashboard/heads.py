"""A request is judged by its head before anything else of it is read.

Another page of the same browser may send any request it likes here, and so may every program on
this machine. What a browser says about where a request comes from, a page cannot make up.
"""

from collections.abc import Sequence
from typing import NamedTuple

from agentmesh.errors import NotPermitted, RemoteProtocolError

API = "/api/"
LIVE = "/api/live"
LIVE_WITH_TICKET = f"{LIVE}?ticket="
NAMES = ("127.0.0.1", "localhost", "[::1]")
_PROXIES = ("forwarded", "via", "x-real-ip", "x-original-url", "x-rewrite-url")
_NEVER = ("transfer-encoding", "content-encoding", "expect", "trailer")
_JSON = ("application/json", "application/json; charset=utf-8", "application/json;charset=utf-8")


class Head(NamedTuple):
    """Method, target as it was sent, and the headers with their names in lower case."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for key, value in self.headers if key == name]

    def one(self, name: str) -> str | None:
        """Return a header that may be there once."""
        found = self.all(name)
        if len(found) > 1:
            raise RemoteProtocolError("malformed", f"There is more than one {name}.")
        return found[0] if found else None

    @property
    def is_live(self) -> bool:
        """Whether it asks for the live stream."""
        return self.target.startswith(LIVE_WITH_TICKET) or self.target == LIVE


def judge(head: Head, port: int) -> None:
    """Raise if this request is none of our page's."""
    _check_host(head, port)
    _check_form(head)
    _check_origin(head)
    _check_method(head)


def _check_host(head: Head, port: int) -> None:
    """A name that was rebound to this machine is still another name."""
    hosts = head.all("host")
    if len(hosts) != 1 or hosts[0] not in {f"{name}:{port}" for name in NAMES}:
        raise RemoteProtocolError("wrong_host", "This is not the address of this dashboard.")


def _check_form(head: Head) -> None:
    for name, _ in head.headers:
        if name in _PROXIES or name.startswith("x-forwarded-"):
            raise RemoteProtocolError("forwarded", "The dashboard takes nothing through a proxy.")
        if name in _NEVER or (name == "upgrade" and not head.is_live):
            raise RemoteProtocolError("malformed", f"{name} is not taken here.")
    if not head.target.startswith("/") or head.target.startswith("//"):
        raise RemoteProtocolError("malformed", "The target has to be a path.")
    if "?" in head.target and not head.target.startswith(LIVE_WITH_TICKET):
        raise RemoteProtocolError("malformed", "There are no parameters here.")


def _check_origin(head: Head) -> None:
    origin, site = head.one("origin"), head.one("sec-fetch-site")
    is_ours = origin == f"http://{head.one('host')}"
    if not is_ours and (origin is not None or head.is_live):
        raise _foreign()
    if site in (None, "same-origin"):
        return
    is_document = (head.one("sec-fetch-mode"), head.one("sec-fetch-dest")) == (
        "navigate",
        "document",
    )
    if not is_document or head.target.startswith(API):
        raise _foreign()


def _check_method(head: Head) -> None:
    if head.method not in allowed(head):
        raise RemoteProtocolError("method_not_allowed", f"Only {' and '.join(allowed(head))}.")
    kind = (head.one("content-type") or "").lower()
    if head.method == "POST" and kind not in _JSON:
        raise RemoteProtocolError("not_json", "Content-Type has to be application/json.")


def allowed(head: Head) -> tuple[str, ...]:
    """Return the methods that this target takes."""
    if head.is_live:
        return ("GET",)
    return ("POST",) if head.target.startswith(API) else ("GET", "HEAD")


def bearer_in(head: Head) -> str:
    """Return the secret that a request carries; empty if there is none."""
    scheme, _, secret = (head.one("authorization") or "").partition(" ")
    return secret if scheme == "Bearer" and secret.isascii() else ""


def _foreign() -> NotPermitted:
    return NotPermitted("foreign_origin", "Another page has no business here.")
