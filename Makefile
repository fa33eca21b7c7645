# Everything below needs Python 3.11 or newer, pip, git and make; the rest is set up in this folder.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

UV_VERSION := 0.13.8

# The connectors of `make clients` need an older one; without it they are left out.
PYTHON310 ?= 3.10

# The first Python that is new enough; `make PYTHON=...` names another one.
ifndef PYTHON
PYTHON := $(shell for python in python3 python python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.version_info < (3, 11) and sys.exit(1); print(sys.executable)' \
	2>/dev/null && break; done)
endif

TOOLS := .tools
UV := $(TOOLS)/uv-$(UV_VERSION)/bin/uv
MELTANO := $(TOOLS)/meltano/bin/meltano
AIRFLOW := $(TOOLS)/airflow/bin/airflow
CELERY := $(TOOLS)/airflow/bin/celery
REDIS := $(TOOLS)/redis/usr/bin/redis-server
ZENSICAL := $(TOOLS)/docs/bin/zensical
BIN := .venv/bin

COMPUTED := README.md .github/CONTRIBUTING.md meltano.yml examples/airflow/meltano.yml sandbox/README.md $(wildcard docs/*.md docs/*/*.md docs/pictures/*.svg)

SYNC = UV_PYTHON='$(PYTHON)' UV_PYTHON_DOWNLOADS=never $(UV) sync --locked --quiet
INSTALLED := .meltano/installed
TENANT = $(BIN)/tap-msteams-sandbox --seed 7 --teams 5 --channels 4 --messages 60 --users 40
LOADERS := target-postgres target-duckdb target-jsonl target-csv

# uv trusts its own authorities only, unless it is told; pip trusts those of the system, too.
export UV_SYSTEM_CERTS ?= true
export UV_CACHE_DIR ?= $(CURDIR)/$(TOOLS)/cache
export XDG_STATE_HOME := $(CURDIR)/$(TOOLS)/state
unexport MELTANO_ENVIRONMENT MELTANO_PROJECT_ROOT VIRTUAL_ENV

.PHONY: help
help: ## Say what there is to make.
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: demo
demo: setup ## Load a synthetic Teams tenant into PostgreSQL, twice.
	@$(TENANT) -- $(BIN)/python demo/tour.py

# dbt has an environment of its own, as a plugin of Meltano.
.PHONY: demo-analytics
demo-analytics: setup ## The same with all streams, then the marts of the dbt package.
	@$(MELTANO) --log-level=warning install dbt-postgres
	@$(TENANT) -- $(BIN)/python demo/analytics.py

SIDE_BY_SIDE := --numprocesses=auto --dist=loadfile --no-loadscope-reorder

.PHONY: test
test: setup ## Run all tests.
	$(BIN)/pytest $(SIDE_BY_SIDE)

# Before Python 3.14 this takes twice as long as the tests alone.
.PHONY: coverage
coverage: setup ## Run all tests and measure their coverage.
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest $(SIDE_BY_SIDE)
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

.PHONY: targets
targets: setup ## Try each target of the documents, also the one that needs Python 3.11.
	@$(MELTANO) --log-level=warning install target-postgres-pipelinewise
	$(BIN)/pytest tests/targets

.PHONY: dbt
dbt: setup ## Build the dbt package in PostgreSQL and DuckDB; compare with a synthetic tenant.
	@$(MELTANO) --log-level=warning install dbt-postgres dbt-duckdb
	$(BIN)/pytest tests/marts

.PHONY: clients
clients: environment ## Let official libraries and other connectors use the sandbox.
	@UV_PROJECT_ENVIRONMENT=$(TOOLS)/clients $(SYNC) --no-default-groups --group clients --all-extras
	@for pins in sandbox/tests/clients/connectors/*.txt; do \
		place=$(TOOLS)/connectors/$$(basename $$pins .txt); \
		test -d $$place || UV_PYTHON_DOWNLOADS=never $(UV) venv --quiet --python $(PYTHON310) $$place || continue; \
		$(UV) pip sync --quiet --python $$place $$pins; \
	done
	@! command -v npm >/dev/null || npm ci --silent --prefix sandbox/tests/clients/npm
	@# Some of them leave connections open.
	$(TOOLS)/clients/bin/pytest -W ignore::ResourceWarning sandbox/tests/clients

.PHONY: fuzz
fuzz: environment ## Try thousands of random tenants, changes, faults and kills.
	HYPOTHESIS_PROFILE=fuzz $(BIN)/pytest -o faulthandler_timeout=0 --hypothesis-show-statistics tests/test_fuzz.py

MUTATION := $(TOOLS)/mutation

# In a copy without `@override`: mutmut leaves decorated methods alone. `make mutants MUTANTS=...`
# takes some of them by name, such as 'tap_msteams.run.bookmarks*'.
.PHONY: mutants
mutants: environment ## Change the code that decides what is lost, and show what no law sees.
	@UV_PROJECT_ENVIRONMENT=$(TOOLS)/mutants $(SYNC) --no-default-groups --group mutants --all-extras
	@rm -rf $(MUTATION) && mkdir -p $(MUTATION) && cp -r tap_msteams tests pyproject.toml $(MUTATION)
	@find $(MUTATION)/tap_msteams -name '*.py' -exec sed -i.bak '/^ *@override$$/d' {} +
	@cd $(MUTATION) && ../mutants/bin/mutmut run $(MUTANTS) && ../mutants/bin/mutmut results | sed '/: not checked$$/d'

.PHONY: airflow
airflow: setup $(AIRFLOW) ## Run the example on Airflow: a synthetic tenant in four shards, then in six.
	@$(BIN)/python demo/on_airflow.py

.PHONY: airflow-cluster
airflow-cluster: setup $(CELERY) $(REDIS) ## Run it on two workers, kill one, and load three tenants.
	@$(BIN)/python demo/on_cluster.py

.PHONY: bench
bench: setup ## Measure speed, requests, pacing, memory and STATE; write the plot of the documents.
	@$(BIN)/python -m benchmarks

.PHONY: check
check: environment ## Lint, check types, floors and computed documents.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cog --check $(COMPUTED)
	$(BIN)/python -m docs.computed.files --check

.PHONY: fix
fix: environment ## Format, and compute the documents anew.
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/cog -r $(COMPUTED)
	$(BIN)/python -m docs.computed.files

TYPES ?= tests/graph/types.json

.PHONY: drift
drift: environment ## Hold the streams against newer metadata of Graph: make drift TYPES=types.json
	@$(BIN)/python -m tests.graph.drift $(TYPES)

.PHONY: docs
docs: $(ZENSICAL) ## Build the site of the documents; every finding is an error.
	@$(ZENSICAL) build --strict --clean

.PHONY: lock
lock: $(UV) ## Resolve the dependencies anew, as far as a pyproject.toml changed.
	@$(UV) lock --quiet

.PHONY: dist
dist: $(UV) ## Build the packages.
	@rm -rf dist
	@UV_PYTHON='$(PYTHON)' $(UV) build --all-packages

.PHONY: wheel
wheel: dist ## Install the packages into an empty environment, and use them there.
	@$(UV) venv --quiet --clear --python '$(PYTHON)' $(TOOLS)/wheel
	@$(UV) pip install --quiet --python $(TOOLS)/wheel/bin/python dist/*.whl
	@cd $(TOOLS)/wheel && PATH="$$PWD/bin:$$PATH" tap-msteams-sandbox --seed 7 --teams 2 -- sh -euc '\
		tap-msteams --version; \
		tap-msteams --config ENV doctor; \
		tap-msteams --config ENV --discover > catalog.json; \
		tap-msteams --config ENV --catalog catalog.json > rows.jsonl; \
		tail -1 rows.jsonl | grep -q STATE; \
		echo "$$(grep -c RECORD rows.jsonl) records"'

.PHONY: postgres
postgres: environment ## Start the project's PostgreSQL.
	@$(BIN)/python demo/postgres.py start

.PHONY: psql
psql: environment ## Look into it.
	@$(BIN)/python demo/postgres.py psql

.PHONY: stop
stop: environment ## Stop it; its data stays.
	@$(BIN)/python demo/postgres.py stop

.PHONY: setup
setup: environment $(INSTALLED) ## Install everything, as locked.

.PHONY: environment
environment: $(UV)
	@$(SYNC) --all-extras

# Meltano has an environment of its own, and so does each of its plugins.
$(MELTANO): pyproject.toml uv.lock | $(UV)
	@UV_PROJECT_ENVIRONMENT=$(TOOLS)/meltano $(SYNC) --only-group meltano
	@touch $@

# The generator of the site has one, too.
$(ZENSICAL): pyproject.toml uv.lock | $(UV)
	@UV_PROJECT_ENVIRONMENT=$(TOOLS)/docs $(SYNC) --only-group docs
	@touch $@

# Airflow has one, too.
$(AIRFLOW): examples/airflow/requirements.txt | $(UV)
	@UV_PYTHON_DOWNLOADS=never $(UV) venv --quiet --clear --python '$(PYTHON)' $(TOOLS)/airflow
	@$(UV) pip install --quiet --python $(TOOLS)/airflow/bin/python --requirements $<
	@touch $@

$(CELERY): examples/airflow/cluster.txt $(AIRFLOW)
	@$(UV) pip install --quiet --python $(TOOLS)/airflow/bin/python --requirements $<
	@touch $@

# Debian's and Ubuntu's, unpacked here: nothing is installed, and nobody has to be root.
$(REDIS):
	@rm -rf $(TOOLS)/redis && mkdir -p $(TOOLS)/redis/packages
	@cd $(TOOLS)/redis/packages && apt-get -qq -o APT::Sandbox::User= download redis-server redis-tools \
		libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson
	@for package in $(TOOLS)/redis/packages/*.deb; do dpkg --extract $$package $(TOOLS)/redis; done

$(INSTALLED): meltano.yml pyproject.toml $(MELTANO)
	@$(MELTANO) --log-level=warning install tap-msteams $(LOADERS)
	@touch $@

$(UV):
	@test -n '$(PYTHON)' || { echo 'make: no Python 3.11 or newer found: make PYTHON=...' >&2; exit 1; }
	@echo 'Setting up, once: Python packages and a PostgreSQL, all in this folder.'
	@rm -rf $(TOOLS)/uv-*
	@pip='$(PYTHON) -m pip'; $$pip --version >/dev/null 2>&1 || pip=pip; \
	$$pip install --quiet --disable-pip-version-check --no-cache-dir --root-user-action=ignore \
		--target $(TOOLS)/uv-$(UV_VERSION) uv==$(UV_VERSION)

.PHONY: clean
clean: ## Remove all that was set up, the demo's database too.
	@test ! -x $(BIN)/python || $(BIN)/python demo/postgres.py remove
	@rm -rf .meltano $(TOOLS) .venv .coverage .coverage.*
