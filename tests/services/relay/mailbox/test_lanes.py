import asyncio
from functools import partial

import pytest
from agentmesh_relay.mailbox.lanes import Lanes

from tests.support.letters import ALICE, BOB, CAROL
from tests.support.patience import until


async def test_one_name_is_done_in_order_and_others_beside_it() -> None:
    lanes, done, gate = Lanes(2), list[str](), asyncio.Event()

    async def wait(word: str) -> None:
        await gate.wait()
        done.append(word)

    async def say(word: str) -> None:
        done.append(word)

    lanes.enter(ALICE, partial(wait, "first"))
    lanes.enter(ALICE, partial(say, "second"))
    lanes.enter(BOB, partial(say, "beside"))
    lanes.enter(CAROL, gate.wait)  # type: ignore[arg-type] # that it returns True is nothing to us
    await until(lambda: "beside" in done)
    gate.set()
    await lanes.finish(30)
    assert done == ["beside", "first", "second"]
    assert ALICE not in lanes


async def test_a_bug_in_one_job_is_logged_and_the_next_one_is_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lanes, done = Lanes(1), list[str]()

    async def fail() -> None:
        raise KeyError("secret")

    async def say() -> None:
        done.append("said")

    lanes.enter(ALICE, fail)
    lanes.enter(ALICE, say)
    await lanes.finish(30)
    assert done == ["said"]
    assert "mailbox.failed kind=KeyError" in caplog.text
    assert "secret" not in caplog.text


async def test_what_takes_too_long_is_dropped_at_the_end() -> None:
    lanes = Lanes(1)
    lanes.enter(ALICE, asyncio.Event().wait)  # type: ignore[arg-type]
    await lanes.finish(0)
    await until(lambda: ALICE not in lanes)
