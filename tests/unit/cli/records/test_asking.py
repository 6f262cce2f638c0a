"""Asking the daemon, or without one the home itself."""

from pathlib import Path

import pytest

from agentmesh.cli.desk import Desk
from agentmesh.cli.records.asking import Records
from agentmesh.control import answers, calls, offline
from agentmesh.errors import IntegrityError, NotPermitted, UsageError
from tests.support.control_server import Script, refused, serving
from tests.support.processes import ROOT

HEAD = answers.AuditHead(head="1:a")


def desk(home: Path, **more: str) -> Desk:
    environment = {"AGENTMESH_HOME": str(home), "PYTHONPATH": str(ROOT), **more}
    return Desk(as_json=False, environment=environment)


def test_a_daemon_that_runs_is_asked(tmp_path: Path) -> None:
    with serving(tmp_path, Script(audit__head=HEAD)), Records(desk(tmp_path)) as records:
        assert records.call(calls.AuditHead()) == HEAD


def test_what_a_daemon_refuses_is_not_asked_elsewhere(tmp_path: Path) -> None:
    script = Script(audit__head=refused(NotPermitted, "no"))
    with (
        serving(tmp_path, script),
        Records(desk(tmp_path)) as records,
        pytest.raises(NotPermitted),
    ):
        records.call(calls.AuditHead())


@pytest.mark.slow
def test_without_a_daemon_the_home_is_looked_into(tmp_path: Path) -> None:
    with Records(desk(tmp_path)) as records:
        for _ in range(2):  # one program answers both
            with pytest.raises(UsageError, match="no keys"):
                records.call(calls.AuditHead())
        with pytest.raises(IntegrityError):
            records.call(offline.ReceiptsCheck(file="{}"))


@pytest.mark.slow
def test_a_program_that_ends_is_a_sentence(tmp_path: Path) -> None:
    nowhere = desk(tmp_path, PYTHONHOME=str(tmp_path))  # not even Python starts
    with Records(nowhere) as records, pytest.raises(IntegrityError) as caught:
        records.call(calls.AuditHead())
    assert caught.value.code == "offline_ended"
