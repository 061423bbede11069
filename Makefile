# The two commands of the README are `make run` and `make test`; both do their own set-up on a machine with Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := registry gateway monitor deploy
ARGS ?=

.PHONY: install run test check bench soak clean

install: $(VENV)/.installed

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Dayuan needs Python 3.11 or newer. Set PYTHON=/path/to/python3.11."; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml package.json package-lock.json front_end.py | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock
	@touch $@

# Without the weights everything but plate reading works, so a failure here is said and not fatal.
run: install
	-@$(BIN)/dayuan models fetch
	$(BIN)/dayuan up --demo $(ARGS)

# Where the environment forbids bytecode, each of the many processes of a run would compile every file anew.
test soak: export PYTHONDONTWRITEBYTECODE :=
test soak: export PYTHONPYCACHEPREFIX := $(abspath $(VENV))/bytecode

# In the order of the folders: those with a browser and whole houses come first, so that no worker is left with one at the end.
# Three workers for two cores: a quarter of the time a test waits for a process, a broker or a page.
test: $(VENV)/.installed-dev
	-@$(BIN)/dayuan models fetch
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not soak" $(ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-dev
	$(BIN)/dayuan bench gate $(ARGS)
	$(BIN)/dayuan bench ingest $(ARGS)
	$(BIN)/dayuan bench pages $(ARGS)
	$(BIN)/dayuan bench registry $(ARGS)

soak: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m soak $(ARGS)

clean:
	rm -rf $(VENV) node_modules registry/static/vendor build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(PACKAGES) tests -name __pycache__ -type d -prune -exec rm -rf {} +
