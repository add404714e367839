# One verb per command, the same here and in CI. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# uv uses the system's certificates, so that it works behind a company's proxy
export UV_SYSTEM_CERTS := 1
export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_LINK_MODE := copy
ARGS ?=

.PHONY: help install demo synthea test lint format bench clean
.DEFAULT_GOAL := help

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Dualrun needs Python 3.11 or newer: set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed: on Debian and Ubuntu install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip --quiet --disable-pip-version-check install "uv>=0.9,<1"

$(VENV)/.installed: $(BIN)/uv pyproject.toml uv.lock
	@$(BIN)/uv sync --frozen --quiet --inexact --python $(BIN)/python
	@touch $@

install: $(VENV)/.installed ## the virtual environment, from the lock file

demo: install ## a clinic's live database flows into Twenty; ARGS="--until-synced --patients 500"
	@$(BIN)/dualrun demo $(ARGS)

synthea: install ## Synthea's CSV files through the pipeline; ARGS="path/to/csv"
	@$(BIN)/python -m infra.synthea $(ARGS)

test: install ## every test, in random order; ARGS="tests/unit -k hold" narrows it down
	@$(BIN)/python -m pytest $(ARGS)

lint: install ## ruff and strict mypy
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

format: install ## put the code into shape
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench: install ## speed, side by side, with machine and versions in the output
	@$(BIN)/python -m infra.bench $(ARGS)

clean: ## remove what `make` made
	rm -rf $(VENV) .dualrun .mypy_cache .ruff_cache .pytest_cache
