# make demo    sets everything up and runs the main job on the embedded demo
# make test    sets everything up and passes the tests
# make check   format, lint, types and tests
# make lock    writes .ci/dev.lock anew from pyproject.toml

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed

.PHONY: demo test check lint lock clean
.DEFAULT_GOAL := check

$(STAMP): pyproject.toml .ci/dev.lock
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: $(STAMP)
	$(BIN)/imgtrust demo

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

test: $(STAMP)
	$(BIN)/pytest -m "not peers"

check: lint test

lock:
	uv pip compile --quiet --universal --python-version 3.11 --group dev pyproject.toml --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header --no-annotate --output-file .ci/dev.lock

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
