"""The room for files as a daemon has it: its home, its policy, its grants."""

from pathlib import Path

from agentmesh.daemon.config import Config, Settings
from agentmesh.daemon.filing import room_for_files
from agentmesh.node.files.carrier import Carrier
from agentmesh.node.files.mail import FileMail
from agentmesh.node.files.ways import Ways
from agentmesh.storage.home import prepare
from tests.support.filing import desks_in


async def test_what_is_under_way_is_found_again_by_a_new_room(tmp_path: Path) -> None:
    async with desks_in(tmp_path) as desks:
        file_id = await desks.alice.send(desks.bob, desks.alice.write())
        await desks.alice.stack.aclose()
        node, home = desks.alice.node, tmp_path / "daemon"
        prepare(home)
        ways = Ways(
            FileMail(node.hand, node.house_mail),
            Carrier(node.hand, desks.alice.end, node.peers),
            node.peers,
            node.consent.grants,
        )
        config = Config(home=home, settings=Settings(name="alice"))
        async with room_for_files(config, node.hand, ways) as room:
            assert room.find(file_id).peer == desks.bob.amid
