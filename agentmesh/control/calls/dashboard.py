"""The owner's dashboard: its address, and what its pages ask for."""

from typing import Annotated, Literal

from msgspec import Meta

from agentmesh.control import answers
from agentmesh.control.calls.request import Context, Limit, Request, Word

Scope = Literal["view", "control"]
Port = Annotated[int, Meta(ge=0, le=65535)]
MAX_QR = 1000


class DashboardOpen(Request[answers.DashboardOpened], frozen=True, kw_only=True):
    """Open the dashboard; the address in the answer lets one tab in, once, within a minute.

    `port`: another one than the setting `dashboard_port`, 0 any free one.
    """

    scope: Scope = "control"
    port: Port | None = None


class DashboardAddress(Request[answers.DashboardAddress], frozen=True, kw_only=True):
    """Open the dashboard, and tell where it is: an address that lets nobody in."""

    context: Context = ""


class DashboardClose(Request[answers.DashboardClosed], frozen=True, kw_only=True):
    """Close the dashboard, and throw every tab out."""


class Settings(Request[answers.Settings], frozen=True, kw_only=True):
    """Tell which settings the daemon works with."""


class Figures(Request[answers.Figures], frozen=True, kw_only=True):
    """Count what happened in each of the last minutes; older than the daemon is nothing."""

    minutes: Annotated[int, Meta(ge=1, le=1440)] = 60


class Qr(Request[answers.QrCode], frozen=True, kw_only=True):
    """Make a QR code of a text."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_QR)]


class SessionsHistory(Request[answers.PastSessions], frozen=True, kw_only=True):
    """List sessions that are over, the last ended first; `before`: the last page's `next`."""

    before: Word = ""
    limit: Limit = 50
