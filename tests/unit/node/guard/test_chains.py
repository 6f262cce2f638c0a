"""A chain goes on with every answer, and with what is passed on shortly after reading."""

from agentmesh.messages.envelope import Context, Envelope
from agentmesh.node.guard.chains import MAX_HOP, PASSED_ON_SECONDS, Chains, next_in
from agentmesh.protocol.ids import MessageId
from tests.support.world import FakeClock


def _message(name: str, context: Context | None = None) -> Envelope:
    return Envelope(
        id=MessageId(name), sequence=1, type="text", timestamp=1, payload=b"{}", context=context
    )


def test_the_first_answer_names_the_chain_and_each_one_counts() -> None:
    first = next_in(_message("one"))
    assert first == Context(chain_id="one", hop=1)
    assert next_in(_message("two", first)) == Context(chain_id="one", hop=2)
    most = Context(chain_id="one", hop=MAX_HOP)
    assert next_in(_message("three", most)) == most


def test_what_is_sent_soon_after_reading_goes_on_in_the_chain() -> None:
    clock = FakeClock()
    chains = Chains(clock)
    assert chains.going_on() is None
    chains.was_read(_message("far", Context(chain_id="x", hop=7)))
    chains.was_read(_message("near"))
    assert chains.going_on() == Context(chain_id="x", hop=8)
    clock.advance(PASSED_ON_SECONDS + 1)
    assert chains.going_on() is None
    chains.was_read(_message("near"))
    assert chains.going_on() == Context(chain_id="near", hop=1)
