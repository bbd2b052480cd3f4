# The project's commands. They need make and Python 3.11 or newer (with venv and pip), and install the rest themselves.
PYTHON ?= python3
# one virtual environment per interpreter, so that PYTHON=python3.13 never mixes with the default one
VENV ?= $(if $(filter python3,$(PYTHON)),.venv,.venv-$(notdir $(PYTHON)))
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PYTEST_ARGS ?=
# this repository's own packages; what they require is installed again when it changes
PACKAGES := packages/functions-testhost/pyproject.toml packages/azure-compute-simulator/pyproject.toml
# the real az, for the commands of the documents and the comparison with the simulator
AZ_VERSION := 2.91.0
AZ := build/az/.installed-$(AZ_VERSION)
CASES ?=
BACKEND ?=
TORTURE_ARGS ?=
# the tests of one file share servers, so they stay on one worker; tests/conftest.py says in which order
PARALLEL ?= --numprocesses 3 --dist loadfile --no-loadscope-reorder
# `make coverage` fails below this; docs and README give the measured figure
COVERAGE_FLOOR := 98

# every test that starts the app imports it: without bytecode that takes a third of a second more
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo demo-fleet serve test test-slow test-fleet test-extension cases torture fuzz bench bench-full check format coverage hooks
.PHONY: package cli lock parity-az scan-infra clean

help: ## list these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(VENV)/.installed ## migrate ten managed images on a simulated Azure while you watch (under a minute)
	$(BIN)/python -m demo

demo-fleet: $(VENV)/.installed ## migrate 200 images while 5 % of the requests to Azure fail (under three minutes)
	$(BIN)/python -m demo --fleet

serve: $(VENV)/.installed ## keep the simulated Azure and the app running, and print their addresses
	$(BIN)/python -m demo --serve

test: $(VENV)/.installed ## run the tests; a part: make test PYTEST_ARGS="tests/unit -k policy"
	$(BIN)/python -m pytest $(PARALLEL) $(PYTEST_ARGS)

test-slow: $(VENV)/.installed $(AZ) ## run the tests that take minutes
	$(BIN)/python -m pytest $(PARALLEL) -m slow $(PYTEST_ARGS)

test-fleet: $(VENV)/.installed ## migrate 3,000 images within the limits of Azure, rehearse the fleet of the demo (half an hour)
	$(BIN)/python -m pytest -m hour $(PYTEST_ARGS)

cases: $(VENV)/.installed ## run the cases from practice, or those of another folder: make cases CASES=/some/folder
	$(BIN)/python -m pytest $(PARALLEL) tests/cases $(if $(CASES),--cases "$(CASES)") $(PYTEST_ARGS)

torture: $(VENV)/.installed ## kill the host and fail Azure in every way, three seeds; writes docs/reliability.md (20 minutes)
	$(BIN)/python -m torture $(TORTURE_ARGS)

# the same seed sends the same requests; each takes about ten minutes
FUZZ_SEEDS ?= 7 8 9
FUZZ_EXAMPLES ?= 100
FUZZ_REQUESTS ?= 20000
FUZZ_ORCHESTRATIONS ?= 1000
fuzz: $(VENV)/.installed ## send hostile requests, run random orchestrations: make fuzz FUZZ_SEEDS=8 FUZZ_REQUESTS=50000
	rm -rf build/fuzz
	set -e; for seed in $(FUZZ_SEEDS); do \
		GALLERIST_FUZZ_FIGURES=build/fuzz/$$seed GALLERIST_FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) \
		GALLERIST_FUZZ_REQUESTS=$(FUZZ_REQUESTS) GALLERIST_FUZZ_SEED=$$seed \
		TESTHOST_RANDOM_EXAMPLES=$(FUZZ_ORCHESTRATIONS) \
		$(BIN)/python -m pytest $(PARALLEL) --hypothesis-seed $$seed tests/fuzz \
		packages/functions-testhost/tests/integration/test_random_orchestrations.py $(PYTEST_ARGS); \
	done

# other sizes, contenders or numbers of threads: .venv/bin/python -m benchmarks --help
BENCH_SIZES ?= 1 100 1000
bench: $(VENV)/.installed ## measure the host, and Gallerist beside a script on the one clock; writes docs/performance.md
	$(BIN)/python -m benchmarks.host
	$(BIN)/python -m benchmarks $(BENCH_SIZES)

# the script needs as many threads as Gallerist migrates at once, and takes as long again for every fleet
bench-full: $(VENV)/.installed ## measure fleets of 5,000 and 10,000 images, too (one to three hours)
	$(BIN)/python -m benchmarks 5000 --threads 200
	$(BIN)/python -m benchmarks 10000 --contenders gallerist

# The real Durable extension on the WebJobs SDK, made for machines without .NET; its README says what it is. The folder
# lies beside the repository, and everything is installed under build/, so that .venv stays what requirements say.
EXTENSION_TOOLS ?= $(patsubst %/,%,$(firstword $(dir $(wildcard ../*/tools/install.sh))))
EXTENSION := build/extension
ifeq ($(wildcard $(EXTENSION_TOOLS)/install.sh),)
test-extension:
	@echo "test-extension is skipped: EXTENSION_TOOLS names no folder with install.sh, which installs the extension"
else
# the last line compares the embedded host with the same recording as the extension: a difference fails
test-extension: $(VENV)/.installed $(EXTENSION)/.installed ## run the acceptance tests on the real Durable extension (minutes; needs EXTENSION_TOOLS and Node.js)
	EXTENSION_TOOLS=$(EXTENSION_TOOLS) GALLERIST_ACCEPTANCE_HOST=extension $(BIN)/python -m pytest --numprocesses 2 --dist loadfile \
		--timeout 900 -m "slow or not slow" tests/acceptance $(PYTEST_ARGS)
	$(BIN)/python -m pytest tests/acceptance/behaviours
endif

# azure-functions-runtime says that it needs Python 3.13; it works on 3.11. Azurite 3.36 needs a newer Node.js than 20.
$(EXTENSION)/.installed: requirements.txt Makefile $(EXTENSION)/tools/.installed
	npm install --silent --no-fund --no-audit --prefix $(EXTENSION)/azurite azurite@3.35.0
	$(PYTHON) -m venv $(EXTENSION)/venv
	$(EXTENSION)/venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	$(EXTENSION)/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--ignore-requires-python azure-functions-runtime==1.3.0 azurefunctions-extensions-base==1.2.0
	@touch $@

$(EXTENSION)/tools/.installed: $(EXTENSION_TOOLS)/archives/SHA256SUMS
	sh $(EXTENSION_TOOLS)/install.sh $(EXTENSION)/tools
	@touch $@

check: $(VENV)/.installed ## check format, lint, types and import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed ## format the code, and fix what ruff can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

coverage: $(VENV)/.installed ## run the tests, measure what they cover, compare with the README
	$(BIN)/python -m pytest $(PARALLEL) --cov --cov-report=term --cov-report=json:build/coverage.json \
		--cov-fail-under=$(COVERAGE_FLOOR) $(PYTEST_ARGS)
	$(BIN)/python -m scripts.check_coverage build/coverage.json

hooks: $(VENV)/.installed ## check changed files before every commit (pre-commit)
	$(BIN)/pre-commit install

# The whole command line: also `up`, `snapshot` and `rehearse`, which need the app and the two packages. `compat` lets
# all of the checkout be imported, not only the packages that `pipx install .` installs.
CLI := build/cli
cli: $(CLI)/.installed ## install the command line, with all that it can do, in build/cli
	@echo 'Installed. To use it in this shell: export PATH="$(CURDIR)/$(CLI)/bin:$$PATH"'

$(CLI)/.installed: requirements.txt pyproject.toml $(PACKAGES)
	$(PYTHON) -m venv --clear $(CLI)
	$(CLI)/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt
	$(CLI)/bin/pip install --quiet --disable-pip-version-check --editable ./packages/functions-testhost \
		--editable ./packages/azure-compute-simulator
	$(CLI)/bin/pip install --quiet --disable-pip-version-check --config-settings editable_mode=compat --editable .
	@touch $@

package: ## build what is deployed: the folder dist/app and a zip of it; for the scheduler: make package BACKEND=scheduler
	$(PYTHON) scripts/package.py $(if $(BACKEND),--backend "$(BACKEND)")

lock: ## pin requirements.in and everything it needs, by hash, in requirements.txt
	$(PYTHON) -m venv build/lock
	build/lock/bin/pip install --quiet --disable-pip-version-check uv==0.13.9
	build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "$(LOCK_HEADER)" --output-file requirements.txt requirements.in

# Dependabot reads these two options from the header of requirements.txt when it updates the file
# (dependabot-core, uv/lib/dependabot/uv/file_updater/compile_file_updater.rb)
LOCK_HEADER := make lock (uv pip compile --universal --python-version 3.11)

$(AZ):
	$(PYTHON) -m venv --clear build/az
	build/az/bin/pip install --quiet --disable-pip-version-check azure-cli==$(AZ_VERSION)
	@touch $@

parity-az: $(VENV)/.installed $(AZ) ## run the real az against the simulator (installs az in build/az; minutes)
	$(BIN)/python packages/azure-compute-simulator/parity/run_az.py --az build/az/bin/az

# another compiler: make scan-infra BICEP=/some/bicep
scan-infra: $(if $(wildcard $(EXTENSION_TOOLS)/install.sh),$(EXTENSION)/tools/.installed) ## compile and lint infra/ with Bicep, compare it with its snapshots, scan it with checkov
	$(PYTHON) -m scripts.compile_infra
	$(PYTHON) -m venv build/checkov
	build/checkov/bin/pip install --quiet --disable-pip-version-check checkov==3.3.30
	$(PYTHON) -m scripts.scan_infra --checkov build/checkov/bin/checkov

clean: ## remove what these commands made
	rm -rf *.egg-info .venv .venv-* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* dist build

# Two calls of pip, for pip checks the hashes of all requirements of a call or of none.
# The packages are installed from their folders (--editable): their code is read where it is, so only a change of
# what they require needs an installation.
$(VENV)/.installed: requirements.txt requirements-dev.txt $(PACKAGES)
	$(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) --requirement requirements.txt
	$(PIP_INSTALL) --requirement requirements-dev.txt
	@touch $@
