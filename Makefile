# Every target sets up what it needs first. PYTHON=… picks the interpreter (3.11 or newer).
PYTHON ?= python3
SECONDS ?= 60

.PHONY: run test test-long bench check .venv tools python clean

run: .venv
	.venv/bin/tradewright demo --seconds $(SECONDS)

test: tools
	scripts/test

test-long: tools
	scripts/test long

check: tools
	scripts/check
	PYTHONPATH=src .venv/bin/pytest -q tests/architecture

# The wire's measurements need what speaks to venues, which is no part of the default install.
bench: tools
	.venv/bin/python bench/run.py

# Phony on purpose: scripts/setup.py compares contents, so it also sees files that went away.
.venv: python
	@$(PYTHON) scripts/setup.py run

tools: python
	@$(PYTHON) scripts/setup.py dev

python:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON): install the package python3."; exit 1; }

clean:
	rm -rf .venv build .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf src/*.egg-info
