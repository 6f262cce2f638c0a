"""Control calls about the dashboard: its address, and figures and pictures for its pages."""

import msgspec

from agentmesh import __version__
from agentmesh.control import answers, calls
from agentmesh.daemon.config import CONFIG
from agentmesh.daemon.figures import MINUTE, Tally
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import UsageError
from agentmesh.protocol.times import to_text

Permit = calls.Permit
ENTER = "agentmesh dashboard"
_BORDER = 4


async def dashboard_open(
    rooms: Rooms, asked: calls.DashboardOpen, _: Permit
) -> answers.DashboardOpened:
    """Open the dashboard, and let one tab in."""
    opened = await rooms.dashboard.offer(asked.scope, asked.port)
    return answers.DashboardOpened(
        url=opened.url, scope=asked.scope, expires_at=to_text(opened.expires_at)
    )


async def dashboard_address(
    rooms: Rooms, asked: calls.DashboardAddress, permit: Permit
) -> answers.DashboardAddress:
    """Tell where the dashboard is."""
    where = rooms.consent.contexts.setting(asked.context)
    is_peers_doing = permit == "agent" and await rooms.consent.reading.is_moved(where)
    url = await rooms.dashboard.address()
    return answers.DashboardAddress(url=url, enter=ENTER, may_show=not is_peers_doing)


async def dashboard_close(
    rooms: Rooms, _: calls.DashboardClose, __: Permit
) -> answers.DashboardClosed:
    """Close the dashboard."""
    return answers.DashboardClosed(ended=await rooms.dashboard.close())


async def settings(rooms: Rooms, _: calls.Settings, __: Permit) -> answers.Settings:
    """Tell which settings are in force."""
    config = rooms.config
    return answers.Settings(
        settings=msgspec.to_builtins(config.settings),
        home=str(config.home),
        file=str(config.home / CONFIG),
        version=__version__,
    )


async def figures(rooms: Rooms, asked: calls.Figures, _: Permit) -> answers.Figures:
    """Tell what was counted."""
    return answers.Figures(
        since=to_text(rooms.counters.since),
        minutes=[_minute(tally) for tally in rooms.counters.last(asked.minutes)],
    )


def _minute(tally: Tally) -> answers.Minute:
    return answers.Minute(
        at=to_text(tally.minute * MINUTE),
        sent=tally.sent,
        received=tally.received,
        knocks=tally.knocks,
        refused=tally.refused,
    )


async def qr(_: Rooms, asked: calls.Qr, __: Permit) -> answers.QrCode:
    """Make a QR code."""
    import segno  # noqa: PLC0415 - slow to load, and the daemon starts without it

    try:
        code = segno.make(asked.text, micro=False)
    except (segno.DataOverflowError, ValueError):
        raise UsageError("invalid_argument", "This text makes no QR code.") from None
    rows = [
        "".join("1" if dark else "0" for dark in row) for row in code.matrix_iter(border=_BORDER)
    ]
    return answers.QrCode(rows=rows)
