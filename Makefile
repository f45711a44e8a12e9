# provisioner: what a person can do in this folder. `make` alone lists it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules
# Without bytecode every process compiles the libraries anew: more than a second each.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
TEST_SECONDS ?= 1800
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml

.PHONY: help
help: ## List what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | \
	while IFS=$$'\t' read -r name text; do printf '  make %-18s %s\n' "$$name" "$$text"; done

.PHONY: demo
demo: ## See the main job on a realistic cluster, in a sandbox; ends by itself
	@.ci/venv runtime
	@$(BIN)/provisioner sandbox demo

.PHONY: serve
serve: ## Open the portal on the sample cluster in a sandbox, until Ctrl-C (ARGS=--tenant-only: no hosts)
	@.ci/venv runtime
	@$(BIN)/provisioner sandbox demo --serve $(ARGS)

.PHONY: test
test: ## Run every test in parallel; says what was skipped and why
	@.ci/system-packages test
	@.ci/venv dev
	@timeout --foreground --kill-after=30 $(TEST_SECONDS) $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS) || { \
		code=$$?; [ $$code -ne 124 ] || echo "The tests did not end within $(TEST_SECONDS) seconds."; exit $$code; }

.PHONY: check
check: venv ## Run the linters, the types and the rules of the tree; changes nothing
	@$(MAKE) --jobs=2 --keep-going --output-sync=target lint types yaml secrets rules

.PHONY: lint
lint: venv ## ruff: rules and format
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check . && echo "lint: clean"

.PHONY: types
types: venv ## mypy, strict
	@$(BIN)/mypy

.PHONY: yaml
yaml: venv ## yamllint, and ansible-lint's production profile over the playbooks
	@.ci/yaml

.PHONY: secrets
secrets: venv ## Look for secrets in tracked files
	@git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook --baseline .secrets.baseline && \
		echo "secrets: none beyond .secrets.baseline"

.PHONY: secrets-known
secrets-known: venv ## Accept what `make secrets` found, after you looked at each
	@git ls-files -z | xargs -0 $(BIN)/detect-secrets scan --slim --exclude-files '\.(lock|baseline)$$' \
		--exclude-files 'graph-schema\.json$$' --exclude-secrets '^(env|file)/' >.secrets.baseline.new && \
		mv .secrets.baseline.new .secrets.baseline

.PHONY: rules
rules: venv ## Layers, sizes, and whether generated files are fresh
	@$(BIN)/python -m pytest -q tests/structure

.PHONY: bench
bench: venv ## Measure against floors of the same run; writes var/bench.json
	@$(BIN)/python -m bench $(ARGS)

.PHONY: docs
docs: venv ## Write the generated reference pages and schemas anew
	@$(BIN)/python .ci/reference.py

.PHONY: lock
lock: venv ## Pin every package anew, with hashes, from pyproject.toml
	@$(UV_COMPILE) --upgrade --extra postgresql --group dev --output-file .ci/dev.lock
	@$(UV_COMPILE) --group install --constraints .ci/dev.lock --output-file .ci/runtime.lock
	@$(UV_COMPILE) --extra postgresql --group install --constraints .ci/dev.lock --output-file .ci/postgresql.lock
	@git --no-pager diff --stat -- .ci/dev.lock .ci/runtime.lock .ci/postgresql.lock

.PHONY: test-all-pythons
test-all-pythons: venv ## Install the lock and run the unit tests on 3.11, 3.12 and 3.13
	@.ci/all-pythons

.PHONY: venv
venv: ## Make .venv with all that developers use
	@.ci/venv dev

.PHONY: clean
clean: ## Remove .venv, var and every other thing made here
	@rm -rf .venv var build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .ansible
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
