"""What the owner's dashboard takes, through its own door: `python -m benchmarks.dashboard`.

A daemon with the transcripts of 100,000 messages. Goals: a search through all of them within 200 ms
once they were read, and at most 150,000 bytes for all files of the pages. Files and searches are
timed beside a call that does nothing much (`qr`), in turns.
"""

import http.client
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from agentmesh.daemon.dashboard.pages import pages
from agentmesh.observability.transcript_records import Entry
from agentmesh.observability.transcripts import Transcripts
from agentmesh.observability.world import SystemClock, system_entropy
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.storage.key_files import KeyFiles, Means
from benchmarks import machine
from benchmarks.agentmesh_pair import call
from benchmarks.cli import START_TIMEOUT, daemon

SESSIONS, EACH = 200, 500
WORDS_EACH, ROUNDS = 25, 20
GOAL_MS, GOAL_BYTES = 200.0, 150_000
LETTERS = "abcdefghijklmnopqrstuvwxyz"
RARE = "swordfish"


class Tab:
    """A tab that is in, on one connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.netloc
        self._line = http.client.HTTPConnection(self._host, timeout=START_TIMEOUT)
        self._bearer = ""
        token = parts.fragment.removeprefix("token=")
        self._bearer = self.post("/api/bootstrap", {"token": token})["bearer"]

    def post(self, target: str, value: object) -> dict[str, object]:
        """Return the answer to what is posted."""
        headers = {
            "Content-Type": "application/json",
            "Origin": f"http://{self._host}",
            "Authorization": f"Bearer {self._bearer}",
        }
        self._line.request("POST", target, json.dumps(value), headers)
        answer: dict[str, object] = json.loads(self._line.getresponse().read())
        if "error" in answer:
            raise RuntimeError(str(answer["error"]))
        return answer

    def ask(self, name: str, **params: object) -> dict[str, object]:
        """Make a call."""
        return self.post(f"/api/call/{name}", params)

    def get(self, path: str) -> int:
        """Return how large a file is."""
        self._line.request("GET", path)
        return len(self._line.getresponse().read())


def write_transcripts(home: Path) -> None:
    """Write down what 100,000 messages said; one word in ten thousand is rare."""
    means = Means(clock=SystemClock(), entropy=system_entropy)
    keys = KeyFiles(home / "keys", means).ensure("file")
    kept = Transcripts(home / "transcripts", keys.transcripts_key(), system_entropy)
    chance = random.Random(1)  # the same words in every run
    words = ["".join(chance.choices(LETTERS, k=chance.randint(3, 9))) for _ in range(5000)]
    for session in range(SESSIONS):
        said = [chance.choices(words, k=WORDS_EACH) for _ in range(EACH)]
        said[chance.randrange(EACH)][0] = RARE if session % 20 == 0 else words[0]
        entries = (_entry(" ".join(text), number) for number, text in enumerate(said))
        kept.append(SessionId(f"0190a0a0-0000-7000-8000-{session:012d}"), *entries)
    kept.close()


def _entry(text: str, number: int) -> Entry:
    body = json.dumps({"text": text}).encode()
    return Entry(at=1.0 + number, kind="received", peer=Amid("bob"), type="text", body=body)


def taken_ms(work: Callable[[], object]) -> float:
    """Return how long some work takes."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def measure() -> dict[str, float]:
    """Return the figures."""
    with tempfile.TemporaryDirectory(prefix="agentmesh-") as name:
        home = Path(name) / "home"
        home.mkdir(mode=0o700)
        (home / "config.json").write_text('{"key_storage": "file", "dashboard_port": 0}')
        write_transcripts(home)
        with daemon(home):
            until = time.monotonic() + START_TIMEOUT
            while not call(home, "status").get("ok"):
                if time.monotonic() > until:
                    raise RuntimeError("the daemon does not answer")
                time.sleep(0.1)
            return _measured(home)


def _measured(home: Path) -> dict[str, float]:
    opened = call(home, "dashboard", "--no-open")
    tab, files = Tab(opened["url"]), [path for path in pages() if path != "/index.html"]
    found: dict[str, float] = {"files": len(files), "bytes": sum(map(tab.get, files))}
    started = time.perf_counter()
    while tab.ask("transcripts.warm")["left"]:
        pass
    found["warm_s"] = time.perf_counter() - started
    work = {
        "qr_ms": lambda: tab.ask("qr", text="x"),
        "page_ms": lambda: tab.get("/"),
        "all_files_ms": lambda: [tab.get(path) for path in files],
        "search_rare_ms": lambda: tab.ask("transcripts.search", text=RARE),
        "search_nowhere_ms": lambda: tab.ask("transcripts.search", text="nowhere-at-all"),
        "search_letter_ms": lambda: tab.ask("transcripts.search", text="e"),
    }
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, run in work.items():
            taken[name].append(taken_ms(run))
    medians = {name: statistics.median(values) for name, values in taken.items()}
    slowest = max(max(values) for name, values in taken.items() if name.startswith("search"))
    return found | medians | {"slowest_search_ms": slowest}


def main() -> int:
    """Print the figures; tell by the exit code whether the goals are met."""
    found = measure()
    print(json.dumps({name: round(value, 2) for name, value in found.items()}))
    print(machine.description())
    searches = [value for name, value in found.items() if name.startswith("search")]
    return 0 if max(searches) <= GOAL_MS and found["bytes"] <= GOAL_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
