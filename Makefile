# Each target sets up what it needs: Python 3.11 or newer, pip and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DISTRIBUTIONS := contracts framework framework/service framework/testkit plugins/c1 plugins/dropbox plugins/dropbox/simulator plugins/roster plugins/scim
# What the image of the service holds.
IMAGE := contracts framework framework/service plugins/c1 plugins/dropbox plugins/roster plugins/scim

# Each process that the tests start would compile the modules anew where nothing may be kept; empty stands for not set.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help install demo test check bench sweep docs dist lock clean

help:
	@echo "make demo     run the main job on a simulated Dropbox team"
	@echo "make test     run the tests"
	@echo "make check    lint, types, architecture"
	@echo "make bench    speed and memory beside a floor, a thousand grants, nested groups, exports"
	@echo "make sweep    the long sweeps; tables under docs/evidence/"
	@echo "make docs     generated pages and schemas, and the documentation in build/docs"
	@echo "make dist     every distribution as sdist and wheel in dist/, checked and tried in a fresh environment"
	@echo "make lock     compile requirements/*.txt anew"

install: $(READY)

$(READY): requirements/dev.txt requirements/uv.txt pyproject.toml $(DISTRIBUTIONS:%=%/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(DISTRIBUTIONS:%=-e %)
	@$(BIN)/python -m compileall -q $(DISTRIBUTIONS:%=%/src)
	@touch $@

demo: $(READY)
	@$(BIN)/python -m jackfield_dropbox_simulator.demo

test: $(READY)
	@$(BIN)/python -m pytest

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

bench: $(READY)
	@$(BIN)/python -m tests.bench
	@$(BIN)/python -m tests.bench.grants
	@$(BIN)/python -m tests.bench.nested
	@$(BIN)/python -m tests.bench.exports

sweep: $(READY)
	@$(BIN)/python -m tests.sweeps

docs: $(READY)
	@$(BIN)/python -m jackfield_contracts.schemas contracts/schemas
	@$(BIN)/cog -r --verbosity=1 -I docs $$(grep -rl --include='*.md' --include='*.svg' '\[\[\[cog' docs)
	@$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -j auto docs build/docs
	@echo "build/docs/index.html"

dist: $(READY)
	@$(BIN)/python -m tests.release

lock:
	@test -x $(BIN)/uv || ($(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet uv)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links requirements/uv.in -o requirements/uv.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links --no-emit-package jackfield --no-emit-package jackfield-contracts --no-emit-package jackfield-testkit \
		--no-emit-package jackfield-service --no-emit-package jackfield-c1 \
		--no-emit-package jackfield-dropbox --no-emit-package jackfield-dropbox-simulator \
		--no-emit-package jackfield-roster --no-emit-package jackfield-scim \
		$(DISTRIBUTIONS:%=%/pyproject.toml) requirements/dev.in -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links --constraint requirements/dev.txt requirements/build.in -o requirements/build.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links --constraint requirements/dev.txt --extra traces \
		--no-emit-package jackfield --no-emit-package jackfield-contracts --no-emit-package jackfield-service \
		--no-emit-package jackfield-c1 --no-emit-package jackfield-dropbox --no-emit-package jackfield-roster --no-emit-package jackfield-scim \
		$(IMAGE:%=%/pyproject.toml) -o requirements/service.txt

clean:
	rm -rf $(VENV) dist .pytest_cache .ruff_cache .hypothesis .demo .bench
