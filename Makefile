# make run: set up, run every spec, write reports/latest/. make test: set up, pass the checks and the tests.
.PHONY: setup run test fast bench format
SHELL := /bin/bash

export RPY2_CFFI_MODE := ABI
export R_LIBS_USER := $(CURDIR)/.r-library
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
BIN := .venv/bin

setup:
	@.ci/setup

# Discrepancies (exit code 1) are findings, not failures.
run: setup
	@$(BIN)/harness run || [ $$? -eq 1 ]

test:
	@.ci/setup chromium
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy harness
	$(BIN)/harness check --prepare
	$(BIN)/harness report --check
	$(BIN)/pytest -n 2

# What needs neither R nor a browser, in under a minute.
fast:
	$(BIN)/pytest -n 2 -q -m "not r and not browser and not slow"

# Side by side in one run; R's QCA and gretl take part where they are installed. Half an hour.
bench: setup
	$(BIN)/python benchmarks/dynamic_panel.py
	$(BIN)/python benchmarks/fsqca.py > benchmarks/FSQCA.md
	$(BIN)/python benchmarks/scale.py > benchmarks/SCALE.md
	$(BIN)/python benchmarks/counts_only.py > benchmarks/COUNTS.md

format:
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
