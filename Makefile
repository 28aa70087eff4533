# `make report` and `make test` set themselves up in .venv from nothing but Python, git and make.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
# Of pytest; one of them mostly waits for the test cluster.
PROCESSES ?= 3

# Of the tests; those that take long are for CI, or `make test TESTS=`.
TESTS ?= -m "not slow"

.PHONY: setup report smoke test check cover long nightly kernels kernels-avx2 kernels-sse cluster-up cluster-down clean

report: $(READY)  ## Train all runs of the report and draw its figures into out/report
	$(BIN)/hw1 submit --local
	$(BIN)/hw1 report

setup: $(READY)  ## Only what is needed to run anything, into .venv

smoke: $(READY)  ## The same in a minute, with fewer images, epochs and iterations
	$(BIN)/hw1 submit --local --smoke
	$(BIN)/hw1 report --smoke

test: check  ## What to run before a commit; CI runs the slow tests too, and measures coverage
	$(BIN)/pytest -q -n $(PROCESSES) --dist loadgroup $(TESTS)

check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# Measuring costs Python 3.11 half as much again, and a newer one little, so what takes long is left out.
# Other users' processes note which lines they ran too.
CORE := import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")

cover: $(READY)  ## The coverage of quick tests that need no cluster; all others can only add to it
	rm -rf .coverage .coverage.d
	mkdir -m 1777 .coverage.d
	COVERAGE_CORE=$$($(BIN)/python -c '$(CORE)') $(BIN)/coverage run -m pytest -n 2 --dist loadgroup -m "not slow and not cluster"
	$(BIN)/coverage combine -q .coverage.d
	$(BIN)/coverage report

# Files that have such tests: to look for them in all of them takes half a minute of each process.
OF_LONG := jobs/tests/cluster $(shell grep -rl --include='test_*.py' 'mark\.slow' hw1 jobs slurm results analysis)

long: $(READY)  ## All other tests
	$(BIN)/pytest -n 5 --dist loadgroup -m "slow or cluster" $(OF_LONG)

# Where this machine has no AVX-512, `make test` is on AVX2 already.
OTHERS := sse $(if $(shell grep -ow -m1 avx512f /proc/cpuinfo),avx2)

kernels: $(addprefix kernels-,$(OTHERS))  ## Tests of what depends on the CPU's kernels, as on other kinds of CPU

OF_KERNELS := $(shell grep -rl --include='test_*.py' 'mark\.kernels' hw1 jobs)

# Of torch's own kernels, oneDNN's, MKL's and numpy's.
kernels-avx2: export ATEN_CPU_CAPABILITY := avx2
kernels-avx2: export ONEDNN_MAX_CPU_ISA := AVX2
kernels-avx2: export MKL_ENABLE_INSTRUCTIONS := AVX2
kernels-avx2: export OPENBLAS_CORETYPE := Haswell
kernels-sse: export ATEN_CPU_CAPABILITY := default
kernels-sse: export ONEDNN_MAX_CPU_ISA := SSE41
kernels-sse: export MKL_ENABLE_INSTRUCTIONS := SSE4_2
kernels-sse: export OPENBLAS_CORETYPE := Nehalem
kernels-avx2 kernels-sse: $(READY)
	$(BIN)/pytest -q -m kernels -p no:cacheprovider -n 2 --dist loadgroup $(OF_KERNELS)

RELEASES := bookworm trixie

nightly: $(addprefix nightly-,$(RELEASES))  ## Every test of the cluster, and a soak of 2,000 runs, on both Slurms; as root

nightly-%: $(READY)
	$(MAKE) cluster-up RELEASE=$*
	HW1_DEVCLUSTER_RELEASE=$* $(BIN)/pytest -n 2 --dist loadgroup jobs/tests/cluster
	HW1_DEVCLUSTER_RELEASE=$* $(BIN)/python -m jobs.tests.cluster.soak --minutes 10 --seeds 20 --seed 1
	$(MAKE) cluster-down RELEASE=$*

# RELEASE=bookworm is Slurm 22.05, RELEASE=trixie is 24.11, none is this machine's own; both may be up at once.
# SECOND=yes is another one of the release, on which tests that need a cluster alone go on beside the others.
# It needs nothing but Python's own library, so that it can come up while .venv is set up.
CLUSTER := $(PYTHON) -m slurm.devcluster $(if $(RELEASE),--release $(RELEASE)) $(if $(SECOND),--second)

cluster-up:  ## A real Slurm on this machine, from Debian's packages, for the tests that need one; as root
	$(CLUSTER) up

cluster-down:
	$(CLUSTER) down

# uv is fetched into the environment where the machine has none; nothing is installed globally.
$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=…")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	command -v uv >/dev/null || test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	PATH="$$PATH:$$PWD/$(BIN)" VIRTUAL_ENV="$$PWD/.venv" uv pip install $(if $(MAKE_TERMOUT),,--quiet) --compile-bytecode --editable '.[train,mlflow,wandb]' --group dev
	touch $@

clean:
	rm -rf .venv build *.egg-info .coverage .coverage.d .hypothesis
