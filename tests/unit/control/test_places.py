"""Where the socket lies."""

import stat
from pathlib import Path

import pytest

from agentmesh.control import places
from agentmesh.errors import UsageError


def test_the_environment_names_the_home(tmp_path: Path) -> None:
    assert places.home({"AGENTMESH_HOME": str(tmp_path)}) == tmp_path
    assert places.home({}) == Path.home() / ".agentmesh"


def test_a_home_that_nobody_can_find_is_the_callers_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for named in ("~nobody-of-this-name/mesh", "mesh"):
        with pytest.raises(UsageError, match=named) as caught:
            places.home({"AGENTMESH_HOME": named})
        assert caught.value.code == "home_not_found"


def test_a_short_path_is_dialled_as_it_is() -> None:
    assert places.dialable(Path("/h/run/daemon.sock"), {}) == "/h/run/daemon.sock"


def test_a_long_path_goes_through_a_link_that_leads_to_it(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 100) / "run" / "daemon.sock"
    long.parent.mkdir(parents=True)
    runtime = Path("/tmp") / tmp_path.name
    runtime.mkdir(exist_ok=True)
    try:
        environment = {"XDG_RUNTIME_DIR": str(runtime)}
        short = Path(places.dialable(long, environment))
        assert len(str(short)) <= places.MAX_SOCKET_PATH
        assert short.parent.resolve() == long.parent.resolve()
        assert stat.S_IMODE((runtime / "agentmesh").stat().st_mode) == 0o700
        assert places.dialable(long, environment) == str(short)
        short.parent.unlink()
        short.parent.symlink_to(tmp_path)
        places.dialable(long, environment)
        assert short.parent.resolve() == long.parent.resolve()
    finally:
        (short.parent).unlink()
        (runtime / "agentmesh").rmdir()
        runtime.rmdir()


def test_a_directory_becomes_private(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o777)
    places.private_directory(tmp_path / "run")
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700


def test_a_directory_into_which_others_may_have_put_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "agentmesh.db").touch()
    (tmp_path / "run").chmod(0o770)
    with pytest.raises(UsageError) as caught:
        places.private_directory(tmp_path / "run")
    assert caught.value.code == "unsafe_directory"
    assert "chmod 700" in caught.value.hint
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o770


def test_a_link_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="not a directory of this user"):
        places.private_directory(tmp_path / "run")
