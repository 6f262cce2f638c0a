"""Whatever a peer writes is seen as text, and does nothing."""

from itertools import takewhile

import pytest
from playwright.sync_api import Browser

from agentmesh.control.calls import ContactsAdd
from agentmesh.control.client import Client
from agentmesh.protocol.ids import amid_of
from tests.support.hostile_texts import HOSTILE, ODD
from tests.support.mesh import Agent, Mesh, eventually
from tests.support.past import say
from tests.support.screen import Screen, opened

FOREIGN = (
    "main :is(script, iframe, object, embed, img, style, link, meta, base, audio, video, math,"
    " form[action])"
)
HANDLERS = """() => [...document.querySelectorAll('main *')]
    .flatMap((it) => it.getAttributeNames()).filter((name) => name.startsWith('on'))"""
SHOWN = "() => [...document.querySelectorAll('main .theirs')].map((it) => it.textContent)"


def harmless(screen: Screen) -> None:
    """Nothing of what came was taken for anything but text."""
    assert screen.run("() => window.taken") is None
    assert screen.page.locator(FOREIGN).count() == 0
    assert screen.run(HANDLERS) == []


def plain(text: str) -> str:
    """Return the start of a text that is shown as it is: up to the first letter unseen."""
    return "".join(takewhile(str.isprintable, text))


def test_there_are_enough_of_them() -> None:
    assert len(set(HOSTILE)) >= 200


def test_messages_are_shown_as_text(browser: Browser, mesh: Mesh) -> None:
    ada, bob = mesh.friends("ada", "bob")
    letters = ["\n".join(HOSTILE[at : at + 10]) for at in range(0, len(HOSTILE), 10)]
    say(bob, ada, letters)
    eventually(lambda: len(ada.messages()) == len(letters))
    session = ada.ask("transcripts", "list")["transcripts"][0]["session_id"]
    with opened(browser, ada) as screen:
        screen.go(f"transcripts/{session}", "With")
        screen.see(f"#entry-{len(letters)}")
        shown = "\n".join(screen.run(SHOWN))
        assert [text for text in HOSTILE if plain(text) not in shown] == []
        harmless(screen)
        screen.press("Raw")
        harmless(screen)
        with screen.page.expect_download() as waiting:
            screen.press("Export")
        exported = waiting.value.path().read_bytes()
        # No terminal and no table obeys it: letters one can see, and every line an object.
        assert set(exported) <= {*range(0x20, 0x7F), 0x0A}
        assert all(line.startswith(b"{") for line in exported.splitlines())
        screen.go("transcripts")
        screen.page.get_by_label("Search all that was said").fill("taken")
        screen.see(".hits li")
        harmless(screen)


def test_names_are_shown_as_text(browser: Browser, mesh: Mesh) -> None:
    ada = mesh.agent("ada")
    with Client(ada.home) as client:
        for number, text in enumerate(HOSTILE):
            client.call(
                ContactsAdd(peer=amid_of(number.to_bytes(32, "big")), description=text[:280])
            )
    with opened(browser, ada) as screen:
        for number in range(0, len(HOSTILE), 25):
            screen.go(f"contacts/{amid_of(number.to_bytes(32, 'big'))}", "A contact")
            screen.see(".facts .theirs", plain(HOSTILE[number]))
            harmless(screen)


@pytest.mark.parametrize("text", [*HOSTILE[1::120], ODD])
def test_a_strangers_name_and_note_are_shown_as_text(
    screen: Screen, mesh: Mesh, ada: Agent, text: str
) -> None:
    named = text.replace("\0", "").replace("\n", " ")
    stranger = mesh.agent(named[:60].replace("/", "_"))
    stranger.ask("send", ada.amid, "hello", "--note", named[:280])
    screen.go("knocks")
    card = screen.see(".waits-here", stranger.amid[:6])
    assert plain(named)[:40] in card.inner_text()
    harmless(screen)
    card.get_by_role("button", name="Dismiss").click()
    screen.gone(".waits-here", stranger.amid[:6])


def test_letters_that_deceive_are_seen(browser: Browser, mesh: Mesh) -> None:
    ada, bob = mesh.friends("ada", "bob")
    bob.ask("send", ada.amid, ODD.replace("\0", ""), "--wait", "60")
    session = eventually(lambda: ada.ask("transcripts", "list")["transcripts"])[0]["session_id"]
    with opened(browser, ada) as screen:
        screen.go(f"transcripts/{session}", "With")
        said = screen.see(".entry.received .said").inner_text()
    assert said == "evil[RLO]gnp.exe[ZWSP][LRI][BOM][U+0007][ESC][31m[U+00AD][U+E0041]"
