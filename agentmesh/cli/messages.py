"""Commands on messages: send, inbox, read, reply."""

from typing import Any

import click

from agentmesh.cli import render
from agentmesh.cli.body import read_body
from agentmesh.cli.desk import Desk, command, note, say
from agentmesh.control import answers, calls, failures, outcomes

_wait = click.option(
    "--wait",
    type=click.FloatRange(0, calls.MAX_WAIT_SECONDS),
    metavar="SECONDS",
    help="Wait so long for the outcome.",
)
_SESSION_TYPES = ("request_response", "conversation", "stream")


@command("send")
@click.argument("peer")
@click.argument("text", metavar="TEXT-or-JSON")
@click.option("--intent", default="communication/messaging", metavar="CATEGORY[/SUBCATEGORY]")
@click.option("--action", default="")
@click.option("--type", "kind", type=click.Choice(_SESSION_TYPES), default="conversation")
@click.option("--session", "session_id", default="", metavar="ID", help="Go on in this session.")
@click.option("--message-type", default="", help="What a JSON object is, e.g. request.")
@click.option("--note", "remark", default="", help="For the peer's owner, with a first knock.")
@_wait
def send(desk: Desk, **given: Any) -> None:
    """Send a message to PEER: an alias, an AMID or a DID. `-` takes the text from stdin."""
    request = calls.Send(
        to=given["peer"],
        body=read_body(given["text"]),
        intent=given["intent"],
        action=given["action"],
        type=given["kind"],
        session_id=given["session_id"],
        message_type=given["message_type"],
        note=given["remark"],
        wait=given["wait"],
    )
    _deliver(desk, request)


@command("reply")
@click.argument("message_id")
@click.argument("text", metavar="TEXT-or-JSON")
@click.option("--message-type", default="", help="What a JSON object is, e.g. response.")
@_wait
def reply(desk: Desk, message_id: str, text: str, message_type: str, wait: float | None) -> None:
    """Answer a message in its session. `-` takes the text from stdin."""
    body = read_body(text)
    _deliver(
        desk,
        calls.Reply(message_id=message_id, body=body, message_type=message_type, wait=wait),
    )


@command("inbox")
@click.option("--unread", is_flag=True, help="Only what is not marked as read.")
@click.option(
    "--wait",
    type=click.FloatRange(0, calls.MAX_WAIT_SECONDS),
    default=0.0,
    metavar="SECONDS",
    help="If there is none, wait for one.",
)
@click.option("--from", "sender", default="", metavar="PEER")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
def inbox(desk: Desk, *, unread: bool, wait: float, sender: str, limit: int) -> None:
    """List the messages that came."""
    desk.ask(calls.Inbox(unread=unread, wait=wait, sender=sender, limit=limit), _show_inbox)


@command("read")
@click.argument("message_id")
def read(desk: Desk, message_id: str) -> None:
    """Show a message and mark it as read."""
    desk.ask(calls.Read(message_id=message_id), lambda found: render.message(found.message))


@command("outcome")
@click.argument("message_id")
def outcome(desk: Desk, message_id: str) -> None:
    """Tell what became of a message that was sent."""
    desk.ask(calls.Outcome(message_id=message_id), _show_sent)


def _deliver(desk: Desk, request: calls.Request[answers.Sent]) -> None:
    with desk.client() as client:
        sent = client.call(request)
    error = outcomes.refusal(sent)
    if desk.as_json:
        if error is None:
            desk.write_raw(outcomes.to_json(sent))
        else:
            desk.fail(error, **outcomes.to_keys(sent))
    elif error is None:
        say(_show_sent(sent))
    else:
        desk.fail(error)
    if error is not None:
        raise click.exceptions.Exit(failures.kind_of(error).exit_code)


def _show_sent(sent: answers.Sent) -> str:
    why = f" ({sent.reason})" if sent.reason else ""
    if sent.timed_out is True:
        note("The time is over; it goes on being delivered.")
    line = render.clean(f"{sent.outcome}{why}  {sent.message_id}")
    return line if sent.reply is None else f"{line}\n{render.message(sent.reply)}"


def _show_inbox(found: answers.Inbox) -> str:
    return "\n\n".join(render.message(it) for it in found.messages) or "No messages."
