"""A real OpenClaw in a throw-away home: its command line, its gateway, our plugin in it."""

import json
import os
import secrets
import shutil
import stat
import subprocess
import sys
import tarfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agentmesh.observability.world import SystemClock
from tests.support.mesh import eventually
from tests.support.ports import free_port
from tests.support.processes import ROOT

NODE, OPENCLAW, SDK = "24.21.0", "2026.9.6", "1.32.2"
START_SECONDS = 300.0
COMMAND_SECONDS = 300
INSTALL_SECONDS = 300
_clock = SystemClock()


class Missing(Exception):
    """The packages cannot be had here."""


def cache() -> Path:
    """Return where the packages lie: outside of the tree, kept from run to run."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("AGENTMESH_OPENCLAW") or Path(base) / "agentmesh" / "openclaw")


def installed() -> str:
    """Install node and openclaw, each once; return the PATH on which both are."""
    found = [
        _installed(cache() / "node", f"node@{NODE}", "node_modules/node/bin"),
        _installed(cache() / "openclaw", f"openclaw@{OPENCLAW}", "node_modules/.bin"),
    ]
    return os.pathsep.join([*map(str, found), "/usr/local/bin", "/usr/bin", "/bin"])


def sdk_installed() -> tuple[Path, Path]:
    """Install the official TypeScript client of MCP; return a node, and the client's modules."""
    node = _installed(cache() / "node", f"node@{NODE}", "node_modules/node/bin") / "node"
    package = f"@modelcontextprotocol/sdk@{SDK}"
    return node, _installed(cache() / "sdk", package, "node_modules")


def _installed(folder: Path, package: str, programs: str) -> Path:
    done = folder / ".installed"
    if not done.exists() or done.read_text() != package:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"private": true, "name": "cached"}')
        npm = shutil.which("npm")
        if npm is None:
            raise Missing("npm is not installed")
        node = cache() / "node" / "node_modules/node/bin"
        path = os.pathsep.join([str(node), os.environ["PATH"]])
        print(f"Installing {package} into {folder} ...", file=sys.stderr)
        try:
            done_it = subprocess.run(
                [npm, "install", "--no-audit", "--no-fund", "--fetch-retries=1", package],
                cwd=folder,
                env={**os.environ, "PATH": path},
                capture_output=True,
                text=True,
                timeout=INSTALL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Missing(f"npm install {package} took {INSTALL_SECONDS} s") from None
        if done_it.returncode:
            raise Missing(f"npm install {package}: {done_it.stderr[-300:]}")
        done.write_text(package)
    return folder / programs


class Host:
    """One OpenClaw. `environment` is what its processes get, and no more."""

    def __init__(self, home: Path, path: str, agent: Mapping[str, str]) -> None:
        self.home = home
        self.state = home / ".openclaw"
        self.port = free_port()
        self.token = secrets.token_hex(24)
        self.environment = {
            "PATH": f"{_program(home)}{os.pathsep}{path}",
            "HOME": str(home),
            "OPENCLAW_STATE_DIR": str(self.state),
            "OPENCLAW_DISABLE_BONJOUR": "1",
            "OPENCLAW_NO_AUTO_UPDATE": "1",
            "LANG": "C.UTF-8",
            "NPM_CONFIG_USERCONFIG": str(Path.home() / ".npmrc"),  # the way to the registry
            **agent,
        }

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """Run `openclaw`, which has to work; return what it says."""
        done = subprocess.run(
            ["openclaw", *arguments],
            env=self.environment,
            executable=shutil.which("openclaw", path=self.environment["PATH"]),
            cwd=self.home,
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done
        return done.stdout

    def set_up(self, model_url: str) -> None:
        """Give it a model and a gateway on loopback."""
        cost = {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0}
        model = {
            "id": "scripted",
            "name": "Scripted",
            "reasoning": False,
            "input": ["text"],
            "contextWindow": 128000,
            "maxTokens": 4096,
            "cost": cost,
        }
        provider = {"baseUrl": model_url, "apiKey": "none", "api": "openai-completions"}
        auth = {"mode": "token", "token": self.token}
        config = {
            "gateway": {"mode": "local", "bind": "loopback", "port": self.port, "auth": auth},
            "update": {"checkOnStart": False, "auto": {"enabled": False}},
            "discovery": {"mdns": {"mode": "off"}},
            "tools": {"profile": "full"},
            "models": {"mode": "merge", "providers": {"local": {**provider, "models": [model]}}},
            "agents": {
                "defaults": {
                    "model": {"primary": "local/scripted"},
                    "skipBootstrap": True,
                    "heartbeat": {"target": "none"},
                }
            },
            "channels": {"agentmesh": {"enabled": True}},
        }
        self.patch(config)

    def patch(self, config: Mapping[str, Any]) -> None:
        """Change settings; what is None goes."""
        self.run("config", "patch", "--stdin", stdin=json.dumps(config))

    def install(self, package: Path) -> None:
        """Install the plugin, or its next version in its place."""
        self.run("plugins", "install", str(package), "--force", "--accept-capabilities")

    @contextmanager
    def gateway(self) -> Iterator[None]:
        """Run the gateway; leaving ends it as its owner would."""
        with (self.home / "gateway.log").open("a") as log:
            process = subprocess.Popen(
                ["openclaw", "gateway", "run"],
                env=self.environment,
                executable=shutil.which("openclaw", path=self.environment["PATH"]),
                cwd=self.home,
                stdout=log,
                stderr=log,
            )
        try:
            eventually(self._is_healthy, START_SECONDS)
            eventually(self._is_serving, START_SECONDS)
            yield
        finally:
            process.terminate()
            try:
                process.wait(60)
            finally:
                process.kill()
                process.wait()

    def log(self) -> str:
        return (self.home / "gateway.log").read_text(errors="replace")

    def invoke(self, tool: str, **given: Any) -> dict[str, Any]:
        """Call a tool through the gateway, without a model; return its JSON object."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/tools/invoke",
            json.dumps({"tool": tool, "args": given}).encode(),
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            details: dict[str, Any] = json.load(answer)["result"]["details"]
        return details

    def turn(self, words: str) -> dict[str, Any]:
        """Let the agent take a turn."""
        said = self.run("agent", "--agent", "main", "--json", "--message", words)
        answer: dict[str, Any] = json.loads(said)
        return answer

    def _is_serving(self) -> bool:
        try:
            return "ok" in self.invoke("mesh_status")
        except urllib.error.HTTPError:
            return False

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/healthz", timeout=5
            ) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def packed(folder: Path, path: str, tree: Path = ROOT) -> Path:
    """Return a folder with what npm packs of a tree: the plugin as its users get it."""
    subprocess.run(
        ["npm", "pack", "--silent", "--pack-destination", str(folder), str(tree)],
        env={"PATH": path, "HOME": str(folder)},
        executable=shutil.which("npm", path=os.environ["PATH"]),
        check=True,
        capture_output=True,
        timeout=120,
    )
    (found,) = folder.glob("*.tgz")
    with tarfile.open(found) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def _program(home: Path) -> Path:
    """Put the program `agentmesh` of this tree into a folder, as an installation would."""
    folder = home / "bin"
    folder.mkdir(parents=True)
    program = folder / "agentmesh"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -P -m agentmesh.cli "$@"\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return folder
