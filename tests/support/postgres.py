"""A real PostgreSQL for a test run: a cluster of its own, from the machine's binaries, thrown away.

PostgreSQL refuses to run as root: then it runs as the user that its package made.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port

SECONDS = 30
MISSING = "PostgreSQL is not installed; on Debian or Ubuntu: apt-get install -y postgresql"
# Tests want speed: a power cut may have this cluster.
SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60")


class PostgresMissing(Exception):
    """There is no PostgreSQL on this machine."""


def binaries() -> Path:
    """Return where `initdb` and `postgres` are: Debian's newest, or what is on the path."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"),
        key=lambda path: float(path.parent.parent.name),
    )
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    if on_path is None:
        raise PostgresMissing(MISSING)
    return Path(on_path).resolve().parent


@contextmanager
def cluster(settings: Sequence[str] = SPEED) -> Iterator[str]:
    """Start a cluster, and return its URL without a database: `postgresql://…@127.0.0.1:port/`."""
    programs = binaries()
    folder = Path(tempfile.mkdtemp(prefix="agentmesh-pg-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        data = folder / "data"
        _run(programs / "initdb", "-D", data, "-U", "mesh", "--auth=trust", "-E", "UTF8", "-N")
        port = free_port()
        process = _start(programs, data, (folder, port), settings)
        try:
            _wait(process, folder, port)
            yield f"postgresql://mesh@127.0.0.1:{port}/"
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_database(url: str, name: str, like: str = "template0") -> str:
    """Make a database in the cluster, empty or like another one, and return its URL."""
    port = re.search(r":(\d+)/$", url)
    assert port is not None
    command = ("-h", "127.0.0.1", "-p", port.group(1), "-U", "mesh", "-T", like, name)
    _run(binaries() / "createdb", *command)
    return url + name


def _start(
    programs: Path, data: Path, door: tuple[Path, int], settings: Sequence[str]
) -> "subprocess.Popen[bytes]":
    folder, port = door
    options = [word for setting in settings for word in ("-c", setting)]
    place = ["-D", data, "-k", folder, "-h", "127.0.0.1", "-p", port]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            _as_user(programs / "postgres", *place, *options), stdout=log, stderr=log
        )


def _wait(process: "subprocess.Popen[bytes]", folder: Path, port: int) -> None:
    until = time.monotonic() + SECONDS
    probe = _as_user(binaries() / "pg_isready", "-q", "-h", folder, "-p", port)
    while subprocess.run(probe, check=False).returncode != 0:
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError((folder / "log").read_text())
        time.sleep(0.02)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGINT)  # "fast": connections are cut, files are left in order
    try:
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(SECONDS)


def _run(program: Path, *arguments: object) -> None:
    done = subprocess.run(
        _as_user(program, *arguments), capture_output=True, check=False, timeout=SECONDS
    )
    if done.returncode:
        raise RuntimeError(f"{program.name}: {done.stderr.decode(errors='replace')}")


def _as_user(program: Path, *arguments: object) -> list[str]:
    drop = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
    prefix = drop if os.geteuid() == 0 else []
    return [*prefix, str(program), *(str(argument) for argument in arguments)]
