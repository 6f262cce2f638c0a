"""An export of the audit log shows to anybody that nothing in it was changed."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.crypto.secret import Secret
from agentmesh.errors import AgentMeshError, IntegrityError, UsageError
from agentmesh.identity.keys import Identity
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.audit_export import check, seal_line, vouch
from agentmesh.observability.audit_line import Event, Marks
from agentmesh.observability.audit_select import Choice, select
from agentmesh.protocol.audit_export import AuditExport
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.signed import Purpose
from tests.support.hostile import FUZZ
from tests.support.world import FakeClock

KEY = Secret(b"k" * 32)
US, EVE = Identity(Secret(b"u" * 32)), Identity(Secret(b"e" * 32))
ALICE, BOB = Amid("alice"), Amid("bob")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    log = AuditLog(folder, KEY, FakeClock())
    for number in range(4):
        log.record(Event.MESSAGE_SENT, peer=ALICE if number % 2 else BOB, number=number)
    log.close()
    return folder


ALL = Choice()


def export(logs: Path, choice: Choice = ALL, signer: Identity = US) -> bytes:
    document = vouch(logs, KEY, choice, (US.amid, 1_800_000_000.0))
    lines = b"".join(it.raw for it in select(logs, Marks(KEY), choice))
    return lines + seal_line(signer.sign(document, Purpose.AUDIT_EXPORT))


@pytest.fixture(scope="module")
def whole(logs: Path) -> bytes:
    return export(logs)


def refusal(folder: Path, data: bytes) -> str:
    (folder / "export").write_bytes(data)
    with pytest.raises(AgentMeshError) as caught:
        check(folder / "export")
    assert isinstance(caught.value, IntegrityError)
    return caught.value.code


def test_an_export_is_checked_without_any_key_of_ours(whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "export").write_bytes(whole)
    said = check(tmp_path / "export")
    assert (said.amid, said.lines, said.first, said.last, said.head) == (US.amid, 4, 1, 4, 4)
    assert said.is_whole


def test_a_part_says_what_was_chosen(logs: Path, tmp_path: Path) -> None:
    (tmp_path / "export").write_bytes(export(logs, Choice(peer=BOB)))
    said = check(tmp_path / "export")
    assert (said.lines, said.first, said.last, said.peer) == (2, 1, 3, BOB)


def test_nothing_can_be_handed_out_too(logs: Path, tmp_path: Path) -> None:
    (tmp_path / "export").write_bytes(export(logs, Choice(kinds=("error",))))
    assert check(tmp_path / "export").lines == 0


def test_every_byte_counts(whole: bytes, tmp_path: Path) -> None:
    for place in range(len(whole)):
        assert refusal(tmp_path, whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])


def test_lines_that_were_left_out_added_or_moved_are_noticed(whole: bytes, tmp_path: Path) -> None:
    one, two, *rest = whole.splitlines(keepends=True)
    for lines in ([one, *rest], [two, one, *rest], [one, one, two, *rest], [one, two, *rest[:-1]]):
        assert refusal(tmp_path, b"".join(lines)).startswith("export_")


def test_an_agent_that_leaves_a_line_out_itself_is_noticed(whole: bytes, tmp_path: Path) -> None:
    one, _, *rest, _ = whole.splitlines(keepends=True)
    data = b"".join([one, *rest])
    document = AuditExport(
        amid=US.amid, exported_at=1, lines=3, sha256=hashlib.sha256(data).digest(), first=1, last=4,
        head=4, head_hash="x", is_whole=True,
    )  # fmt: skip
    data += seal_line(US.sign(document, Purpose.AUDIT_EXPORT))
    assert refusal(tmp_path, data) == "export_unchained"


def test_nobody_signs_for_another(logs: Path, tmp_path: Path) -> None:
    assert refusal(tmp_path, export(logs, signer=EVE)) == "export_signer"


def test_a_damaged_log_is_handed_out_as_one(
    logs: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    damaged = tmp_path_factory.mktemp("damaged")
    (file,) = logs.glob("audit-*.jsonl")
    (damaged / file.name).write_bytes(file.read_bytes().replace(b'"number":1', b'"number":7'))
    document = vouch(damaged, KEY, Choice(), (US.amid, 1.0))
    assert (document.is_whole, document.lines) == (False, 3)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        check(tmp_path / "nothing")


@FUZZ
@given(data=st.binary(max_size=200), keep=st.integers(0, 3000))
def test_anything_is_refused_in_a_word(
    tmp_path_factory: pytest.TempPathFactory, whole: bytes, data: bytes, keep: int
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    assert refusal(folder, whole[:keep] + data + whole[keep + 1 :] + b"\n")
