# make serve   install, index the bundled corpus, serve the site on port 8000
# make test    install, lint, type check, all tests (browser tests where Chromium is present)
# make coverage    the same tests with branch coverage measured
# make check-all   the slow checks too: real data, kills, figures

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA_DIR ?= kb-data
PORT ?= 8000
HOST ?= 127.0.0.1
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: serve test coverage check-all bench-check soak lint types docs lock sbom audit clean

$(VENV)/.runtime: requirements/build.txt requirements/runtime.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements/build.txt
	$(PIP) --no-build-isolation --require-hashes -r requirements/runtime.txt
	$(PIP) --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	$(PIP) --no-build-isolation --require-hashes -r requirements/dev.txt
	@touch $@

serve: $(VENV)/.runtime
	$(BIN)/kb demo --data-dir $(DATA_DIR)
	$(BIN)/kb serve --data-dir $(DATA_DIR) --host $(HOST) --port $(PORT)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

# Each process takes neighbouring tests, so that what a module builds is built once.
test: lint types
	$(BIN)/python -m pytest -m "not slow" -n auto --dist worksteal

# Lines and branches; fails below the floor in pyproject.toml, which only rises.
coverage: $(VENV)/.dev
	$(BIN)/python -m pytest -m "not slow" -n auto --dist worksteal --cov

check-all: lint types
	HYPOTHESIS_PROFILE=searching $(BIN)/python -m pytest -n auto --dist worksteal

# Fails when a search, an answer, opening or the build got slower by a quarter than recorded.
bench-check: $(VENV)/.dev
	$(BIN)/python -m bench.check

# The parts of the manual that the code states: commands, settings, keys of sources.
docs: $(VENV)/.dev
	$(BIN)/python -m docs.reference

# Two hours of 60 mixed requests a second with a refresh every five minutes: bench/results/soak.json.
# SOAK="--hours 0.05 --rate 10" for a short one.
soak: $(VENV)/.dev
	$(BIN)/python -m bench.soak $(SOAK)

# Rewrites the pinned files from requirements/*.in; needs uv on the PATH.
lock:
	for name in build runtime dev; do \
	  uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate --quiet requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

# sbom.json: what is needed at run time, with licences and hashes (CycloneDX).
sbom: $(VENV)/.runtime
	$(BIN)/python -m requirements.sbom >sbom.json

# Fails when a pin is on the dated list of versions known to be bad, requirements/advisories.toml.
audit: $(VENV)/.dev
	$(BIN)/python -m requirements.audit

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache
