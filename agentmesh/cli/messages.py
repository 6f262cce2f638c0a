"""Commands on messages: send, inbox, read, reply."""

from typing import Any

import click
import msgspec
from msgspec import UNSET

from agentmesh.cli import awaiting, render
from agentmesh.cli.body import read_body
from agentmesh.cli.desk import Desk, command, note, say
from agentmesh.cli.figure import Count, Figure
from agentmesh.cli.files import MAX_WAIT_SECONDS, send_file
from agentmesh.cli.many import send_lines
from agentmesh.control import answers, calls, failures, outcomes
from agentmesh.errors import UsageError, plain

_wait = click.option(
    "--wait",
    type=Figure(0, calls.MAX_WAIT_SECONDS),
    metavar="SECONDS",
    help="Wait so long for the outcome.",
)
_PRIORITIES = ("low", "normal", "high", "urgent")
_SESSION_TYPES = ("request_response", "conversation", "stream")


@command("send")
@click.argument("peer")
@click.argument("text", metavar="[TEXT-or-JSON]", required=False)
@click.option("--file", "path", default="", metavar="PATH", help="With or without a text.")
@click.option(
    "--lines", default="", metavar="PATH", help="Each line is a message of its own; `-` is stdin."
)
@click.option(
    "--intent",
    default="communication/messaging",
    metavar="CATEGORY[/SUBCATEGORY]",
    help="What it is about; the peer decides by it.",
)
@click.option("--action", default="", help="What is to be done, in a word, with a first knock.")
@click.option(
    "--type",
    "kind",
    type=click.Choice(_SESSION_TYPES),
    default="conversation",
    help="How the session goes; a request_response ends with its answer.",
)
@click.option("--session", "session_id", default="", metavar="ID", help="Go on in this session.")
@click.option("--message-type", default="", help="What a JSON object is, e.g. request.")
@click.option("--priority", type=click.Choice(_PRIORITIES), help="Goes before what waits.")
@click.option("--budget", type=(Figure(0), str), metavar="AMOUNT CURRENCY", help="Of a request.")
@click.option("--max-cost", type=Figure(0), metavar="AMOUNT", help="Of a request, at most.")
@click.option("--require", multiple=True, metavar="C", help="What the peer must have; repeatable.")
@click.option("--note", "remark", default="", help="For the peer's owner, with a first knock.")
@click.option(
    "--wait",
    type=Figure(0, MAX_WAIT_SECONDS),
    metavar="SECONDS",
    help="Wait so long for the outcome; with a file, show how far it is.",
)
def send(desk: Desk, **given: Any) -> None:
    """Send a message to PEER: an alias, an AMID or a DID. `-` takes the text from stdin.

    With --file the peer is offered a file; `agentmesh files` tells how far it is. With --lines each
    line of a file is sent as a text, in their order; blank ones are left out.
    """
    if given["lines"]:
        _send_lines(desk, given)
        return
    if given["path"]:
        _send_with_file(desk, given)
        return
    if given["text"] is None:
        raise UsageError("usage_error", "Say a text, or name a --file.", "agentmesh send --help")
    if (given["wait"] or 0) > calls.MAX_WAIT_SECONDS:
        raise UsageError("usage_error", f"A message waits {calls.MAX_WAIT_SECONDS} s at most.")
    _deliver(desk, _request(given))


def _send_lines(desk: Desk, given: dict[str, Any]) -> None:
    """Send many texts; what becomes of each tells `outcome`."""
    if given["text"] is not None or given["path"] or given["wait"] is not None:
        raise UsageError(
            "usage_error",
            "With --lines there is no text, no --file and no --wait.",
            "agentmesh send --help",
        )
    fields = msgspec.structs.asdict(_request({**given, "text": "the lines"}))
    del fields["body"], fields["wait"]
    send_lines(desk, given["lines"], lambda bodies: calls.SendAll(bodies=bodies, **fields))


def _send_with_file(desk: Desk, given: dict[str, Any]) -> None:
    """Send the text first, if there is one, then the file."""
    more: dict[str, Any] = {}
    if given["text"] is not None:
        with desk.client() as client:
            more["message"] = outcomes.to_keys(client.call(_request({**given, "wait": None})))
    send_file(desk, given["peer"], given["path"], given["wait"], more)


def _request(given: dict[str, Any]) -> calls.Send:
    return calls.Send(
        to=given["peer"],
        body=read_body(given["text"]),
        intent=given["intent"],
        action=given["action"],
        type=given["kind"],
        session_id=given["session_id"],
        message_type=given["message_type"],
        note=given["remark"],
        priority=given["priority"],
        budget=_budget(given["budget"], given["max_cost"]),
        requires=given["require"],
        wait=given["wait"],
    )


def _budget(budget: tuple[float, str] | None, max_cost: float | None) -> calls.Budget | None:
    if budget is None and max_cost is None:
        return None
    amount, currency = budget or (None, "")
    return calls.Budget(amount=amount, currency=currency, max_cost=max_cost)


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
    type=Figure(0, calls.MAX_WAIT_SECONDS),
    default=0.0,
    metavar="SECONDS",
    help="If there is none, wait for one.",
)
@click.option("--from", "sender", default="", metavar="PEER", help="Only what this peer sent.")
@click.option("--limit", type=Count(1, 100), default=20, show_default=True)
def inbox(desk: Desk, *, unread: bool, wait: float, sender: str, limit: int) -> None:
    """List the messages that came."""
    desk.ask(calls.Inbox(unread=unread, wait=wait, sender=sender, limit=limit), _show_inbox)


@command("read")
@click.argument("message_id")
@click.option(
    "--from-letter",
    "start",
    type=Count(0, 1_000_000),
    help="Show it as an agent sees it, from this letter on.",
)
def read(desk: Desk, message_id: str, start: int | None) -> None:
    """Show a message and mark it as read."""
    if start is None:
        desk.ask(calls.Read(message_id=message_id), lambda found: render.message(found.message))
        return
    request = calls.Read(message_id=message_id, content=True, start=start)
    desk.ask(request, lambda found: str(found.message.content))


@command("outcome")
@click.argument("message_id")
def outcome(desk: Desk, message_id: str) -> None:
    """Tell what became of a message that was sent."""
    desk.ask(calls.Outcome(message_id=message_id), _show_sent)


def _deliver(desk: Desk, request: calls.Send | calls.Reply) -> None:
    with desk.client() as client:
        if desk.as_json or request.wait is None or not _is_request(request):
            sent = client.call(request)
        else:
            sent = awaiting.follow(client, request, request.wait)
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


def _is_request(request: calls.Send | calls.Reply) -> bool:
    """Whether an answer is waited for, which may take long."""
    if isinstance(request, calls.Reply) or isinstance(request.body, str):
        return request.message_type == "request"
    kind = "request" if request.type == "request_response" else "data"
    return (request.message_type or kind) == "request"


def _show_sent(sent: answers.Sent) -> str:
    why = f": {plain(sent.reason)}" if sent.reason else ""
    if sent.timed_out is True:
        note("The time is over; it goes on being delivered.")
    if hint := outcomes.advice(sent):
        note(hint)
    line = render.clean(f"{sent.outcome}{why}  {sent.message_id}")
    if sent.schema_problems is not UNSET:
        note(render.problems(sent.schema_problems))
    return line if sent.reply is None else f"{line}\n{render.message(sent.reply)}"


def _show_inbox(found: answers.Inbox) -> str:
    return "\n\n".join(render.message(it) for it in found.messages) or "No messages."
