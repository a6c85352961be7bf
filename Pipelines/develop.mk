# For those who work on Frieze.

.PHONY: smoke test lint format bench help
smoke: build ## The whole line on a dozen structures
	@$(MAKE) eval DATASET=dozen SAMPLES=12 STEPS=10 EPOCHS=2

test: setup ## All tests, in release mode
	swift build --build-tests -c release --scratch-path .build-test -Xswiftc -enable-testing 2>&1 | grep -vE '^\[[0-9]+/[0-9]+\]'
	swift test --skip-build -c release --scratch-path .build-test -Xswiftc -enable-testing --quiet

SOURCES := Package.swift Sources Stages Tests
lint: ## Check the formatting
	swift format lint --strict --recursive --parallel $(SOURCES)

format: ## Format the sources
	swift format --in-place --recursive --parallel $(SOURCES)

bench: build ## Speed of the stages on this machine
	@Tests/Performance/bench.sh $(BIN)

help: ## This list
	@echo "make TARGET [DATASET=minerals] [MODEL=symmbfn-small] [SAMPLES=1000] [STEPS=100] [SEED=0] [POTENTIAL=pair] …"
	@echo
	@grep -hE '^[a-zA-Z%$$(:=) -]+:.*## ' Makefile Pipelines/*.mk | sed -E 's/\$$\(STAGES:%=clean-%\): //; s/:[^#]*## /\t/' | awk -F'\t' '{printf "  %-14s %s\n", $$1, $$2}'
	@echo
	@echo "datasets: $(basename $(notdir $(wildcard Pipelines/datasets/*.mk)))"
	@echo "models:   $(basename $(notdir $(wildcard Pipelines/models/*.yaml)))"
