"""Posting a sentence to an address of the owner's. Of what comes back only the status counts."""

from collections.abc import Mapping

import aiohttp

POST_SECONDS = 5.0


class Web:
    """Posts, each time on a connection of its own: nothing stays open."""

    def __init__(self, seconds: float = POST_SECONDS) -> None:
        self._timeout = aiohttp.ClientTimeout(total=seconds)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> bool:
        """Return whether it was taken. A redirect is not followed: the owner named this address."""
        try:
            async with (
                aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(force_close=True),
                    timeout=self._timeout,
                    cookie_jar=aiohttp.DummyCookieJar(),
                    auto_decompress=False,
                ) as session,
                session.post(
                    url, data=body, headers=dict(headers), allow_redirects=False
                ) as answer,
            ):
                return 200 <= answer.status < 300
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return False
