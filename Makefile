# Everything a contributor runs. Each target sets up what it needs, asks nothing and may be repeated.

PY ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PYTHONPATH := $(CURDIR)/services/relay:$(CURDIR)/services/registry
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

QUICK := tests/unit tests/architecture tests/services tests/integration
SLOW := tests/e2e tests/reliability tests/attack
# A browser's driver keeps a loop of its own: these have a process to themselves.
VISIT := tests/browser/test_visit.py
# Many programs at once, crowded, damaged, killed and moved: they have a step of their own.
SERVICES := tests/e2e/test_audit_scenarios.py tests/e2e/test_backup.py tests/e2e/test_records.py tests/e2e/test_service.py \
	tests/e2e/test_cluster.py tests/e2e/test_hard_times.py tests/e2e/test_org.py tests/reliability/test_cluster_kills.py tests/reliability/test_jetstream_replicas.py \
	tests/reliability/test_kills.py tests/reliability/test_registry_killed.py tests/reliability/test_relay_load.py \
	tests/reliability/test_rotate_killed.py tests/reliability/test_stop_flood.py tests/attack/test_worm.py

.DEFAULT_GOAL := help
.PHONY: help setup postgres chromium demo cluster test test-fast test-services test-attack test-worm test-relay test-soak test-cluster test-all test-api test-log test-rotate test-openclaw test-browser screenshots check format bench trust clean

help:
	@echo "make demo     two agents meet on this machine: the whole thing in a minute"
	@echo "make cluster  two relays, NATS, a registry on PostgreSQL, until Ctrl-C"
	@echo "make test     all tests that run at every change (sets up what they need)"
	@echo "make check    formatting, types, imports, dead code"
	@echo "Also: setup, test-fast, test-services, test-attack, test-worm, test-relay, test-soak, test-cluster, test-all, test-api, test-log, test-rotate, test-openclaw, test-browser, screenshots, format, bench, trust, clean"

setup: $(READY)

$(BIN)/python:
	@test -n "$(PY)" || .ci/need python3 python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "AgentMesh needs Python 3.11 or newer."; exit 1; }
	@.ci/need python3-venv $(or $(PY),python3) -c 'import ensurepip, venv'
	@echo "Making a virtual environment in $(VENV) ..."
	@$(or $(PY),python3) -m venv $(VENV)

$(READY): setup.py requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing what AgentMesh needs into $(VENV) ..."
	@$(BIN)/pip install -q -e '.[dev]' || { echo "pip could not install; is there a way to a package index?"; exit 1; }
	@touch $@

chromium:
	@.ci/need chromium .ci/has-chromium

postgres:
	@.ci/need postgresql .ci/has-postgres

cluster: setup postgres
	@$(BIN)/python -m tests.support.cluster

demo: setup
	@$(BIN)/agentmesh demo
	@echo "The command lies in $(BIN): \`. $(BIN)/activate\` lets you type it."

test: setup postgres chromium
	@$(BIN)/pytest -n 2 $(QUICK)
	@$(BIN)/pytest -n 2 $(SLOW) $(SERVICES:%=--ignore=%)
	@$(BIN)/pytest $(VISIT)

# Crowds at a relay, a worm among agents, a fleet; agents, their homes and records, nodes, NATS and the registry are damaged, moved and killed: a little of each.
test-services: setup postgres
	@$(BIN)/pytest -n 2 $(SERVICES)

test-fast: setup
	@$(BIN)/pytest tests/unit tests/architecture

test-log: setup postgres
	@AGENTMESH_LOG_KILLS=40 $(BIN)/pytest -s tests/reliability/test_registry_killed.py
	@$(BIN)/pytest -s tests/integration/registry/test_log_*.py

# What the registry's OpenAPI document allows and forbids, ten thousand requests on each database.
test-api: setup postgres
	@AGENTMESH_API_CASES=10000 $(BIN)/pytest -s tests/integration/registry/test_api.py

test-rotate: setup
	@AGENTMESH_ROTATIONS=20 $(BIN)/pytest -s tests/reliability/test_rotate_killed.py

test-openclaw: setup
	@$(BIN)/pytest -p no:randomly --durations=0 -rs $(or $(ONLY),tests/openclaw)

# Attacks on an agent that obeys whatever it reads; the figures stand in the report.
test-attack: setup
	@AGENTMESH_ATTACKS=600 $(BIN)/pytest -p no:randomly --durations=0 tests/attack/test_corpus.py

test-worm: setup
	@AGENTMESH_WORM=30 $(BIN)/pytest -p no:randomly --durations=0 tests/attack/test_worm.py

test-cluster: setup postgres
	@AGENTMESH_CLUSTER_KILLS=$${AGENTMESH_CLUSTER_KILLS:-100} $(BIN)/pytest -p no:randomly -s tests/services/relay/cluster \
		tests/services/relay/mailbox tests/integration/relay/test_nodes.py tests/reliability/test_cluster_kills.py \
		tests/reliability/test_jetstream_replicas.py

test-relay: setup
	@AGENTMESH_CROWD=10000 $(BIN)/pytest -p no:randomly -rA --durations=0 tests/reliability/test_relay_load.py

# Ten minutes of everyday load: memory and descriptors stay as they are.
test-soak: setup
	@AGENTMESH_SOAK=$${AGENTMESH_SOAK:-600} $(BIN)/pytest -p no:randomly -s tests/reliability/test_soak.py

test-all: setup postgres chromium
	@$(BIN)/pytest -n 2 $(QUICK)
	@AGENTMESH_KILLS=200 AGENTMESH_CLUSTER_KILLS=40 AGENTMESH_CUTS=1000 AGENTMESH_STOPS=100 $(BIN)/pytest -n 2 $(SLOW)
	@$(BIN)/pytest $(VISIT)

test-browser: setup chromium
	@$(BIN)/pytest --durations=10 tests/browser

screenshots: setup chromium
	@$(BIN)/python -m tests.browser.screenshots screenshots

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.architecture.dead_code

format: setup
	@$(BIN)/ruff check --fix-only -q .
	@$(BIN)/ruff format .

bench: setup chromium
	@$(BIN)/python -m benchmarks.cli
	@$(BIN)/python -m benchmarks.policy
	@$(BIN)/python -m benchmarks.dashboard
	@$(BIN)/python -m benchmarks.first_paint
	@$(BIN)/python -m benchmarks.status
	@$(BIN)/python -m benchmarks.reputation
	@$(BIN)/python -m benchmarks.agents
	@$(BIN)/python -m benchmarks.relay
	@$(BIN)/python -m benchmarks.files
	@$(BIN)/python -m benchmarks.cluster
	@$(BIN)/python -m benchmarks.registry
	@$(BIN)/python -m benchmarks.wake

trust: setup postgres
	@AGENTMESH_KILLS=1000 AGENTMESH_CLUSTER_KILLS=300 AGENTMESH_CUTS=10000 AGENTMESH_STOPS=1000 AGENTMESH_RUNS=1000000 \
		AGENTMESH_ATTACKS=1200 AGENTMESH_WORM=50 $(BIN)/python -m benchmarks.trust

clean:
	rm -rf $(VENV) .peers build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
