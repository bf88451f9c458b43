# make run: set up and start everything.  make test: set up and run all tests.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
RUN_STAMP := $(VENV)/.installed-base
TEST_STAMP := $(VENV)/.installed-test

.PHONY: run test quick bench check-python lint browser

# With byte code kept, whatever the environment says: the second start is much quicker.
run: $(RUN_STAMP)
	@PYTHONDONTWRITEBYTECODE= $(PY) run.py

test: $(TEST_STAMP) browser
	@$(MAKE) --no-print-directory lint
	@$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

quick: $(TEST_STAMP)
	@$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow and not browser"

bench: $(TEST_STAMP)
	@$(PY) -m benchmarks

lint: $(TEST_STAMP)
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check --quiet .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

browser: $(TEST_STAMP)
	@$(PY) -m tests.install_browser

$(RUN_STAMP): requirements/base.txt | check-python
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "Installing what Creditflow needs (once) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	@touch $@

$(TEST_STAMP): requirements/test.txt $(RUN_STAMP)
	@echo "Installing what the tests need (once) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/test.txt
	@touch $@

check-python:
	@command -v $(PYTHON) >/dev/null || { echo "Creditflow needs Python 3.11 or newer, with venv; install it or set PYTHON=."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Creditflow needs Python 3.11 or newer; set PYTHON= to one."; exit 1; }
