# What the machine needs, and the build. Both stand before everything else.

# BUILD=.build-test takes the programs that the tests are built with.
BUILD ?= .build
BIN   := $(BUILD)/release
# How both folders are built.
SWIFT_BUILD := -c release
SWIFT_TEST  := -c release --scratch-path .build-test -Xswiftc -enable-testing
# One program a folder of Stages.
PROGRAMS := $(shell ls Stages | tr '[:upper:]' '[:lower:]')

.PHONY: setup build
setup: ## Install what is missing (apt-get; without root, print the command)
	@Pipelines/setup.sh

build: setup ## Build the programs in release mode, into .build/release; nothing where they are newer than all sources
	@Pipelines/build.sh '$(BUILD)' $(if $(filter .build-test,$(BUILD)),$(SWIFT_TEST),$(SWIFT_BUILD) --scratch-path '$(BUILD)') -- $(PROGRAMS)

$(PROGRAMS:%=$(BIN)/%): | build ;
