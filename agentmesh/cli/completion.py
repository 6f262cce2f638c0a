"""The command `completion`, and what a shell asks for when somebody presses Tab.

Names of commands come from the table, without loading any: Tab has to be quick.
"""

import os

import click

from agentmesh.cli.desk import Desk, command
from agentmesh.errors import AgentMeshError

PROGRAM = "agentmesh"
VARIABLE = "_AGENTMESH_COMPLETE"
_PLACES = {
    "bash": "echo 'source <(agentmesh completion bash)' >> ~/.bashrc",
    "zsh": "echo 'source <(agentmesh completion zsh)' >> ~/.zshrc",
    "fish": "agentmesh completion fish > ~/.config/fish/completions/agentmesh.fish",
}


@command("completion")
@click.argument("shell", type=click.Choice(tuple(_PLACES)))
def completion(desk: Desk, *, shell: str) -> None:
    """Print what makes a shell complete commands and options.

    \b
    bash   echo 'source <(agentmesh completion bash)' >> ~/.bashrc
    zsh    echo 'source <(agentmesh completion zsh)' >> ~/.zshrc
    fish   agentmesh completion fish > ~/.config/fish/completions/agentmesh.fish
    """  # noqa: D301 - a raw text would show click's mark instead of obeying it
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - only here

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click has all three
    source = kind(click.Command(PROGRAM), {}, PROGRAM, VARIABLE).source()
    desk.answer({"shell": shell, "script": source, "install": _PLACES[shell]}, source)


def answered(cli: click.Command) -> int | None:
    """Answer a shell that asks how a command may go on; None if none does."""
    instruction = os.environ.get(VARIABLE)
    if not instruction:
        return None
    from click.shell_completion import shell_complete  # noqa: PLC0415 - only then

    try:
        return shell_complete(cli, {}, PROGRAM, VARIABLE, instruction)
    except AgentMeshError:
        return 1  # a command that does not exist goes on in no way
