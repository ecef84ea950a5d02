PORT ?= 5000
BIN := .venv/bin

# What is not released yet, and where its sources are.
NEXT ?= \
	flask@git+https://github.com/pallets/flask@main \
	werkzeug@git+https://github.com/pallets/werkzeug@main \
	flask-sqlalchemy@git+https://github.com/pallets-eco/flask-sqlalchemy@main

.PHONY: help demo test test-next torture lint bench FORCE

help:  ## Show what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*##/ { printf "%-11s%s\n", $$1, $$2 }' Makefile

demo: .venv/cookiecutter  ## Generate the default project and serve it on PORT (5000)
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT INT TERM \
	&& $(BIN)/cookiecutter --no-input --output-dir "$$folder" . \
	&& $(MAKE) --directory "$$folder/my_flask_app" run PORT=$(PORT)

test: .venv/dev lint  ## Run the tests
	$(BIN)/python -m pytest

test-next: .venv/dev  ## Run the tests of projects on what NEXT names
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-next
	$(BIN)/uv pip install --quiet --python .venv-next --group dev $(NEXT)
	$(BIN)/uv pip install --quiet --python .venv-next --no-deps --target .venv-next/released \
		flask werkzeug flask-sqlalchemy
	.venv-next/bin/python -m tests.next .venv-next/released
	.venv-next/bin/python -m pytest -k "mypy or own_tests or scenarios" tests/test_projects.py \
		tests/scenarios/test_concurrency.py tests/scenarios/test_leftovers.py tests/scenarios/test_sqlite.py

torture: .venv/dev  ## Prove what sessions promise, and write it to docs/scenarios.md
	CI=true $(BIN)/python -m pytest -m "" -p tests.scenarios.table --table docs/scenarios.md tests/scenarios

lint: .venv/dev
	$(BIN)/ruff check --config pyproject.toml
	$(BIN)/ruff format --check --config pyproject.toml
	$(BIN)/mypy

bench: .venv/dev  ## Compare what sessions and generation cost
	$(BIN)/python -m benchmarks

# An environment leads to the folder that it was made in, so a copy gets one of its own.
.venv/made: FORCE
	@test "$$(cat $@ 2> /dev/null)" = "$$(pwd -P)" || { \
		test ! -s $@ || rm -rf .venv; \
		if command -v uv > /dev/null; then \
			uv venv --quiet --seed --allow-existing .venv; \
		else \
			python3 -m venv .venv && $(BIN)/python -m pip install --quiet --upgrade pip; \
		fi && pwd -P > $@; }

.venv/cookiecutter: .venv/made
	@if command -v uv > /dev/null; then uv pip install --quiet --python .venv 'cookiecutter>=2.7,<3'; \
	else $(BIN)/python -m pip install --quiet 'cookiecutter>=2.7,<3'; fi
	@touch $@

.venv/dev: .venv/made pyproject.toml
	@if command -v uv > /dev/null; then uv pip install --quiet --python .venv --group dev; \
	else $(BIN)/python -m pip install --quiet --group dev; fi
	@touch $@
