# The whole interface of this repository; "make help" lists it. Needs GNU make, a Python from 3.11 to 3.13
# (make PYTHON=/path/to/python chooses one) and, for the first run of a target, the package registries.

SHELL = /bin/sh
.DEFAULT_GOAL := help
.PHONY: help up down test check format bench docs wire lock clean gates judges lab ray test-ray setup setup-dev setup-test
MAKEFLAGS += --no-print-directory

PYTHON ?=
VENV := .venv
DEV := .venv-dev
GATES := .venv-gates
RAY := .venv-ray
LAB := .venv-lab
JUDGES := .venv-judges
DEV_BIN := $(CURDIR)/$(DEV)/bin
# A whole run takes every core; tests of one file stay together and share their servers, the longest first. A process
# that dies ends the run and says in which test: with another in its place the rest can wait for ever.
SPREAD := -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder --max-worker-restart 0
RUFF_PATHS := src tests scripts conformance bench lab

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1 ~/p' $(MAKEFILE_LIST) | awk -F'~' '{ printf "%-14s %s\n", $$1, $$2 }'

up: setup ## Set up (the first time), then start the server at http://localhost:8420
	@$(VENV)/bin/verax up --detach

down: ## Stop the server that "make up" started
	@if [ -x $(VENV)/bin/verax ]; then $(VENV)/bin/verax down; else echo "nothing to stop: $(VENV) does not exist yet"; fi

test: setup-test ## Run every test (sets up its own environment)
	@$(DEV_BIN)/python scripts/webapp.py build
	@if [ -z "$(TESTS)" ]; then $(DEV_BIN)/python scripts/webapp.py test; fi
	@$(DEV_BIN)/python -m pytest $(or $(TESTS),$(SPREAD))

check: setup-dev ## Formatting, lint, types, layers, sizes, locks
	@$(DEV_BIN)/python scripts/write_openapi.py build/openapi.json
	@$(DEV_BIN)/python scripts/webapp.py check
	@$(DEV_BIN)/ruff format --check $(wildcard $(RUFF_PATHS))
	@$(DEV_BIN)/ruff check $(wildcard $(RUFF_PATHS))
	@$(DEV_BIN)/mypy
	@$(DEV_BIN)/lint-imports --config .importlinter --no-cache
	@$(DEV_BIN)/python scripts/check_shape.py
	@$(DEV_BIN)/python scripts/check_tracked.py

format: setup-dev ## Rewrite the sources in the one format
	@$(DEV_BIN)/ruff check --fix-only --quiet $(wildcard $(RUFF_PATHS)) || true
	@$(DEV_BIN)/ruff format $(wildcard $(RUFF_PATHS))
	@$(DEV_BIN)/python scripts/webapp.py format

bench: setup-dev ## Run the benchmarks side by side with peers and print the table
	@$(DEV_BIN)/python -m bench $(BENCH)

docs: setup-dev ## Write the generated reference pages again
	@$(DEV_BIN)/python scripts/write_reference.py

wire: setup-dev ## Write the web app's types again from the server's
	@$(DEV_BIN)/python scripts/write_openapi.py build/openapi.json
	@$(DEV_BIN)/python scripts/webapp.py wire

lock: setup-dev ## Resolve requirements/*.in into hash locks again (LOCK=--upgrade moves versions)
	@scripts/lock.sh $(LOCK)

gates: ## Make the environment of the evaluation engine, which gates need
	@{ [ -z "$(PYTHON)" ] && $(GATES)/bin/python -I scripts/setup.py --check gates; } 2>/dev/null || { \
		python=$$(PYTHON="$(PYTHON)" scripts/find-python.sh) && "$$python" scripts/setup.py gates; }

lab: ## Make the environment in which the lab trains and measures models
	@{ [ -z "$(PYTHON)" ] && $(LAB)/bin/python -I scripts/setup.py --check lab; } 2>/dev/null || { \
		python=$$(PYTHON="$(PYTHON)" scripts/find-python.sh) && "$$python" scripts/setup.py lab; }

judges: ## Make the environment in which judges by name run, MiniCheck and HHEM
	@{ [ -z "$(PYTHON)" ] && $(JUDGES)/bin/python -I scripts/setup.py --check judges; } 2>/dev/null || { \
		python=$$(PYTHON="$(PYTHON)" scripts/find-python.sh) && "$$python" scripts/setup.py judges; }

ray: ## Make the environment in which bulk runs of gates scale out on Ray
	@{ [ -z "$(PYTHON)" ] && $(RAY)/bin/python -I scripts/setup.py --check ray; } 2>/dev/null || { \
		python=$$(PYTHON="$(PYTHON)" scripts/find-python.sh) && "$$python" scripts/setup.py ray; }

test-ray: setup-dev ray ## Run the test that needs a local Ray cluster
	@$(DEV_BIN)/python -m pytest tests/integration/gates/test_bulk.py

clean: ## Remove environments and caches; data and keys stay
	@rm -rf $(VENV) $(DEV) $(GATES) $(RAY) $(LAB) $(JUDGES) .node web/node_modules src/verax/surfaces/http/webapp .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# An environment that is current answers for itself, which spares looking for a Python.
setup:
	@{ [ -z "$(PYTHON)" ] && $(VENV)/bin/python -I scripts/setup.py --check serve; } 2>/dev/null || { \
		python=$$(PYTHON="$(PYTHON)" scripts/find-python.sh) && "$$python" scripts/setup.py serve; }

setup-dev:
	@{ [ -z "$(PYTHON)" ] && $(DEV)/bin/python -I scripts/setup.py --check develop; } 2>/dev/null || { \
		python=$$(PYTHON="$(PYTHON)" scripts/find-python.sh) && "$$python" scripts/setup.py develop; }

setup-test: setup-dev gates lab
	@scripts/setup-test.sh
