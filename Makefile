# Two commands for everybody, on a machine with nothing but Python 3.11+ and make:
#   make demo    a daemon on two emulated nodes, live in the terminal
#   make test    the whole test suite
# The rest is for those who change the code; `make check` is what CI runs.

# The first interpreter that really runs and is new enough; a version manager's shim may do neither.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/sh
.DELETE_ON_ERROR:
.PHONY: demo test check format lint types contracts quick slow peers bench lock clean help
.PHONY: nightly night-of-the-disk night-of-the-whole

help:  ## these lines
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

demo: $(VENV)/.run  ## a daemon on two emulated nodes, live in the terminal
	@exec $(BIN)/orchestrator demo

test: $(VENV)/.dev  ## the whole test suite, as CI runs it
	$(BIN)/python -m pytest -q -m "not nightly"

check: format lint types contracts  ## all that CI checks; the two halves of the tests side by side
	$(MAKE) --no-print-directory -j2 --output-sync=target quick slow

format: $(VENV)/.dev
	$(BIN)/ruff format --check .

lint: $(VENV)/.dev
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports

quick: $(VENV)/.dev  ## the quick half of the tests, with coverage; core, kinds, web and codec must be whole
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -q -m "not nightly and not slow"
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --skip-covered --fail-under=100 --include='orchestrator/core/*,orchestrator/kinds/*,orchestrator/web/*,orchestrator/codec.py'
	$(BIN)/coverage report --skip-covered || true

slow: $(VENV)/.dev  ## the other half: real processes, real disks, long searches
	$(BIN)/python -m pytest -q -m "slow and not nightly"

peers:  ## the Debian packages that tests talk to; needs root
	if command -v apt-get >/dev/null; then \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive \
		apt-get install -qy --no-install-recommends systemd gcc libc6-dev; \
	fi

bench: $(VENV)/.dev .venv-bench/.peers  ## measures beside peers, written to bench/RESULTS.md
	$(BIN)/python -m bench

.venv-bench/.peers: bench/peers/requirements.txt | $(BIN)/python
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install -q --disable-pip-version-check -r bench/peers/requirements.txt
	@touch $@

nightly: $(VENV)/.dev  ## the long searches: of the disk and of the whole, side by side
	$(MAKE) --no-print-directory -j2 night-of-the-disk night-of-the-whole

night-of-the-disk: $(VENV)/.dev
	$(BIN)/python -m pytest -q -m nightly tests/crash tests/faults tests/shell tests/system

night-of-the-whole: $(VENV)/.dev
	$(BIN)/python -m pytest -q -m nightly tests/core tests/daemon tests/simulation

lock:  ## write both lock files anew, with uv
	uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-package pip pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-package pip --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:  ## remove what make made
	rm -rf $(VENV) .venv-bench .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.*

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.lock hatchling==1.33.0 editables==0.6
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run
