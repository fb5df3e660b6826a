# Two commands do all the set-up: `make run` and `make test`. Everything lives in .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UVPIP  := $(BIN)/python -m uv pip

.PHONY: run test check bench fix lock vendor docs clean

# -- environment ---------------------------------------------------------------------------------
$(VENV)/.made:
	$(PYTHON) -m venv $(VENV) || { echo "python3 needs its venv module (Debian: apt-get install python3-venv)"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	touch $@

$(VENV)/.run: $(VENV)/.made requirements.lock pyproject.toml
	$(UVPIP) install --quiet --require-hashes -r requirements.lock
	$(UVPIP) install --quiet --no-deps --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	$(UVPIP) install --quiet --require-hashes -r requirements-dev.lock
	touch $@

# -- the two commands ----------------------------------------------------------------------------
run: $(VENV)/.run
	$(BIN)/outlay demo --ensure
	$(BIN)/outlay serve --data .demo

test: $(VENV)/.dev
	./tests/install-browser
	$(BIN)/python -m pytest -n 2

# -- for developers ------------------------------------------------------------------------------
check: $(VENV)/.dev
	$(BIN)/ruff check src tests
	$(BIN)/ruff format --check src tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pip-audit --local --skip-editable --progress-spinner off || echo "pip-audit: no advisory service reachable"

fix: $(VENV)/.dev
	$(BIN)/ruff check --fix src tests
	$(BIN)/ruff format src tests

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench

lock: $(VENV)/.made
	$(UVPIP) compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header pyproject.toml -o requirements.lock
	$(UVPIP) compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --group dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV)
