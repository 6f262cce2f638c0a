"""Asking a provider over HTTPS, with a bound in time and size, and following nobody elsewhere."""

from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import msgspec

from agentmesh.errors import TransportError, in_words

_SECONDS = 10
_MAX_ANSWER = 256 * 1024
_WHY: Final = (
    (TimeoutError, f"it takes longer than {_SECONDS} s"),
    (aiohttp.ClientConnectorCertificateError, "its certificate is not good"),
    (aiohttp.ClientConnectorError, "it cannot be reached"),
    (aiohttp.ServerDisconnectedError, "it hung up"),
)


async def ask(
    url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the JSON object that a provider answers with; a form is posted."""
    sent = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    method = "GET" if form is None else "POST"
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session,
            session.request(method, url, data=form, headers=sent, allow_redirects=False) as answer,
        ):
            body = await answer.content.read(_MAX_ANSWER + 1)
            while len(body) <= _MAX_ANSWER and not answer.content.at_eof():
                body += await answer.content.read(_MAX_ANSWER + 1 - len(body))
            if answer.status != 200:
                raise _failed(f"status {answer.status}")
            if len(body) > _MAX_ANSWER:
                raise _failed("its answer is too long")
            return msgspec.json.decode(body, type=dict[str, Any])
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise _failed(in_words(error, _WHY, "what it says is no HTTP")) from None
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise _failed("it is not JSON") from None


def _failed(why: str) -> TransportError:
    return TransportError(
        "provider_failed", f"The provider did not answer as it should: {why}.", "Try again later."
    )
