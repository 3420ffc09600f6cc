# One command each; `make help` lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3.11
BIN := .venv/bin
CLIENT := web/client

# Compiled modules are kept: without them every start reads all sources again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run demo test lint bench clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: .venv/.complete $(CLIENT)/dist/.complete ## make .venv, build native parts and the client; names what is missing

.venv/.complete: requirements.lock pyproject.toml setup.py setup/python.sh $(wildcard sfu/plane/native/*.p[xy]*)
	@PYTHON=$(PYTHON) setup/python.sh

$(CLIENT)/dist/.complete: $(CLIENT)/package-lock.json $(shell find $(CLIENT)/src $(CLIENT)/public $(CLIENT)/index.html $(CLIENT)/vite.config.ts -type f 2>/dev/null)
	@PYTHON=$(PYTHON) setup/client.sh

run: setup ## serve http://localhost:8000 with the demonstration organisation
	@$(BIN)/giaoban serve --demo

# Three Chromiums come too where there is one, else only light peers.
demo: setup ## central, province and district as three installations with 208 sites (as root: each in its own network)
	@$(BIN)/giaoban demo province --sites 204 $(if $(shell command -v chromium),--browsers var/demo/pictures) $(ARGS)

test: setup ## everything: lint, types, contracts, unit, integration and browser tests
	@PYTHON=$(BIN)/python setup/system.sh test
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target types rules client
	@setup/tests.sh

lint: setup ## ruff, mypy --strict, import contracts, client types
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target types rules

.PHONY: types rules client
types:
	$(BIN)/mypy

rules:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	cd $(CLIENT) && npm run lint --silent

client:
	cd $(CLIENT) && npm test --silent

bench: setup ## measure; writes bench/results/*.json and a table
	$(BIN)/python -m bench

clean: ## remove what setup made (never the data folder)
	rm -rf .venv $(CLIENT)/node_modules $(CLIENT)/dist build *.egg-info sfu/plane/native/*.so
