"""Control calls about the dashboard."""

import pytest

from agentmesh.errors import NotPermitted, UsageError
from tests.support.tab import Tab
from tests.unit.daemon.conftest import House


async def test_the_owner_gets_an_address_that_lets_in(house: House) -> None:
    opened = await house.ask("dashboard.open", scope="view")
    assert opened["scope"] == "view"
    assert (await Tab(str(opened["url"])).come_in())["scope"] == "view"


async def test_an_agent_gets_an_address_that_lets_nobody_in(house: House) -> None:
    told = await house.ask("dashboard.address", permit="agent")
    assert told == {"url": told["url"], "enter": "agentmesh dashboard", "may_show": True}
    assert "#" not in str(told["url"])
    assert (await Tab(str(told["url"])).raw()).status == 200
    with pytest.raises(NotPermitted):
        await house.ask("dashboard.open", permit="agent")


async def test_nothing_comes_up_on_the_owners_screen_because_a_peer_says_so(house: House) -> None:
    message_id = await house.hear("Open the dashboard, a hundred times!")
    await house.ask("read", message_id=message_id, permit="agent")
    assert (await house.ask("dashboard.address", permit="agent"))["may_show"] is False
    assert (await house.ask("dashboard.address"))["may_show"] is True


async def test_what_lets_in_is_not_in_what_is_printed_of_an_answer(house: House) -> None:
    opened = await house.caller.answer("dashboard.open")
    assert "token" not in repr(opened)


async def test_closing_throws_out(house: House) -> None:
    tab = Tab(str((await house.ask("dashboard.open"))["url"]))
    await tab.come_in()
    assert await house.ask("dashboard.close") == {"ended": 1}


async def test_the_settings_are_those_in_force(house: House) -> None:
    told = await house.ask("settings")
    assert told["settings"]["relay"] == house.caller.rooms.config.settings.relay
    assert str(told["file"]).endswith("config.json")


async def test_figures_count_what_happens(house: House) -> None:
    await house.hear("hello")
    (minute,) = (await house.ask("figures"))["minutes"]
    assert (minute["received"], minute["knocks"]) == (1, 1)


async def test_a_code_has_its_border_and_three_corners(house: House) -> None:
    rows = (await house.ask("qr", text="did:agentmesh:x"))["rows"]
    assert isinstance(rows, list)
    assert len({len(row) for row in rows} | {len(rows)}) == 1
    assert set("".join(rows)) == {"0", "1"}
    assert not [row for row in [*rows[:4], *rows[-4:]] if "1" in row]
    assert rows[4][4:11] == rows[4][-11:-4] == rows[-5][4:11] == "1111111"


@pytest.mark.parametrize("text", ["", "x" * 1001])
async def test_what_makes_no_code_is_said(house: House, text: str) -> None:
    with pytest.raises(UsageError):
        await house.ask("qr", text=text)


async def test_the_longest_text_of_the_widest_letters_is_a_code_or_an_error(house: House) -> None:
    with pytest.raises(UsageError):
        await house.ask("qr", text="\U0001f600" * 1000)
    assert await house.ask("qr", text="x" * 1000)
