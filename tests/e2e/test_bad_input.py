"""Whatever is typed or written to the socket: a sentence, an exit code, and the daemon lives."""

import contextlib
import json
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.mesh import Agent, Mesh, eventually

TEN_MIB = 10 * 1024 * 1024


@pytest.fixture(scope="module")
def pair(mesh: Mesh) -> list[Agent]:
    return mesh.friends("alice", "bob")


@pytest.fixture
def alice(pair: list[Agent]) -> Iterator[Agent]:
    """Yield an agent, and see that its daemon outlived what it was told."""
    pid = pair[0].pid
    yield pair[0]
    assert pair[0].pid == pid


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("sned", "bob", "hi"), "unknown_command", "agentmesh send"),
        (("knock", "list"), "unknown_command", "agentmesh knocks"),
        (("xyzzy",), "unknown_command", "--help"),
        (("send", "bob", "hi", "--intnet", "travel"), "usage_error", "--intent"),
        (("send", "bob"), "usage_error", "--file"),
        (("send", "bob", "hi", "--wait", "soon"), "usage_error", "--wait"),
        (("send", "bob", "hi", "--wait", "-1"), "usage_error", "--wait"),
        (("send", "bob", "hi", "--type", "chat"), "usage_error", "conversation"),
        (("send", "bob", "hi", "--session", "nonsense"), "session_not_found", "sessions"),
        (("send", "bob", "  "), "empty_text", ""),
        (("send", "bob", "hi", "--intent", "x" * 200), "invalid_argument", "intent"),
        (("send", "bob", "hi", "--note", "x" * 300), "invalid_argument", "note"),
        (("inbox", "--limit", "0"), "usage_error", "--limit"),
        (("read", "no-such-message"), "unknown_message", "inbox"),
        (("reply", "no-such-message", "hi"), "unknown_message", "inbox"),
        (("knocks", "approve", "no-such-knock"), "unknown_knock", "knocks list"),
        (("kill", "no-such-session"), "session_not_found", "sessions"),
        (("contacts", "trust", "bob", "friend"), "usage_error", "allied"),
        (("tool", "mesh_sned", "{}"), "unknown_tool", "mesh_send"),
        (("tool", "mesh_send", "{"), "invalid_argument", "JSON"),
        (("tool", "mesh_send", "[1]"), "invalid_argument", "object"),
        (("tool", "mesh_send", '{"to": "bob"}'), "missing_argument", "body"),
        (("tool", "mesh_send", '{"to": 7, "body": []}'), "invalid_argument", ""),
        (("status", "now"), "usage_error", ""),
        ((), "usage_error", "--help"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_what_is_wrong_is_said_with_exit_code_2(
    alice: Agent, arguments: tuple[str, ...], code: str, said: str
) -> None:
    error = alice.fails(2, *arguments)
    assert error["code"] == code
    assert said in f"{error['message']} {error['hint']}"


def test_people_get_sentences_instead_of_json(alice: Agent) -> None:
    process = alice.spawn("sned")
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (2, "")
    assert err == "Error: There is no command 'sned'.\nDid you mean `agentmesh send`?\n"


@pytest.mark.parametrize("text", ["{not json", '{"a": 1} and more', "[1, 2]", "null", '"quoted"'])
def test_what_is_no_json_object_is_text(pair: list[Agent], alice: Agent, text: str) -> None:
    alice.ask("send", "bob", text)
    assert pair[1].gets(text)["type"] == "text"


def test_the_lines_before_a_wrong_one_arrive_and_the_wrong_one_is_named(
    pair: list[Agent], alice: Agent
) -> None:
    lines = "first of many\n\nsecond of many\n" + "x" * 70_000 + "\nfifth of many\n"
    error = alice.fails(2, "send", "bob", "--lines", "-", stdin=lines)
    assert (error["code"], error["message"]) == (
        "text_too_long", "Line 4: A message has at most 64 KiB.",
    )  # fmt: skip
    pair[1].gets("second of many")
    texts = pair[1].texts()
    assert texts.index("first of many") == texts.index("second of many") - 1
    assert "fifth of many" not in texts


def test_a_request_of_another_shape_is_refused(alice: Agent) -> None:
    wrong = '{"intent": 7}'
    error = alice.fails(2, "send", "bob", wrong, "--type", "request_response")
    assert error["code"] == "invalid_message"


def test_ten_megabytes_are_refused_and_the_next_message_arrives(
    pair: list[Agent], alice: Agent
) -> None:
    error = alice.fails(2, "send", "bob", "-", stdin="x" * TEN_MIB)
    assert error["code"] == "text_too_long"
    assert "64 KiB" in error["message"]
    request = {"jsonrpc": "2.0", "id": 1, "method": "send"}
    line = json.dumps({**request, "params": {"to": "bob", "body": "x" * TEN_MIB}}).encode() + b"\n"
    assert b"too long" in told(alice, line)

    largest = "y" * 60_000
    alice.ask("send", "bob", "-", stdin=largest)
    pair[1].gets(largest)


def test_garbage_on_the_control_socket_harms_nobody(alice: Agent) -> None:
    for garbage in (
        b"\x00\xff\xfe\n",
        os.urandom(4096) + b"\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"{" * 100_000 + b"\n",
        b'{"jsonrpc":"2.0","id":1,"method":"send","params":7}\n',
        b'{"jsonrpc":"2.0","id":1,"method":"no.such.call","params":{}}\n',
        b'{"jsonrpc":"2.0","id":1,"method":"status","params":{"extra":1}}\n',
        b'{"jsonrpc":"2.0","id":{"a":1},"method":"status"}\n',
    ):
        answers = told(alice, garbage).splitlines()
        assert answers
        assert all("error" in json.loads(answer) for answer in answers)
    for _ in range(3):
        noise = os.urandom(2 * 1024 * 1024)
        assert told(alice, noise)
        assert b"too long" in told(alice, noise.replace(b"\n", b""))
    assert alice.status()["amid"] == alice.amid


def test_whoever_says_much_and_takes_no_answer_is_not_listened_to(alice: Agent) -> None:
    with dialled(alice) as deaf:
        deaf.settimeout(1)
        with pytest.raises(TimeoutError):
            deaf.sendall(b"{}\n" * TEN_MIB)
        assert alice.status()["amid"] == alice.amid


def test_whoever_hangs_up_early_harms_nobody(alice: Agent) -> None:
    for _ in range(20):
        with dialled(alice) as line:
            line.sendall(b'{"jsonrpc":"2.0","id":1,"method":"inbox","params":{"wait":60}}\n')
    assert alice.status()["amid"] == alice.amid


def test_ctrl_c_ends_a_command_quietly(alice: Agent) -> None:
    for arguments in (
        ("inbox", "--unread", "--from", "bob", "--wait", "60"),
        ("events", "--follow"),
        ("logs", "--follow"),
    ):
        process = alice.spawn(*arguments)
        eventually(lambda pid=process.pid: _sleeps(pid))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (130, ""), arguments


def test_ctrl_c_ends_a_daemon_in_the_foreground_in_order(mesh: Mesh) -> None:
    bob = mesh.agent("bob")
    bob.down()
    process = bob.spawn("daemon")
    eventually(lambda: bob.run("status").code == 0)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in err
    assert not (bob.home / "run" / "daemon.sock").exists()


def dialled(agent: Agent) -> socket.socket:
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(20)
    line.connect(str(agent.home / "run" / "daemon.sock"))
    return line


def told(agent: Agent, data: bytes) -> bytes:
    """Write to the control socket, and return what comes back meanwhile, until it hangs up."""
    heard = b""
    with dialled(agent) as line, ThreadPoolExecutor(1) as beside:
        writing = beside.submit(_write, line, data)
        with contextlib.suppress(ConnectionResetError):
            while chunk := line.recv(65536):
                heard += chunk
        writing.result()
    return heard


def _write(line: socket.socket, data: bytes) -> None:
    # It may have said what it thinks of that.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)


def _sleeps(pid: int) -> bool:
    """Whether a command waits for something, rather than still being about to start."""
    with open(f"/proc/{pid}/stat") as told_of, open(f"/proc/{pid}/wchan") as place:
        is_asleep = told_of.read().rpartition(")")[2].split()[0] == "S"
        return is_asleep and place.read() not in {"0", "pipe_read"}
