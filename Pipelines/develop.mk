# For those who work on Frieze.

.PHONY: trial smoke test test-cluster fuzz fuzz-sanitized mutations round-trips lint format bench full-cell help bin
smoke: build ## The whole line on a dozen structures
	@$(MAKE) eval DATASET=dozen SAMPLES=12 STEPS=10 EPOCHS=2

test: setup ## All tests, in release mode; at the end what was left out, and why
	swift build --build-tests $(SWIFT_TEST) 2>&1 | grep -vE '^\[[0-9]+/[0-9]+\]'
	@$(KERNELS) Tests/run.sh swift test --skip-build $(SWIFT_TEST)

# Tests run inside another program, which does not choose OpenBLAS's kernels as the stages do.
KERNELS = OPENBLAS_CORETYPE=$$(.build-test/release/machine --kernels)
PEERS  ?= ../shared/bench

FILES ?= 100000
mutations: setup ## Damaged files for the readers, FILES=100000 of them; FRIEZE_SEED=N repeats a run
	swift build --build-tests $(SWIFT_TEST) 2>&1 | grep -vE '^\[[0-9]+/[0-9]+\]'
	FRIEZE_MUTATIONS=$(FILES) swift test --skip-build $(SWIFT_TEST) --filter MutationTests

# What `make fuzz` does unless it is told: FILES damaged files, OPTIONS wrong command lines, KILLS killed stages.
OPTIONS ?= 500
KILLS ?= 50
FRIEZE_SEED ?=
# $(1): the folder of programs, $(2): further options of the attack by options
fuzz_with = for attack in files:$(if $(call given,FILES),$(FILES),5000) options:$(OPTIONS) kills:$(KILLS); do \
  $(1)/fuzz $${attack%:*} --count $${attack\#*:} --programs $(1) $(FRIEZE_SEED:%=--seed %) $(if $(2),$$([[ $$attack != options:* ]] || echo $(2))); done
fuzz: setup ## Attack all programs: FILES=5000 damaged HDF5 files, OPTIONS=500 wrong command lines, KILLS=50; FRIEZE_SEED=N repeats a run
	@swift build --build-tests $(SWIFT_TEST) 2>&1 | grep -vE '^\[[0-9]+/[0-9]+\]'
	@$(call fuzz_with,.build-test/release)

# The sanitizer keeps 16 terabytes of addresses for itself.
fuzz-sanitized: setup ## The same under AddressSanitizer, in a build of its own (.build-asan); slower, by hand
	@swift build -c release --sanitize=address --scratch-path .build-asan 2>&1 | grep -vE '^\[[0-9]+/[0-9]+\]'
	@export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1; $(call fuzz_with,.build-asan/release,--least-address-space 20000000000000)

round-trips: build ## Share of crystals that their asymmetric units give back, for every table at hand
	@for set in mp20:0.1 mpts52:0.1 perov5:0.01; do \
	  source=$$(ls -d $(addsuffix /$${set%:*},$(DATASETS_DIR) datasets ../shared/datasets) 2>/dev/null | head -1 || true); \
	  if [ -z "$$source" ]; then echo "$${set%:*}: not at hand"; continue; fi; \
	  file=$$(mktemp --suffix=.h5); \
	  line=$$($(BIN)/preprocess --input "$$source" --symprec $${set#*:} --output "$$file" --quiet --json); rm -f "$$file"; \
	  echo "$${set%:*}: $$(sed -E 's/.*"accepted":([0-9]+),"rejected":([0-9]+).*"round_trip_share":([0-9.]+).*/\1 taken, \2 not, \3 of what parses comes back/' <<<"$$line")"; \
	done

trial: build ## What strangers type, and what must come of it, and all that the documents show: two tables; jobs of a PBS that is none
	@Tests/Trial/trial.sh '$(BIN)'
	@Tests/Trial/documents.sh '$(BIN)'
	@Tests/Cluster/pbs.sh '$(BIN)'

test-cluster: build ## The line on a Slurm of one node, with faults; as root, some minutes
	@Pipelines/setup.sh slurm-wlm munge hdf5-tools procps
	@Tests/Cluster/test.sh

bin:
	@echo $(BIN)

SOURCES := Package.swift Sources Stages Tests
lint: ## Check the formatting, that imports are listed and point down, and that what is public has a comment
	Tests/imports.sh
	Tests/comments.sh
	swift format lint --strict --recursive --parallel $(SOURCES)

format: ## Format the sources
	swift format --in-place --recursive --parallel $(SOURCES)

bench: build ## What the machine gives, then speeds; PEER=PYTHON (with torch and chgnet) times the peers beside them, PEERS= where they are
	@$(BIN)/machine
	@$(if $(PEER),Tests/Performance/peers.sh $(BIN) $(PEER) $(PEERS))
	@Tests/Performance/bench.sh $(BIN)
	@swift build --build-tests $(SWIFT_TEST) 2>&1 | grep -vE '^\[[0-9]+/[0-9]+\]'
	@FRIEZE_BENCH=1 $(KERNELS) swift test --skip-build $(SWIFT_TEST) --filter 'NetworkSpeed|CHGNetSpeed|MEGNetSpeed|EvaluationSpeed' | grep -vE '^[◇✔]'

# SAMPLES and LIMIT are as on the line only where they are said.
full-cell: build ## What asymmetric units save: time and memory with and without symmetry, MP-20 and MPTS-52; SAMPLES=1024, LIMIT=512 crystals learnt
	@Pipelines/setup.sh hdf5-tools
	@Tests/Performance/full-cell.sh $(BIN) $(if $(call given,SAMPLES),$(SAMPLES),1024) $(if $(call given,LIMIT),$(LIMIT),512)

help: ## This list
	@cat Pipelines/help.txt
	@echo "Targets:"
	@echo
	@grep -hE '^[a-zA-Z%$$(:=) -]+:.*## ' Makefile Pipelines/*.mk | sed -E 's/\$$\(STAGES:%=clean-%\): //; s/:[^#]*## /\t/' | awk -F'\t' '{printf "  %-14s %s\n", $$1, $$2}'
	@echo
	@echo "datasets: $(basename $(notdir $(wildcard Pipelines/datasets/*.mk)))"
	@echo "models:   $(models)"
