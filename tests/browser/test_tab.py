"""A tab's leave: how it comes in, what it may, and what it shows when it is over."""

import os
import signal

from playwright.sync_api import Browser

from tests.support.mesh import Agent, Mesh
from tests.support.screen import Screen, address, opened

OVER = "until => Date.now() > new Date(until)"
BEARER = "() => JSON.parse(sessionStorage.getItem('agentmesh.bearer'))"


def test_the_token_leaves_the_address_and_is_good_once(browser: Browser, ada: Agent) -> None:
    context = browser.new_context()
    page = context.new_page()
    url = address(ada)
    page.goto(url)
    page.locator("h1", has_text="Overview").wait_for()
    assert "token" not in page.url
    token = url.partition("token=")[2]
    assert token not in str(page.evaluate("() => [{...sessionStorage}, {...localStorage}]"))
    other = context.new_page()
    other.goto(url)
    other.get_by_text("used already").wait_for()
    other.get_by_text("agentmesh dashboard").wait_for()
    assert "token" not in other.url
    context.close()


def test_without_a_token_it_teaches_and_asks_for_nothing(browser: Browser, ada: Agent) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address(ada).partition("#")[0])
    page.get_by_text("Run this in a terminal").wait_for()
    assert not [url for url in asked if "/api/" in url]
    context.close()


def test_a_tab_that_looks_has_nothing_to_decide_with(browser: Browser, ada: Agent) -> None:
    context = browser.new_context()
    screen = Screen(context, ada)
    screen.come_in("--view")
    screen.see(".bar .badge", "Viewing only")
    for path in ("overview", "knocks", "sessions", "contacts", "policy", "settings"):
        screen.go(path)
        for name in ("Emergency stop", "Pause", "Kill", "Save", "Add", "Shut down …"):
            assert screen.page.get_by_role("button", name=name, exact=True).count() == 0
    screen.page.keyboard.press("S")
    assert not ada.status()["stopped"]
    assert screen.wrong == []
    context.close()


def test_a_tab_that_is_thrown_out_says_so(screen: Screen, ada: Agent) -> None:
    screen.go("knocks")
    ada.ask("dashboard", "--close")
    screen.see(".gate", "the dashboard was closed")
    assert screen.run(BEARER) is None
    assert screen.text("#top") == ""


def test_what_lasts_wants_an_owner_who_came_in_a_moment_ago(
    browser: Browser, mesh: Mesh, ada: Agent
) -> None:
    eve = mesh.newcomer("eve")
    eve.home.mkdir(mode=0o700)
    (eve.home / "config.json").write_text('{"key_storage": "file", "dashboard_fresh_seconds": 5}')
    eve.up()
    eve.ask("contacts", "add", ada.amid, "--alias", "ada")
    with opened(browser, eve) as screen:
        screen.go("contacts")
        screen.see("td", "ada").get_by_role("link").click()
        trust = screen.page.get_by_label("Trust")
        trust.select_option("2")  # it came in a moment ago: nobody is asked
        screen.see(".facts", "2 trusted")
        before = screen.run(BEARER)
        screen.page.wait_for_function(OVER, arg=before["fresh_until"])
        trust.select_option("3")
        field = screen.page.get_by_label("Paste the address that it prints")
        assert eve.ask("contacts")["contacts"][0]["trust"] == 2
        field.fill("nonsense")
        screen.press("Go on", "dialog")
        screen.see("dialog", "That is no address")
        field.fill(address(eve))
        screen.press("Go on", "dialog")
        screen.see(".facts", "3 allied")
        assert eve.ask("contacts")["contacts"][0]["trust"] == 3
        assert screen.run(BEARER)["bearer"] != before["bearer"]
        screen.go("sessions")  # the stream of the tab goes on, under its new leave
        screen.page.wait_for_function(OVER, arg=screen.run(BEARER)["fresh_until"])
        screen.press("Emergency stop")  # never asks
        screen.see(".banner", "Nothing leaves this machine")
        assert eve.status()["stopped"]


def test_silence_is_told_and_ends(browser: Browser, mesh: Mesh) -> None:
    alone = mesh.agent("alone")
    with opened(browser, alone) as screen:
        pid = alone.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            screen.see(".banner", "Nothing was heard since")
        finally:
            os.kill(pid, signal.SIGCONT)
        screen.gone(".banner")
        alone.ask("pause")
        screen.see(".banner", "No new sessions begin")


def test_a_daemon_that_ended_is_told_with_what_to_do(browser: Browser, mesh: Mesh) -> None:
    brief = mesh.agent("brief")
    with opened(browser, brief) as screen:
        brief.down()
        assert "the daemon ended" in screen.see(".gate").inner_text()
        screen.see(".gate", "agentmesh dashboard")
        assert screen.run(BEARER) is None
