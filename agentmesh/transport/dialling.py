"""How a WebSocket to a relay is opened: directly, through a proxy, or to public addresses only."""

import asyncio
import logging
import ssl
from functools import partial

from picows import WSAutoPingStrategy, WSError, ws_connect
from python_socks import ProxyError

from agentmesh.errors import TransportError
from agentmesh.protocol import limits
from agentmesh.protocol.origin import CONNECT_PATH
from agentmesh.transport.addresses import connect_publicly
from agentmesh.transport.line import Line
from agentmesh.transport.lookups import Lookups
from agentmesh.transport.proxies import proxy_to
from agentmesh.transport.wire import Wire

CONNECT_SECONDS = 10
PING_SECONDS = 20
PONG_SECONDS = 10


async def dial(origin: str, tls: ssl.SSLContext | None, *, publicly: Lookups | None) -> Wire:
    """Open a WebSocket to a relay, or raise `TransportError`.

    `publicly`: by which its name is looked up if a stranger chose it; None: it may be anywhere.
    """
    if publicly and not origin.startswith("wss:"):
        raise TransportError("relay_not_secure", f"{origin} does without TLS.")
    line = Line(partial(connect_publicly, publicly)) if publicly else Line()
    proxy = "" if publicly else proxy_to(origin)
    wire = Wire()
    is_open = False
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await _connect(wire, line, origin, proxy, tls)
        is_open = True
    except TimeoutError:
        raise TransportError("relay_timeout", f"{origin} does not answer.") from None
    except ssl.SSLError:
        raise TransportError(
            "relay_certificate_invalid", f"The certificate of {origin} is not good."
        ) from None
    except WSError:
        raise TransportError("relay_refused", f"What answers at {origin} is no relay.") from None
    except (ProxyError, ValueError):
        raise TransportError("relay_unreachable", f"No proxy leads to {origin}.") from None
    except OSError:
        raise TransportError("relay_unreachable", f"{origin} cannot be reached.") from None
    finally:
        if not is_open:
            wire.cut()  # should it open after all, nobody would ever close it
            await line.let_go()
    return wire


async def _connect(
    wire: Wire, line: Line, origin: str, proxy: str, tls: ssl.SSLContext | None
) -> None:
    await ws_connect(
        lambda *_: wire,
        origin + CONNECT_PATH,
        ssl_context=tls,
        websocket_handshake_timeout=CONNECT_SECONDS,
        logger_name=_silent(),
        enable_auto_ping=True,
        enable_auto_pong=False,  # it answers whatever comes, and keeps what is not taken
        auto_ping_idle_timeout=PING_SECONDS,
        auto_ping_reply_timeout=PONG_SECONDS,
        auto_ping_strategy=WSAutoPingStrategy.PING_PERIODICALLY,
        max_frame_size=limits.MAX_RELAY_FRAME,
        max_redirects=0,  # it could lead into a private network
        socket_factory=lambda place: line.open(place.host, place.port),
        proxy=proxy or None,
    )
    if not wire.was_opened:
        raise WSError


def _silent() -> logging.Logger:
    logger = logging.getLogger("agentmesh.transport.picows")
    logger.setLevel(logging.CRITICAL + 1)  # it prints frames
    return logger
