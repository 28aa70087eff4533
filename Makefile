# `make report` and `make test` set themselves up in .venv from nothing but Python, git and make.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: report smoke test check cover clean

report: $(READY)  ## Train all runs of the report and draw its figures into out/report
	$(BIN)/hw1 submit --local
	$(BIN)/hw1 report

smoke: $(READY)  ## The same in a minute, with fewer images, epochs and iterations
	$(BIN)/hw1 submit --local --smoke
	$(BIN)/hw1 report --smoke

test: check cover  ## What CI runs

check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

cover: $(READY)
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

# uv is fetched into the environment where the machine has none; nothing is installed globally.
$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=…")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	command -v uv >/dev/null || test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	PATH="$$PATH:$$PWD/$(BIN)" VIRTUAL_ENV="$$PWD/.venv" uv pip install --quiet --compile-bytecode --editable . --group dev
	touch $@

clean:
	rm -rf .venv build *.egg-info .coverage .coverage.* .hypothesis
