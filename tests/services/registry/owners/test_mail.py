"""Letters, to a real mail server."""

from collections.abc import AsyncIterator

import pytest
from agentmesh_registry.owners.mail import normal, send_code
from agentmesh_registry.owners.providers import Mail
from msgspec.structs import replace

from agentmesh.errors import TransportError, UsageError
from tests.support.mail_server import MailServer, mail_server

NOT_TAKEN = "The mail server did not take the letter"


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


async def test_a_letter_says_the_code_and_for_which_agent(server: MailServer) -> None:
    await send_code(server.settings, "a@b.org", code="23456-789AB", amid="5Hq", registry="http://r")
    ((to, text),) = server.letters
    assert to == ["a@b.org"]
    for words in ("23456-789AB", "5Hq", "http://r", "give the code to nobody"):
        assert words in text


async def test_a_mail_server_that_is_away_is_a_sentence() -> None:
    away = Mail(host="127.0.0.1", port=1, sender="mesh@example.org", starttls=False)
    with pytest.raises(TransportError) as caught:
        await send_code(away, "a@b.org", code="x", amid="y", registry="z")
    assert caught.value.code == "mail_failed"
    assert caught.value.message == f"{NOT_TAKEN}: it cannot be reached."


async def test_a_mail_server_that_refuses_is_told_in_words(server: MailServer) -> None:
    wants_tls = replace(server.settings, starttls=True)
    with pytest.raises(TransportError, match="it cannot do what this registry's settings ask for"):
        await send_code(wants_tls, "a@b.org", code="x", amid="y", registry="z")
    server.unknown = "nobody@b.org"
    with pytest.raises(TransportError, match="it does not take letters to that address"):
        await send_code(server.settings, "nobody@b.org", code="x", amid="y", registry="z")


@pytest.mark.parametrize("text", ["Ann.Lee+x@Example.ORG", " ann.lee+x@example.org "])
def test_a_mailbox_is_one_however_it_is_written(text: str) -> None:
    assert normal(text) == "ann.lee+x@example.org"


@pytest.mark.parametrize(
    "text",
    ["", "a", "@b", "a@", "a@b\nBcc: c@d", "a b@c", "a@b,c@d", "<a@b>", "a..b@c", "é@b"],
)
def test_what_is_no_mailbox_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        normal(text)
