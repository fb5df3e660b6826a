# Two commands do all the set-up: `make run` and `make test`. Everything lives in .venv.
# The tests run with the control database on SQLite, then on Postgres; CONTROL=sqlite or =postgres runs all on that one.
VENV   := .venv
BIN    := $(VENV)/bin
# Without --python, uv would fill whatever environment happens to be active in the caller's shell.
INTO   := $(BIN)/python -m uv pip install --quiet --python $(BIN)/python
LOCK   := $(BIN)/python -m uv pip compile --quiet --python $(BIN)/python --universal --generate-hashes \
          --no-emit-index-url --no-emit-find-links --no-header $(RENEW)
CODE   := src tests tools
PYTEST := $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder
# What depends on the control database. All else runs on Postgres with CONTROL=postgres: it shows figures, which are the
# ledger's, or uses the control database only in passing.
ON_BOTH := tests/access tests/audit tests/cli tests/control tests/gateway tests/intake tests/isolation tests/web
FIGURES := $(addprefix tests/web/,charts export view pages/agents pages/explorer pages/filter pages/usage)
PASSING := tests/intake/test_made_rows.py $(addprefix tests/web/,live test_gallery.py api/test_otlp.py \
	api/test_otlp_sources.py pages/gateway/test_programs.py pages/welcome/test_ways.py pages/test_sign_in_posts.py)
ONLY   ?=
CONTROL ?=
RENEW  ?=
# The first Python on the path that is new enough; `make PYTHON=… run` names another.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$name && break; done)

# Where it is set, every process that a test starts would compile all of the source anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check bench fix lock docs screenshots vendor clean

# -- environment ---------------------------------------------------------------------------------
$(VENV)/.made: requirements-setup.lock
	./tools/make-venv "$(VENV)" "$(PYTHON)" requirements-setup.lock
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements.lock pyproject.toml
	$(INTO) --require-hashes -r requirements.lock
	$(INTO) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	$(INTO) --require-hashes -r requirements-dev.lock
	@touch $@

# -- the two commands ----------------------------------------------------------------------------
run: $(VENV)/.run
	$(BIN)/outlay demo --data .demo --if-missing
	$(BIN)/outlay serve --data .demo

test: $(VENV)/.dev
	./tests/install-browser
	./tests/install-postgres
ifeq ($(CONTROL),)
	@# The second runs, and tells, where the first has failed.
	$(PYTEST) && status=0 || status=1; \
	OUTLAY_TEST_CONTROL=postgres $(PYTEST) $(ON_BOTH) $(patsubst %,--ignore=%,$(FIGURES) $(PASSING)) && exit $$status
else
	OUTLAY_TEST_CONTROL=$(CONTROL) $(PYTEST)
endif

# -- for developers ------------------------------------------------------------------------------
check: $(VENV)/.dev
	$(BIN)/python -m ruff check $(CODE)
	$(BIN)/python -m ruff format --check $(CODE)
	$(BIN)/python -m mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.audit_dependencies

fix: $(VENV)/.dev
	$(BIN)/python -m ruff check --fix $(CODE)
	$(BIN)/python -m ruff format $(CODE)

docs: $(VENV)/.dev
	$(BIN)/python -m tools.make_reference

screenshots: $(VENV)/.dev
	./tests/install-browser
	$(BIN)/python -m tools.take_screenshots

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench $(ONLY)

lock: $(VENV)/.made
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) --group setup -c requirements-dev.lock -o requirements-setup.lock

vendor:
	$(PYTHON) tools/vendor.py

clean:
	rm -rf $(VENV)
