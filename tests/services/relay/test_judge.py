import asyncio

from agentmesh_relay.door import Door
from agentmesh_relay.judge import Case, Judge, Verdict

from agentmesh.errors import RemoteProtocolError
from agentmesh.observability.world import SystemClock, system_entropy
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import Challenge, Connect
from tests.support.relay_client import amid_called, claim_for, key_of


async def test_claims_are_judged_in_order_and_told_in_the_loop() -> None:
    told: list[Verdict] = []
    over = asyncio.Event()

    def tell(verdict: Verdict) -> None:
        asyncio.get_running_loop()
        told.append(verdict)
        if len(told) == 2:
            over.set()

    async with Judge(Door("ws://relay", SystemClock(), system_entropy)) as judge:
        challenge = judge.challenge()
        good = claim_for(challenge, key_of("alice"))
        bad = claim_for(challenge, key_of("bob"), relay="ws://elsewhere")
        judge.ask(Case(good, challenge, lambda: False, tell))  # it went meanwhile
        judge.ask(Case(bad, challenge, lambda: True, tell))
        judge.ask(Case(good, challenge, lambda: True, tell))
        async with asyncio.timeout(60):
            await over.wait()
    refusal, amid = told
    assert isinstance(refusal, RemoteProtocolError)
    assert refusal.code == "UNAUTHORIZED"
    assert amid == amid_called("alice")


async def test_a_claim_that_breaks_it_is_not_the_last_one() -> None:
    class BrokenOnce(Door):
        is_broken = True

        def admit(self, connect: Connect, challenge: Challenge) -> Amid:
            if self.is_broken:
                self.is_broken = False
                raise ZeroDivisionError
            return super().admit(connect, challenge)

    verdicts: asyncio.Queue[Verdict] = asyncio.Queue()
    async with Judge(BrokenOnce("ws://relay", SystemClock(), system_entropy)) as judge:
        challenge = judge.challenge()
        claim = claim_for(challenge, key_of("alice"))
        for _ in range(2):
            judge.ask(Case(claim, challenge, lambda: True, verdicts.put_nowait))
        async with asyncio.timeout(60):
            first, second = await verdicts.get(), await verdicts.get()
    assert isinstance(first, RemoteProtocolError)
    assert first.code == "INTERNAL_ERROR"
    assert second == amid_called("alice")
