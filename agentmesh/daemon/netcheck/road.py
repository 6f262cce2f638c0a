"""From a name to a secure connection: DNS, TCP, TLS."""

import asyncio
import socket
import ssl
from contextlib import closing
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography import x509

from agentmesh.daemon.netcheck.report import Fact, Failed, Walk
from agentmesh.protocol.times import to_text
from agentmesh.protocol.world import Clock

DNS_SECONDS = 5.0
TCP_SECONDS = 5.0
TLS_SECONDS = 5.0
MAX_ADDRESSES = 8
SOON_DAYS = 14
_SECURE = {"wss", "https"}
_PORTS = {"ws": 80, "http": 80, "wss": 443, "https": 443}
_DAY = 86400.0
_REASONS = {
    9: ("is not valid yet", "Set this machine's clock; if it is right, the service's is not."),
    10: ("has expired", "Whoever runs the service has to renew it."),
    18: ("is signed by itself", "Have it signed by an authority that this machine trusts."),
    19: ("hangs on an authority that is not trusted here", "See SSL_CERT_FILE, or ask its owner."),
    20: (
        "hangs on an authority that is not known here",
        "It should send its whole chain; SSL_CERT_FILE names an authority of your own.",
    ),
    62: ("is for another name", "Use the name it is for, or have one made for this name."),
    64: ("is for another address", "Use the name it is for, or have one made for this address."),
}


class Target(NamedTuple):
    """Where a URL leads."""

    host: str
    port: int
    is_secure: bool


def target_of(url: str) -> Target:
    """Return where `url` leads."""
    parts = urlsplit(url)
    port = parts.port or _PORTS[parts.scheme]
    return Target(parts.hostname or "", port, parts.scheme in _SECURE)


async def travel(walk: Walk, target: Target, tls: ssl.SSLContext, clock: Clock) -> None:
    """Take the steps `dns`, `tcp` and `tls`."""
    addresses: list[str] = []

    async def dns() -> dict[str, Fact]:
        addresses.extend(await _resolved(target))
        return {
            "v4": [it for it in addresses if ":" not in it],
            "v6": [it for it in addresses if ":" in it],
        }

    await walk.step("dns", dns)
    await walk.step("tcp", lambda: _connected(addresses, target.port))
    if target.is_secure:
        await walk.step("tls", lambda: _secured(target, tls, clock))
    else:
        walk.skip("tls", "The address says that there is none.")


async def _resolved(target: Target) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(DNS_SECONDS):
            found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except TimeoutError:
        why = f"The name server did not answer within {DNS_SECONDS:g} s."
        raise Failed(why, "Is this machine online? See /etc/resolv.conf.") from None
    except (OSError, UnicodeError):
        why = f"There is no address for the name {target.host[:100]!r}."
        raise Failed(why, "Check how it is spelt, and whether this machine is online.") from None
    return list(dict.fromkeys(str(it[4][0]) for it in found))[:MAX_ADDRESSES]


async def _connected(addresses: list[str], port: int) -> dict[str, Fact]:
    """Connect to all addresses at once; one that answers is enough."""
    tried = await asyncio.gather(*(_attempt(address, port) for address in addresses))
    answers = [address for address, problem in zip(addresses, tried, strict=True) if not problem]
    problems = sorted({problem for problem in tried if problem})
    silent = [it for it in addresses if it not in answers]
    if answers:
        return {"port": port, "answers": answers, "silent": silent, "problems": problems}
    if "refused" in problems:
        why, fix = (
            f"Nobody listens on port {port}.",
            "Is the service running, and is this its port?",
        )
    else:
        why = f"No address answers on port {port} ({', '.join(problems)})."
        fix = "Does a firewall stand between, here or there?"
    raise Failed(why, fix, {"port": port, "silent": silent, "problems": problems})


async def _attempt(address: str, port: int) -> str:
    """Return what is wrong with this address, in a word; empty if it answers."""
    try:
        async with asyncio.timeout(TCP_SECONDS):
            _, writer = await asyncio.open_connection(address, port)
    except TimeoutError:
        return "timeout"
    except ConnectionRefusedError:
        return "refused"
    except OSError as error:
        return (error.strerror or "unreachable").lower()[:40]
    writer.close()
    return ""


async def _secured(target: Target, tls: ssl.SSLContext, clock: Clock) -> dict[str, Fact]:
    try:
        facts = await _handshake(target, tls, clock)
    except ssl.SSLCertVerificationError as error:
        what, fix = _REASONS.get(error.verify_code, ("is not good", "Ask whoever runs it."))
        raise Failed(f"The certificate {what}.", fix, await _shown(target, clock)) from None
    except ssl.SSLError as error:
        why = f"TLS failed ({(error.reason or 'no TLS there').lower().replace('_', ' ')[:60]})."
        raise Failed(why, "Is this a port with TLS? The address may be ws:// or http://.") from None
    except TimeoutError:
        raise Failed(
            "TLS did not come about in time.", "Try again; does a proxy stand between?"
        ) from None
    except OSError:
        raise Failed("The connection broke off during TLS.", "Is this a port with TLS?") from None
    return facts


async def _shown(target: Target, clock: Clock) -> dict[str, Fact]:
    """Return what a certificate says that is not good."""
    anything = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anything.check_hostname = False
    anything.verify_mode = ssl.CERT_NONE  # to look at it: nothing is said on this connection
    try:
        return await _handshake(target, anything, clock)
    except (OSError, TimeoutError):
        return {}


async def _handshake(target: Target, tls: ssl.SSLContext, clock: Clock) -> dict[str, Fact]:
    async with asyncio.timeout(TLS_SECONDS):
        _, writer = await asyncio.open_connection(
            target.host, target.port, ssl=tls, server_hostname=target.host
        )
    with closing(writer):
        channel: ssl.SSLObject = writer.get_extra_info("ssl_object")
        certificate = channel.getpeercert(binary_form=True)
        return {"version": channel.version() or "", **_certificate(certificate or b"", clock)}


def _certificate(der: bytes, clock: Clock) -> dict[str, Fact]:
    try:
        read = x509.load_der_x509_certificate(der)
        ends = read.not_valid_after_utc.timestamp()
        names = [str(it.value) for it in _alternatives(read)][:MAX_ADDRESSES]
    except ValueError:
        return {}
    days = (ends - clock.now()) / _DAY
    return {"names": names, "valid_until": to_text(ends), "expires_soon": days < SOON_DAYS}


def _alternatives(certificate: x509.Certificate) -> list[x509.GeneralName]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return list(found.value)
