"""The dashboard as a part: closed until somebody asks, and gone with the daemon."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from agentmesh.control import answers
from agentmesh.daemon.dashboard.part import Dashboard
from agentmesh.daemon.dashboard.tokens import Tokens
from agentmesh.errors import NotRunning, TransportError
from agentmesh.node.notices import Bulletin, Notice
from tests.support.ports import free_port
from tests.support.rooms import PAGES
from tests.support.tab import LOOPBACK, Tab, exchange, heard, request
from tests.support.world import FakeClock, FakeEntropy


def made_of(port: int, bulletin: Bulletin) -> Dashboard:
    clock = FakeClock()
    return Dashboard(port, bulletin, clock, Tokens(clock, FakeEntropy()), lambda: PAGES)


async def answer(*_: object) -> answers.Answer:
    return answers.Stopping(pid=1)


@pytest.fixture
async def dashboard() -> AsyncIterator[Dashboard]:
    made = made_of(0, Bulletin())
    made.answer_with(answer)
    async with made:
        yield made


def is_open(port: int) -> bool:
    with socket.socket() as dial:
        dial.settimeout(5)
        return dial.connect_ex(("127.0.0.1", port)) == 0


async def test_nothing_listens_before_somebody_asks_and_after_it_is_closed() -> None:
    port = free_port()
    made = made_of(port, Bulletin())
    made.answer_with(answer)
    async with made:
        assert not is_open(port)
        assert await made.address() == f"http://127.0.0.1:{port}/"
        assert await asyncio.to_thread(is_open, port)
    assert not is_open(port)


async def test_it_listens_on_every_loopback_address(dashboard: Dashboard) -> None:
    port = Tab(await dashboard.address()).port
    for host, _ in LOOPBACK:
        assert heard(await exchange(port, request(port), host)).status == 200


async def test_who_asks_again_is_told_the_same_address(dashboard: Dashboard) -> None:
    first = await dashboard.offer("control")
    again = await dashboard.offer("control", 0)
    assert first.url.partition("#")[0] == again.url.partition("#")[0] == await dashboard.address()
    assert first.url != again.url


async def test_another_port_moves_it_and_throws_the_tabs_out(dashboard: Dashboard) -> None:
    tab = Tab((await dashboard.offer("control")).url)
    await tab.come_in()
    port = free_port()
    moved = Tab((await dashboard.offer("control", port)).url)
    assert moved.port == port
    assert not await asyncio.to_thread(is_open, tab.port)
    await moved.come_in()


async def test_a_port_that_is_taken_leaves_the_dashboard_where_it_is(
    dashboard: Dashboard,
) -> None:
    tab = Tab((await dashboard.offer("control")).url)
    await tab.come_in()
    with socket.create_server(("127.0.0.1", 0)) as squatter:
        port = squatter.getsockname()[1]
        with pytest.raises(TransportError) as caught:
            await dashboard.offer("control", port)
    assert caught.value.code == "port_taken"
    assert (await tab.post("/api/call/status")).status == 200


async def test_closing_tells_how_many_were_in(dashboard: Dashboard) -> None:
    assert await dashboard.close() == 0
    tab = Tab((await dashboard.offer("view")).url)
    await tab.come_in()
    assert await dashboard.close() == 1
    assert not await asyncio.to_thread(is_open, tab.port)


async def test_a_tab_that_was_closed_out_stays_out_when_it_opens_again(
    dashboard: Dashboard,
) -> None:
    tab = Tab((await dashboard.offer("control")).url)
    await tab.come_in()
    await dashboard.close()
    tab.port = Tab(await dashboard.address()).port
    tab.origin = f"http://127.0.0.1:{tab.port}"
    assert (await tab.post("/api/call/status")).code == "unauthorized"


async def test_before_the_daemon_is_ready_it_says_so() -> None:
    made = made_of(0, Bulletin())
    with pytest.raises(NotRunning):
        await made.address()


async def test_the_audit_log_hears_of_a_way_in_and_of_wrong_tokens() -> None:
    bulletin, heard = Bulletin(), []
    bulletin.listen(heard.append)
    made = made_of(0, bulletin)
    made.answer_with(answer)
    async with made:
        tab = Tab((await made.offer("view")).url)
        assert heard == [Notice(kind="dashboard_opened", fields={"scope": "view"})]
        for _ in range(10):
            await tab.post("/api/bootstrap", {"token": "wrong"})
        assert heard[-1] == Notice(kind="dashboard_locked")
        assert (await tab.post("/api/bootstrap", {"token": tab.token})).code == "locked"
