"""The program: a line in, a line out."""

import io
import json
from pathlib import Path

from agentmesh.daemon.offline.__main__ import serve
from agentmesh.daemon.offline.answering import Answering
from agentmesh.daemon.offline.home import ClosedHome
from tests.support.control_server import line
from tests.support.world import FakeClock, FakeEntropy


def test_every_line_is_answered_whatever_it_is(tmp_path: Path) -> None:
    clock, told = FakeClock(), io.BytesIO()
    questions = [line(1, "audit.head"), b"noise\n", line(2, "receipts.check", file="{}"), b"[]\n"]
    with ClosedHome(tmp_path / "none", (clock, FakeEntropy()), lambda: None) as home:
        serve(Answering(home, clock), io.BytesIO(b"".join(questions)), told)
    codes = [json.loads(it)["error"]["data"]["code"] for it in told.getvalue().splitlines()]
    assert codes == ["keys_missing", "invalid_request", "receipt_malformed", "invalid_request"]


def test_a_bug_of_ours_is_a_sentence(tmp_path: Path) -> None:
    clock, told = FakeClock(), io.BytesIO()
    with ClosedHome(tmp_path / "none", (clock, FakeEntropy()), lambda: None) as home:
        answering = Answering(home, clock)
        answering._runs["audit.check"] = None  # type: ignore[assignment]
        serve(answering, io.BytesIO(line(1, "audit.check", path="x")), told)
    assert json.loads(told.getvalue())["error"]["data"]["code"] == "internal_error"
