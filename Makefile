# Every target takes PYTHON=… to choose the interpreter for .venv.
PYTHON ?= python3
PORT ?= 8000
DATA ?= data
OWNER ?= owner
PIP = .venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help install run test check bench contents constraints clean

help: ## say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 22

install: .venv/installed ## make .venv with everything that the node needs

run: .venv/installed ## serve http://localhost:8000 from ./data, made on the first start (PORT=, DATA=, OWNER=)
	@exec .venv/bin/fediserver serve --port $(PORT) --data-dir $(DATA) --owner $(OWNER)

test: .venv/tested ## run the whole test suite
	@.ci/tools || true
	.venv/bin/pytest -n 2 --dist worksteal

check: .venv/tested ## format, lint, types, layers
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: .venv/tested ## measure against the budgets; writes bench/results.json
	.venv/bin/python -m bench

contents: .venv/installed ## write docs/client-api.md, which tells every endpoint
	.venv/bin/python -m fediserver.web.contents > docs/client-api.md

constraints: .venv/tested ## pin the versions that are installed now
	(echo '# Versions that the tests were run with; made by `make constraints`.'; \
	 .venv/bin/python -m pip freeze --exclude-editable --exclude pip --exclude setuptools) > constraints.txt

clean: ## remove what can be made again; data stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "Python's venv module is missing: on Debian, 'apt install python3-venv' brings it" >&2; exit 1; }

.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) --editable .
	@touch $@

.venv/tested: .venv/installed
	$(PIP) --editable '.[test]'
	@touch $@
