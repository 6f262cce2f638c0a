"""In which session daemons may talk."""

from agentmesh.node.lasting import lasting_session
from agentmesh.session.events import Close
from tests.support.node_pair import Pair


async def test_an_open_session_that_lasts_is_found_until_it_ends(pair: Pair) -> None:
    assert await lasting_session(pair.low.hand, pair.low.talks, pair.high.amid) is None
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    wish = await lasting_session(pair.low.hand, pair.low.talks, pair.high.amid)
    assert wish is not None
    assert wish.session_id is not None
    await pair.low.talks.handle(pair.high.amid, wish.session_id, Close("completed"))
    await pair.settle()
    assert await lasting_session(pair.low.hand, pair.low.talks, pair.high.amid) is None
