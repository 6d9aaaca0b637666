PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false
# Whole files side by side, a core each: threads that share a core with another process's wait for each other.
PARALLEL_TESTS := OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast test-qlora check format serve bench clean

help: ## Say what each target does
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Trivium needs Python 3.11 or newer; say: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

setup: $(READY) ## Make .venv with everything that development needs

demo: $(READY) ## Start the service, post an example use case, show the recommendation, deploy it, ask it
	$(BIN)/trivium demo

test: $(READY) ## Run all tests, the slow ones with real models and servers too
	$(PARALLEL_TESTS)

test-fast: $(READY) ## Run the tests that need only seconds
	$(PARALLEL_TESTS) -m 'not slow'

test-qlora: $(READY) ## Run the tests of training on a base of 4 bits, with the large library that only they need
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade --no-deps --target build/qlora 'bitsandbytes>=0.50,<1'
	OMP_NUM_THREADS=1 PYTHONPATH=build/qlora $(BIN)/pytest tests/finetune/test_quantization.py

check: $(READY) ## Lint, types, import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## Put the code into its normal form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

serve: $(READY) ## Start the service on http://127.0.0.1:8321
	$(BIN)/trivium serve

bench: $(READY) ## Measure retrieval on the tasks in TASKS (default ../shared/tasks)
	$(BIN)/python -m benchmarks.rag

clean: ## Remove the virtual environment and caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
