"""Going on with what comes."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.cli import following
from agentmesh.cli.desk import Desk
from agentmesh.control import answers, calls
from agentmesh.errors import NotRunning, UsageError
from tests.support.control_server import Script, serving

PAUSED = answers.Event(kind="paused", at="2026-01-31T12:00:00.000Z", data={"by": "owner"})


def desk(home: Path) -> Desk:
    return Desk(as_json=False, environment={"AGENTMESH_HOME": str(home)})


def test_events_go_on_with_the_daemons_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = Script()
    script.answers["events.subscribe"] = [PAUSED, UsageError("over")]
    starts = iter([False, True])
    monkeypatch.setattr(following.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(following, "_is_back", lambda desk: next(starts))
    with serving(tmp_path, script):
        told = following.events(desk(tmp_path), calls.EventsSubscribe())
        assert [it.kind for it in itertools.islice(told, 2)] == ["paused", "paused"]
    assert capsys.readouterr().err.splitlines() == [
        "The daemon has ended; waiting for its next start. Ctrl-C ends this.",
        "The daemon is back.",
    ]


def test_a_daemon_that_is_not_there_at_first_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotRunning):
        next(following.events(desk(tmp_path), calls.EventsSubscribe()))


def test_it_is_seen_whether_the_daemon_is_back(tmp_path: Path) -> None:
    assert not following._is_back(desk(tmp_path))
    with serving(tmp_path, Script()):
        assert following._is_back(desk(tmp_path))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "daemon.log"


def followed(log: Path, monkeypatch: pytest.MonkeyPatch, *steps: tuple[str, str]) -> Iterator[str]:
    """Follow a log to which a step is done in each pause: `add`, `new` (a file in its place)."""
    waiting = iter(steps)

    def pause(seconds: float) -> None:
        step = next(waiting, None)
        if step is None:
            raise KeyboardInterrupt
        how, text = step
        if how == "new":
            log.unlink(missing_ok=True)
            log.with_suffix(".other").write_text("")  # so that it gets another inode
        with log.open("a") as opened:
            opened.write(text)

    monkeypatch.setattr(following.time, "sleep", pause)
    lines = following.new_lines(log)
    while True:
        try:
            yield next(lines)
        except KeyboardInterrupt:
            return


def test_only_what_is_added_is_told(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log.write_text("old\n")
    told = followed(log, monkeypatch, ("add", "one\ntwo\n"), ("add", ""), ("add", "three\n"))
    assert list(told) == ["one", "two", "three"]


def test_half_a_line_is_waited_for(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = followed(log, monkeypatch, ("add", "be"), ("add", "gun\nnext"), ("add", "\n"))
    assert list(told) == ["begun", "next"]


def test_a_file_in_its_place_is_read_from_its_start(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write_text("old\n")
    longer = "a line that is longer than all before it\n"
    assert list(followed(log, monkeypatch, ("new", longer))) == [longer.strip()]


def test_what_is_no_text_is_shown_as_far_as_it_is(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write_text("")

    def pause(seconds: float) -> None:
        log.write_bytes(b"a\xffb\n")

    monkeypatch.setattr(following.time, "sleep", pause)
    assert next(following.new_lines(log)) == "a\N{REPLACEMENT CHARACTER}b"
