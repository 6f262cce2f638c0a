"""Keys of the 0.2 draft, in a file of the same name as ours: they are not written over."""

from pathlib import Path

from agentmesh.errors import UsageError

PUBLIC = "identity.json"
"""What repeats the public side of our keys; the draft had its private ones there."""
PUBLIC_BYTES = 8192


def refuse_draft(directory: Path) -> None:
    """Refuse to begin where the 0.2 draft has its keys, in a file of the same name."""
    try:
        with (directory / PUBLIC).open("rb") as file:
            said = file.read(PUBLIC_BYTES)
    except OSError:
        return
    if b'"signing_private_key"' in said:
        home = directory.parent
        raise UsageError(
            "home_of_0_2",
            f"{home} is a home of AgentMesh 0.2, with its keys in it.",
            f"mv '{home}' '{home}-0.2' && agentmesh import agentmesh-0.2 '{home}-0.2'",
        )
