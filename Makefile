# Everything a contributor runs. Each target sets up what it needs and may be repeated.

PY ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONPATH := $(CURDIR)/services/relay:$(CURDIR)/services/registry

.PHONY: setup demo test test-fast check format bench trust clean

setup: $(VENV)/.ready

$(VENV)/.ready: setup.py requirements.txt pyproject.toml
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "AgentMesh needs Python 3.11 or newer; found `$(PY) --version`."; exit 1; }
	@$(PY) -m venv $(VENV) || { echo "python3 cannot make a virtual environment; on Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/pip install -q --disable-pip-version-check -e '.[dev]'
	@touch $@

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup
	@$(BIN)/ruff check --fix-only -q .
	@$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
