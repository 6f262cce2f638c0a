"""A tab's leave: how it comes in, what it may, and what it shows when it is over."""

import os
import signal

from playwright.sync_api import Browser, Route

from tests.support.mesh import Agent, Mesh
from tests.support.screen import Screen, address, opened

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


def test_what_needs_a_fresh_tab_is_done_once_it_came_in_again(
    screen: Screen, ada: Agent, bob: Agent
) -> None:
    def stale(route: Route) -> None:
        told = {"code": "reauthenticate", "message": "Come in again.", "hint": "", "kind": "x"}
        route.fulfill(status=403, json={"error": told})

    screen.go(f"contacts/{bob.amid}", "bob")
    screen.page.route("**/api/call/contacts.trust", stale, times=1)
    before = screen.run(BEARER)["bearer"]
    screen.page.get_by_label("Trust").select_option("3")
    field = screen.page.get_by_label("Paste the address that it prints")
    field.fill("nonsense")
    screen.press("Go on", "dialog")
    screen.see("dialog", "That is no address")
    field.fill(address(ada))
    screen.press("Go on", "dialog")
    screen.see(".facts", "3 allied")
    assert screen.run(BEARER)["bearer"] != before
    screen.go("sessions")  # the stream of the tab goes on, under its new leave
    ada.ask("pause")
    screen.see(".banner", "No new sessions begin")
    screen.press("Resume …")
    screen.press("Resume", "dialog")
    screen.gone(".banner")


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
