PORT ?= 5000
BIN := .venv/bin

.PHONY: help demo test torture lint bench

help:  ## Show what make can do
	@sed -n 's/^\([a-z]*\):.*##/\1\t/p' Makefile

demo: .venv/cookiecutter  ## Generate the default project and serve it on PORT (5000)
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT INT TERM \
	&& $(BIN)/cookiecutter --no-input --output-dir "$$folder" . \
	&& $(MAKE) --directory "$$folder/my_flask_app" run PORT=$(PORT)

test: .venv/dev lint  ## Run the tests
	$(BIN)/python -m pytest

torture: .venv/dev  ## Prove what sessions promise, and write it to docs/scenarios.md
	CI=true $(BIN)/python -m pytest -m "" -p tests.scenarios.table --table docs/scenarios.md tests/scenarios

lint: .venv/dev
	$(BIN)/ruff check --config pyproject.toml
	$(BIN)/ruff format --check --config pyproject.toml
	$(BIN)/mypy

bench: .venv/dev  ## Compare what sessions and generation cost
	$(BIN)/python -m benchmarks

.venv/made:
	@if command -v uv > /dev/null; then uv venv --quiet --seed --allow-existing .venv; \
	else python3 -m venv .venv && $(BIN)/python -m pip install --quiet --upgrade pip; fi
	@touch $@

.venv/cookiecutter: .venv/made
	@if command -v uv > /dev/null; then uv pip install --quiet --python .venv 'cookiecutter>=2.7,<3'; \
	else $(BIN)/python -m pip install --quiet 'cookiecutter>=2.7,<3'; fi
	@touch $@

.venv/dev: .venv/made pyproject.toml
	@if command -v uv > /dev/null; then uv pip install --quiet --python .venv --group dev; \
	else $(BIN)/python -m pip install --quiet --group dev; fi
	@touch $@
