# Everything a person or CI runs. Needs Python 3.11 or newer and make; the rest is installed here.
#
#   make demo                  the README's first example behind a relay of its own
#   make test ARGS="-k share"  more arguments for pytest
#   make test JOBS=1           one test after the other
#   make VENV=/tmp/venv test   another virtual environment

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
ARGS ?=
JOBS ?= 2

BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet --quiet
FRONTEND := ui_runtime/frontend
LOCKS := pyproject.toml $(wildcard requirements/*.txt) $(wildcard hatch_build.py)
PAGE_SOURCES := $(shell find $(FRONTEND) -name node_modules -prune -o -name .svelte-kit -prune -o -type f -print 2>/dev/null)

# The client runs on Windows and macOS too; what is unreachable differs between them.
ELSEWHERE := $(foreach system,win32 darwin,"mypy --platform $(system) --cache-dir .mypy_cache/$(system) --no-warn-unreachable -p doorstep_client")

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint types page bench bench-ui bench-network bench-transports bench-flame bench-share bench-shares bench-recovery chaos soak component-docs test-torch test-apps lock system clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(VENV)/.demo  ## the first example, shared through a relay on this machine, until Ctrl-C
	@$(BIN)/python scripts/demo.py $(ARGS)

test: system $(VENV)/.dev  ## every test, with what they need installed first
	@$(BIN)/python scripts/page.py install
	@$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile $(ARGS)

test-torch: system $(VENV)/.dev  ## the example that needs PyTorch, which is big: installs it into .venv
	@$(PIP) install --requirement requirements/torch.txt
	@$(BIN)/python scripts/page.py install
	@$(BIN)/python -m pytest tests/needs_torch/digits.py $(ARGS)

test-apps: system $(VENV)/.dev $(VENV)/.apps  ## Gradio, Streamlit, Panel, NiceGUI, Jupyter, TensorBoard behind a link, and cells of JupyterLab
	@DOORSTEP_APPS=$(VENV)/apps $(BIN)/python -m pytest tests/needs_apps/apps.py tests/needs_apps/lab.py $(ARGS)

lint: $(VENV)/.dev  ## style, types, import contracts, the page's own checks
	@failed=0; \
	for check in "ruff check" "ruff format --check" "mypy" $(ELSEWHERE) "lint-imports --no-cache" "python scripts/page.py check"; do \
		echo "== $$check"; $(BIN)/$$check || failed=1; \
	done; exit $$failed

page: $(VENV)/.dev  ## build the page again
	$(BIN)/python hatch_build.py

bench: system $(VENV)/.dev  ## Doorstep beside other tunnels and nginx, under every load, in one run
	@$(BIN)/python -m bench.tunnel $(ARGS)

bench-ui: system $(VENV)/.dev  ## a page of Doorstep beside the same of Gradio: start, weight, clicks, events, memory, files
	@$(BIN)/python -m bench.ui $(ARGS)

bench-network: $(VENV)/.dev  ## the same over a path with delay and loss, in network namespaces (root)
	@$(BIN)/python -m bench.network $(ARGS)

bench-share: system $(VENV)/.dev  ## from the call to a link, and what an idle one costs, beside ssh -R (root for the path)
	@$(BIN)/python -m bench.share $(ARGS)

bench-recovery: system $(VENV)/.dev  ## how soon a link works again after each failure, beside ssh -R with autossh (root)
	@$(BIN)/python -m bench.recovery $(ARGS)

bench-shares: $(VENV)/.dev  ## 1,000 idle shares: memory, CPU, and how soon they are back after a restart
	@$(BIN)/python -m bench.shares $(ARGS)

bench-flame: $(VENV)/.dev  ## where the relay's time goes for a small request, as a flame graph
	@$(BIN)/python -m bench.flame $(ARGS)

bench-transports: $(VENV)/.dev  ## event loops, their transports and their TLS, one beside the other
	@$(BIN)/python -m bench.transports $(ARGS)

soak: $(VENV)/.dev  ## half an hour of mixed load: does anything grow?
	@$(BIN)/python -m bench.soak $(ARGS)

chaos: $(VENV)/.dev  ## cut, stall, kill and revoke at random, and check that nothing goes astray
	@$(BIN)/python -m tests.chaos $(ARGS)

fuzz: $(VENV)/.dev  ## every parser under atheris: make fuzz ARGS="--seconds 60"
	@$(BIN)/python -m fuzz $(ARGS)

component-docs: $(VENV)/.dev  ## docs/components, from the code; ARGS=--pictures takes its pictures too
	@$(BIN)/python -m scripts.component_docs $(ARGS)

lock:  ## pin today's versions in requirements/dev.txt
	$(PYTHON) scripts/lock.py

system:
	@bash scripts/system-packages.sh

clean:  ## remove what was built and installed here
	rm -rf $(VENV) dist build .cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	rm -rf ui_runtime/doorstep/static $(FRONTEND)/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# -- what is installed, done again only when a file that decides it is newer ---------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Doorstep needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(LOCKS) $(PAGE_SOURCES) | $(BIN)/python
	@echo "Installing Doorstep into $(VENV): a minute or two the first time"
	@$(PIP) install --constraint requirements/dev.txt --editable '.[relay]'
	@touch $@

$(VENV)/.dev: $(LOCKS) $(PAGE_SOURCES) | $(BIN)/python
	@echo "Installing Doorstep and its development tools into $(VENV)"
	@$(PIP) install --constraint requirements/dev.txt --editable '.[relay,image,dev]'
	@$(PIP) install --no-deps --requirement requirements/httpbin.txt
	@touch $@ $(VENV)/.demo

$(VENV)/.apps: requirements/apps.txt | $(BIN)/python
	@echo "Installing other people's apps into $(VENV)/apps: minutes, the first time"
	@$(PYTHON) -m venv $(VENV)/apps
	@$(VENV)/apps/bin/pip --disable-pip-version-check --quiet --quiet install --requirement requirements/apps.txt
	@touch $@
