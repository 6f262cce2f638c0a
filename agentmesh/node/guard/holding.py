"""What is for a paused peer waits: its frames stay where they are until the owner resumes."""

from collections.abc import Mapping

from agentmesh.node.errands import FRAMES, Again, Runner
from agentmesh.node.switches import Switches
from agentmesh.storage.interface import ErrandRow

LOOK_SECONDS = 60.0
"""How often a frame that waits is looked at; resuming does not wait for that."""


def held_for_paused(table: Mapping[str, Runner], switches: Switches) -> Mapping[str, Runner]:
    """Return the same runners, of which none offers a frame to a paused peer."""

    def held(runner: Runner) -> Runner:
        async def run(errand: ErrandRow) -> Again | None:
            if errand.peer in switches.paused_peers:
                return Again(after=LOOK_SECONDS, reason="paused")
            return await runner(errand)

        return run

    return {kind: held(run) if kind in FRAMES else run for kind, run in table.items()}
