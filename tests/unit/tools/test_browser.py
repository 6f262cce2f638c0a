"""The owner's browser."""

import os
import sys
from pathlib import Path

import pytest

from agentmesh.tools import browser


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="there is always a desktop")
@pytest.mark.parametrize(
    ("environment", "there_is"),
    [({}, False), ({"DISPLAY": ""}, False), ({"DISPLAY": ":0"}, True),
     ({"WAYLAND_DISPLAY": "wayland-0"}, True), ({"BROWSER": "w3m"}, False)],
)  # fmt: skip
def test_a_browser_needs_a_screen(environment: dict[str, str], there_is: bool) -> None:
    assert browser.has_desktop(environment) is there_is


def program(folder: Path, text: str) -> dict[str, str]:
    path = folder / "browser"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return {"DISPLAY": ":9", "BROWSER": str(path), "PATH": os.environ["PATH"]}


def test_it_is_given_the_address_and_may_say_what_it_likes(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    environment = program(tmp_path, f'echo "$@" > {tmp_path}/started; echo noise; echo noise >&2')
    assert browser.show("http://127.0.0.1:7777/", environment)
    assert (tmp_path / "started").read_text() == "http://127.0.0.1:7777/\n"
    assert capfd.readouterr() == ("", "")


def test_without_a_screen_nothing_is_started(tmp_path: Path) -> None:
    environment = program(tmp_path, f"touch {tmp_path}/started")
    assert not browser.show("http://127.0.0.1:7777/", {**environment, "DISPLAY": ""})
    assert not (tmp_path / "started").exists()


def test_a_browser_that_stays_in_front_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "START_SECONDS", 0.05)
    environment = program(tmp_path, "exec sleep 1")
    assert browser.show("http://127.0.0.1:7777/", environment)
