"""Letters with a code in them."""

import asyncio
import re
import smtplib
import ssl
from email.message import EmailMessage
from typing import Final

from agentmesh.errors import TransportError, UsageError, in_words
from agentmesh_registry.owners.providers import Mail

_SECONDS = 10
_WHY: Final = (
    (smtplib.SMTPRecipientsRefused, "it does not take letters to that address"),
    (smtplib.SMTPSenderRefused, "it takes no letters from this registry's address"),
    (smtplib.SMTPAuthenticationError, "it does not know this registry's user and password"),
    (smtplib.SMTPNotSupportedError, "it cannot do what this registry's settings ask for"),
    (smtplib.SMTPServerDisconnected, "it hung up"),
    (smtplib.SMTPException, "it refused"),
    (ssl.SSLCertVerificationError, "its certificate is not good"),
    (ssl.SSLError, "there is no TLS at that address"),
    (TimeoutError, f"it takes longer than {_SECONDS} s"),
)
_AWAY = "it cannot be reached"
_ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{0,63}@[A-Za-z0-9.-]{1,180}")
_TEXT = """Somebody asked the AgentMesh registry {registry}
to note that the agent {amid}
belongs to whoever reads this mailbox. If that is you, type this code where it is asked for:

    {code}

If it is not, do nothing, and give the code to nobody.
"""


def normal(address: str) -> str:
    """Return an address as it counts, or say that it is none."""
    found = _ADDRESS.fullmatch(address.strip())
    if found is None or ".." in address:
        raise UsageError("invalid_address", "That is not an e-mail address.")
    return found[0].lower()


async def send_code(mail: Mail, to: str, *, code: str, amid: str, registry: str) -> None:
    """Send a code to an address that is `normal`; returns once the mail server took it."""
    letter = EmailMessage()
    letter["From"], letter["To"] = mail.sender, to
    letter["Subject"] = f"{code} is your AgentMesh code"
    letter.set_content(_TEXT.format(registry=registry, amid=amid, code=code))
    try:
        await asyncio.to_thread(_post, mail, letter)
    except (OSError, smtplib.SMTPException) as error:
        raise TransportError(
            "mail_failed",
            f"The mail server did not take the letter: {in_words(error, _WHY, _AWAY)}.",
            "Is the address right? Else try again later, or another provider.",
        ) from None


def _post(mail: Mail, letter: EmailMessage) -> None:
    with smtplib.SMTP(mail.host, mail.port, timeout=_SECONDS) as server:
        if mail.starttls:
            server.starttls(context=ssl.create_default_context())
        if mail.user:
            server.login(mail.user, mail.secret())
        server.send_message(letter)
