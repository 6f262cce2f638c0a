"""The joiner against an inviter that does not know the words."""

import asyncio

from agentmesh.crypto.seal import make_reply_key
from agentmesh.errors import AgentMeshError
from agentmesh.identity.invite_code import InviteCode
from agentmesh.node.invites.attempt import Attempt
from agentmesh.node.invites.book import Invite
from agentmesh.protocol.limits import INVITE_SECONDS
from tests.support.node_pair import Pair
from tests.support.world import FakeEntropy


async def attempted(pair: Pair, code: InviteCode) -> str:
    """Return the inviter's name for itself, or the code of what went wrong."""
    joiner = pair.low.invites.joiner
    joiner._letters.first_pause = 0.05
    reply_key, secret = make_reply_key(FakeEntropy())
    attempt = Attempt(joiner._letters, code, secret, joiner._side_door.wait_for(secret.id))
    try:
        async with asyncio.timeout(60):
            await attempt.look_up()
            await attempt.ask(reply_key)
            return await attempt.prove()
    except AgentMeshError as error:
        return error.code


async def test_the_steps_lead_to_the_inviters_name(pair: Pair) -> None:
    book = pair.high.invites.book
    assert await attempted(pair, book.code(await book.make("", INVITE_SECONDS))) == "somebody"


async def test_an_inviter_that_welcomes_without_knowing_the_words_is_found_out(pair: Pair) -> None:
    book, desk = pair.high.invites.book, pair.high.invites.desk
    code = book.code(await book.make("", INVITE_SECONDS))

    async def judge(peer: object, begun: object, proof: object) -> object:
        return desk._end(pair.low.amid, proof.id, "welcome", None, b"x" * 32)  # type: ignore[attr-defined]

    desk._judge = judge  # type: ignore[assignment,method-assign]
    assert await attempted(pair, code) == "invite_not_proved"


async def test_foreign_answers_are_not_heard(pair: Pair) -> None:
    book, desk = pair.high.invites.book, pair.high.invites.desk
    invite: Invite = await book.make("", INVITE_SECONDS)
    stranger = desk._end(pair.low.amid, "another id", "dead")
    real = desk._letters.to_joiner

    async def to_joiner(peer: object, letter: object, reply_key: object) -> None:
        await real(peer, stranger, reply_key)  # type: ignore[arg-type]
        await real(peer, letter, reply_key)  # type: ignore[arg-type]

    desk._letters.to_joiner = to_joiner  # type: ignore[method-assign]
    assert await attempted(pair, book.code(invite)) == "somebody"
