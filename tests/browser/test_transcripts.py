"""Transcripts on the screen: found, read at any length, handed out."""

import json
import re

import pytest
from playwright.sync_api import Browser

from tests.support.mesh import Agent, Mesh, eventually
from tests.support.past import WORDS, say
from tests.support.screen import Screen, opened

MANY = 150


def _session(agent: Agent) -> str:
    found: str = agent.ask("transcripts", "list")["transcripts"][0]["session_id"]
    return found


def test_the_list_says_what_is_sealed_and_what_opens(screen: Screen) -> None:
    screen.go("transcripts")
    row = screen.see("[aria-label='Transcripts'] tr", "bob").inner_text()
    assert "encrypted" in row
    assert "opens with your key" in row


def test_a_search_finds_and_leads_there(screen: Screen) -> None:
    screen.go("transcripts")
    screen.page.keyboard.press("/")
    screen.page.keyboard.type('window "that can be"')
    hit = screen.see(".hits li", "near the window")
    assert screen.page.locator(".hits li").count() == 1
    hit.get_by_role("link").click()
    screen.see(".entry:focus", WORDS[2])
    screen.go("transcripts")
    screen.page.get_by_label("Search all that was said").fill("nobody ever said this")
    screen.see("[role=status]", "0 found")


def test_words_are_seen_as_they_are_kept_and_handed_out(screen: Screen, ada: Agent) -> None:
    screen.go(f"transcripts/{_session(ada)}", "With")
    screen.see(".entry", WORDS[0])
    screen.press("Raw")
    screen.see(".entry", '"text": "Good morning!')
    with screen.page.expect_download() as waiting:
        screen.press("Export")
    lines = waiting.value.path().read_text().splitlines()
    texts = [json.loads(line)["payload"].get("text") for line in lines if '"payload":{' in line]
    assert [text for text in texts if text in WORDS] == list(WORDS)


def test_the_key_is_handed_out_under_a_passphrase_and_the_log_says_so(
    screen: Screen, ada: Agent
) -> None:
    screen.go(f"transcripts/{_session(ada)}", "With")
    screen.press("Export the key …")
    screen.page.get_by_label("A passphrase for the file").fill("correct horse battery")
    with screen.page.expect_download() as waiting:
        screen.press("Export", "dialog")
    assert waiting.value.path().stat().st_size > 0
    assert "session_keys_exported" in {it["event"] for it in ada.audit()}


@pytest.fixture(scope="module")
def talkative(mesh: Mesh) -> Agent:
    """An agent with a long transcript."""
    ada, bob = mesh.friends("ada", "bob")
    ada.ask("policy", "set", "rate_limit.messages_per_minute", "10000")
    say(bob, ada, [f"line {number}" for number in range(MANY)])
    eventually(lambda: _entries(ada) > MANY)
    return ada


def _entries(agent: Agent) -> int:
    listed = agent.ask("transcripts", "list")["transcripts"]
    if not listed:
        return 0
    total: int = agent.ask("transcripts", "show", listed[0]["session_id"], "--limit", "1")["total"]
    return total


def test_a_long_transcript_is_there_only_where_one_looks(
    browser: Browser, talkative: Agent
) -> None:
    with opened(browser, talkative, viewport={"width": 1280, "height": 600}) as screen:
        screen.go(f"transcripts/{_session(talkative)}", "With")
        screen.see(".entry", "line 0")
        screen.press("To the newest")
        screen.see(".entry", f"line {MANY - 1}")
        screen.gone(".entry", re.compile("line 9$"))
        screen.page.evaluate("scrollTo(0, 0)")
        screen.see(".entry", re.compile("line 9$"))
        screen.page.keyboard.press("End")
        screen.see(".entry", f"line {MANY - 1}")
