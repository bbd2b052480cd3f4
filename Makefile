# The project's commands. A fresh machine needs make and python3 (with venv and pip); the rest is installed here.
PYTHON ?= python3
# one virtual environment per interpreter, so that PYTHON=python3.13 never mixes with the default one
VENV ?= $(if $(filter python3,$(PYTHON)),.venv,.venv-$(notdir $(PYTHON)))
BIN := $(VENV)/bin
PYTEST_ARGS ?=
# a file of tests shares its servers, so it stays with one worker
PARALLEL ?= --numprocesses auto --maxprocesses 4 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo demo-fleet serve test parity-az check format package lock scan-infra clean

help: ## list these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# what is shipped first and by its hashes; pip wants hashes of everything or of nothing in one go
$(VENV)/.installed: requirements.txt requirements-dev.txt packages/functions-testhost/pyproject.toml packages/azure-compute-simulator/pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@

demo: $(VENV)/.installed ## migrate real-looking managed images while you watch (under a minute)
	$(BIN)/python -m demo

demo-fleet: $(VENV)/.installed ## migrate 200 images while 5 % of everything goes wrong (under three minutes)
	$(BIN)/python -m demo --fleet

serve: $(VENV)/.installed ## keep the simulated Azure and the app running, and print their addresses
	$(BIN)/python -m demo --serve

test: $(VENV)/.installed ## run every test
	$(BIN)/python -m pytest $(PARALLEL) $(PYTEST_ARGS)

parity-az: $(VENV)/.installed ## run the real az against the simulator (installs it in build/az; minutes)
	$(PYTHON) -m venv build/az
	build/az/bin/pip install --quiet --disable-pip-version-check azure-cli==2.91.0
	$(BIN)/python packages/azure-compute-simulator/parity/run_az.py --az build/az/bin/az

check: $(VENV)/.installed ## lint, types, import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed ## format and mend what can be mended by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

package: $(VENV)/.installed ## build the zip that is deployed
	$(BIN)/python -m scripts.package

lock: ## write requirements.txt anew: requirements.in with everything it needs, pinned by hash
	$(PYTHON) -m venv build/lock
	build/lock/bin/pip install --quiet --disable-pip-version-check uv==0.13.9
	build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --output-file requirements.txt requirements.in

scan-infra: ## scan infra/ with checkov; docs/security.md explains what is left
	$(PYTHON) -m venv build/checkov
	build/checkov/bin/pip install --quiet --disable-pip-version-check checkov==3.3.30
	$(PYTHON) -m scripts.scan_infra --checkov build/checkov/bin/checkov

clean: ## remove what these commands made
	rm -rf .venv .venv-* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
