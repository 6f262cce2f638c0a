"""Commands on the policy: see it, change it."""

import json

import click

from agentmesh.cli.body import read_value
from agentmesh.cli.desk import Desk, command, group
from agentmesh.control import answers, calls


@group("policy")
def policy(context: click.Context) -> None:
    """See or change who may talk to this agent."""
    if context.invoked_subcommand is None:
        context.obj.ask(calls.PolicyGet(), _show)


@command("get")
@click.argument("key", default="")
def _get(desk: Desk, key: str) -> None:
    """Show the policy, or one field; dotted keys reach inside."""
    desk.ask(calls.PolicyGet(key=key), _show)


@command("set")
@click.argument("key")
@click.argument("value")
def _set(desk: Desk, key: str, value: str) -> None:
    """Set a field to VALUE, which is JSON; a bare word is a string."""
    desk.ask(calls.PolicySet(key=key, value=read_value(value)), _show)


for _each in (_get, _set):
    policy.add_command(_each)


def _show(answer: answers.Policy) -> str:
    return json.dumps(answer.policy, indent=2)
