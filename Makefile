# `make demo` and `make test` set everything up by themselves; nothing but Python, git and make is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check bench clean help

help:
	@echo "make demo    set up, and show the main job on a small sample company"
	@echo "make test    set up, and run the whole test suite"
	@echo "make check   ruff, mypy --strict, import-linter"
	@echo "make bench   measure; PART='replay drift ...' selects"
	@echo "make clean   remove what these have made"

$(VENV)/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ingestd needs Python 3.11 or newer; name one: make PYTHON=python3.12")'
	@echo "Setting up $(VENV); a few minutes the first time"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(VENV)/ready
	@$(BIN)/ingestd demo .demo

# The tests start many processes: each would compile all modules where Python may not keep them.
test: $(VENV)/ready-dev
	@$(BIN)/python -m compileall -q ingestd tests
	@$(BIN)/python -m pytest -n 2 --dist worksteal

check: $(VENV)/ready-dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/ready-dev
	@$(BIN)/python -m tests.benchmarks $(PART)

clean:
	rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
