"""The command `verify-me`: proves to the registry who owns this agent."""

import sys

import click

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command, note
from agentmesh.control import answers, calls
from agentmesh.control.client import Client
from agentmesh.errors import UsageError
from agentmesh.tools import browser

_EMAIL = "email"


@command("verify-me")
@click.option("--provider", default="", help="Where to sign in; `email` sends a letter.")
@click.option("--address", default="", metavar="MAILBOX", help="Where the letter goes.")
@click.option("--no-open", is_flag=True, help="Show the address, and open no browser.")
@click.option("--attempt", default="", metavar="ID", help="Go on where --code was not at hand.")
@click.option("--code", default="", help="What the page or the letter says.")
def verify_me(  # noqa: PLR0913  one for each option
    desk: Desk, provider: str, address: str, *, no_open: bool, attempt: str, code: str
) -> None:
    """Prove to the registry that this agent is yours: it becomes tier 1, verified.

    You sign in, or read a letter, and type the code that you are shown. Others learn that the agent
    has an owner who was proved, not who that is. Without a terminal: verify-me --provider P, and
    then verify-me --attempt ID --code CODE, within ten minutes.
    """
    if bool(attempt) != bool(code):
        raise UsageError("invalid_parameters", "--attempt and --code go together.")
    with desk.client() as client:
        if not attempt:
            begun = _begin(client, provider, address)
            _lead(desk, begun, opens=not no_open)
            if desk.as_json or not sys.stdin.isatty():
                _hand_over(desk, begun)
                return
            attempt = begun.attempt
            code = click.prompt("Code", err=True, value_proc=str.strip)
        proved = client.call(calls.OwnerProve(attempt=attempt, code=code))
    keys: dict[str, object] = {"amid": proved.amid, "tier": proved.tier}
    if proved.certificate is not None:
        keys["certificate_expires_at"] = proved.certificate.expires_at
    desk.answer(keys, f"{proved.amid} is verified: tier {proved.tier:g}.")


def _begin(client: Client, provider: str, address: str) -> answers.ProofBegun:
    known = client.call(calls.OwnerProviders()).providers
    if not known:
        raise UsageError(
            "unknown_provider",
            "This registry lets nobody prove who they are.",
            "Its operator names providers: services/registry/README.md",
        )
    chosen = provider or (_EMAIL if address else known[0] if len(known) == 1 else "")
    if chosen not in known:
        choice = ", ".join(render.clean(it) for it in known)
        raise UsageError("unknown_provider", "Choose a provider.", f"--provider {choice}")
    if chosen == _EMAIL and not address:
        raise UsageError("invalid_address", "Name your mailbox.", "--address me@example.org")
    return client.call(calls.OwnerBegin(provider=chosen, address=address))


def _lead(desk: Desk, begun: answers.ProofBegun, *, opens: bool) -> None:
    """Say where the code is to be had."""
    if not begun.url:
        note("A letter with a code is on its way.")
    elif opens and browser.show(begun.url, desk.environment):
        note(f"Your browser opens {begun.url}")
    else:
        note(f"Sign in here, within {begun.expires_in_seconds // 60} minutes:\n\n  {begun.url}\n")


def _hand_over(desk: Desk, begun: answers.ProofBegun) -> None:
    keys = {
        "attempt": begun.attempt,
        "url": begun.url,
        "expires_in_seconds": begun.expires_in_seconds,
    }
    desk.answer(keys, f"Then: agentmesh verify-me --attempt {begun.attempt} --code CODE")
