import io

import msgspec
import pytest

from agentmesh.cli.progress import Meter, bar, line, percent, size
from agentmesh.control import answers

FILE = answers.File(
    transfer_id="f1", direction="out", peer="2peer", peer_name="bob", name="a.pdf", media_type="",
    size=4096, done=1024, rate=512.0, eta_seconds=6.0, state="moving", reason="", path="/a.pdf",
    created_at="", changed_at="",
)  # fmt: skip


def now(**changed: object) -> answers.File:
    return msgspec.structs.replace(FILE, **changed)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 KiB"),
        (100 * 2**20, "100.0 MiB"),
        (2**50, "1024.0 TiB"),
    ],
)
def test_sizes_are_said_as_people_do(count: int, said: str) -> None:
    assert size(count) == said


def test_a_line_tells_percent_rate_and_time_left() -> None:
    assert line(FILE) == " 25%  1.0 KiB of 4.0 KiB  512 B/s  6 s left"
    assert line(now(rate=0.0, eta_seconds=None, reason="peer_away")).endswith("waiting: peer away")
    assert line(now(state="offered", peer_name="\x1bbob")) == "waiting for \ufffdbob to accept"
    assert line(now(state="refused", reason="too_large")) == "refused: too large"
    assert line(now(state="done")) == "done"


def test_a_bar_fills_and_turns_while_there_is_nothing_to_fill() -> None:
    assert bar(FILE, 1) == "[######..................]"
    assert {bar(now(state="asking"), tick) for tick in range(4)} == set("|/-\\")
    assert percent(now(size=0, done=0)) == 0
    assert percent(now(size=0, done=0, state="done")) == 100


def test_a_terminal_sees_one_line_that_changes() -> None:
    stream = Terminal()
    meter = Meter(stream)
    meter.show(FILE)
    meter.show(now(done=4096))
    meter.close()
    assert stream.getvalue().count("\r") == 2
    assert stream.getvalue().count("\n") == 1


def test_elsewhere_there_is_a_line_for_each_step() -> None:
    stream = io.StringIO()
    meter = Meter(stream)
    for done in range(0, 4097, 16):
        meter.show(now(done=done))
    meter.close()
    assert len(stream.getvalue().splitlines()) == 11
    assert "\r" not in stream.getvalue()


def test_who_wants_to_see_nothing_sees_nothing() -> None:
    meter = Meter(None)
    meter.show(FILE)
    meter.close()
