"""Everything without a mouse, and nothing by accident."""

from tests.support.mesh import Agent, Mesh
from tests.support.screen import PAGES, Screen

FOCUS = "() => document.activeElement?.textContent?.trim().split('\\n')[0] ?? ''"


def test_every_page_has_its_letters_and_help_lists_them(screen: Screen) -> None:
    keyboard = screen.page.keyboard
    keyboard.press("?")
    listed = screen.see("dialog", "Keys").inner_text()
    keyboard.press("Escape")
    screen.gone("dialog")
    for path, letter in zip(PAGES, "okasctfpruh,", strict=True):
        assert f"Go to {PAGES[path]}" in listed
        keyboard.press("g")
        keyboard.press(letter)
        screen.see("h1", PAGES[path])


def test_tab_reaches_the_pages_and_the_stop(screen: Screen) -> None:
    reached = []
    for _ in range(30):
        screen.page.keyboard.press("Tab")
        reached.append(screen.run(FOCUS))
    assert reached[0] == "Skip to the page"
    for name in ("Pause", "Emergency stop", *PAGES.values()):
        assert any(it.startswith(name) for it in reached), name


def test_letters_do_nothing_where_one_types_or_where_they_are_off(
    screen: Screen, ada: Agent
) -> None:
    screen.go("contacts")
    screen.page.get_by_label("Description").fill("")
    screen.page.get_by_label("Description").press_sequentially("SPgo?")
    assert screen.page.get_by_label("Description").input_value() == "SPgo?"
    screen.go("settings")
    screen.page.get_by_label("Single letters do things").uncheck()
    screen.page.locator("h1").click()
    screen.page.keyboard.type("SP")
    assert not ada.status()["stopped"]
    assert not ada.status()["paused"]


def test_the_focus_goes_to_the_next_card_when_one_is_answered(
    screen: Screen, ada: Agent, mesh: Mesh
) -> None:
    for name in ("first", "second"):
        mesh.agent(name).ask("send", ada.amid, f"I am the {name}.")
    screen.go("knocks")
    screen.see(".waits-here", "first")
    screen.see(".waits-here", "second")
    screen.page.keyboard.press("j")
    screen.page.keyboard.press("d")
    screen.page.wait_for_function(
        "() => document.querySelectorAll('.waits-here').length === 1"
        " && document.activeElement.matches('.waits-here')"
    )
    screen.page.keyboard.press("d")
    screen.see(".empty", "Nobody knocks")
    assert screen.run("() => document.activeElement.id") == "main"


def test_whoever_types_is_not_interrupted(screen: Screen, ada: Agent, bob: Agent) -> None:
    screen.go(f"contacts/{bob.amid}", "bob")
    field = screen.page.get_by_label("Your note")
    field.fill("half a sent")
    ada.ask("contacts", "trust", "bob", "allied")
    screen.see(".facts", "3 allied")
    assert field.input_value() == "half a sent"
    assert screen.run("() => document.activeElement.name") == "note"
