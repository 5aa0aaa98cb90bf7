# Everything a person types. `make demo` and `make test` do all their own set-up.
SHELL := /bin/bash
PYTHON ?= python3.11
PYTHON := $(shell command -v $(PYTHON) 2>/dev/null || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ENGINES := $(VENV)/.engines
TOOLCHAIN := $(shell find toolchain -type f -not -name '*.md' -not -path '*/__pycache__/*' 2>/dev/null)

.PHONY: help setup demo shell browser test test-fast check format docs bench clean

help: ## what can be typed here
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | awk -F'|' '{printf "  make %-10s %s\n", $$1, $$2}'

# Bytecode as an installed package has it, also where Python is told to write none: every command starts sooner.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: Python 3.11 or newer is needed; $(PYTHON) is older. Install it, or run make PYTHON=/path/to/python3.11"; exit 2; }
	@echo "Python environment: creating $(VENV) and installing $$(wc -l < requirements.lock) pinned packages (1–3 minutes, once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@$(BIN)/python -m compileall -q provider ops emulator
	@touch $@

$(ENGINES): $(READY) $(TOOLCHAIN)
	@$(BIN)/python toolchain/install.py --link $(BIN)
	@touch $@

setup: $(ENGINES) ## Python environment and engines

demo: $(ENGINES) ## deploy to an emulator on this machine, and prove that a viewer sees a living avatar
	@$(BIN)/liveavatar-ops demo $(ARGS)

shell: $(ENGINES) ## the demo's surroundings (emulator, stack, settings) in a shell of your own
	@$(BIN)/liveavatar-ops demo --shell

# Only root on Debian and its kin gets packages installed (a container, CI); nobody's desk is touched.
browser: ## Chromium, for the tests that look at pages; where it cannot be had, they are skipped and say so
	@if command -v chromium chromium-browser google-chrome >/dev/null && command -v pdftotext >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Chromium and pdftotext: installing for the tests that look at pages (about a minute, once)"; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium poppler-utils; } >/dev/null 2>&1 \
			|| echo "Chromium could not be installed: the tests that look at pages are skipped"; \
	else echo "No Chromium or no pdftotext here: the tests that look at pages are skipped"; fi

# Rooms are judged by what a viewer would see, so those tests have the machine to themselves.
test: $(ENGINES) browser ## every test, after every check
	@$(MAKE) --no-print-directory check
	$(BIN)/pytest -m "not media and not prefect" --numprocesses auto --dist worksteal
	$(BIN)/pytest -m "media or prefect"

test-fast: $(READY) ## tests without engine and media
	$(BIN)/pytest -m "not engine and not media and not prefect"

check: $(READY) ## ruff, mypy strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## let ruff put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY) ## write the generated parts of the docs anew
	$(BIN)/python -m docs.generate

# The long proofs are run by name: python -m bench fault_table healthy_runs killed_checks
bench: $(ENGINES) ## measure, side by side, and keep the figures in bench/results
	$(BIN)/python -m bench contexts frame_meter

clean: ## forget the environment and the demo (engines stay in the cache)
	rm -rf $(VENV) .demo build *.egg-info .mypy_cache .ruff_cache .pytest_cache
