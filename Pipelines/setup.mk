# What the machine needs, and the build. Both stand before everything else.

BIN := .build/release
PROGRAMS := preprocess train sample reconstruct relax metrics report gallery export convert merge

.PHONY: setup build
setup: ## Install what is missing (apt-get; without root, print the command)
	@Pipelines/setup.sh

build: setup ## Build the programs in release mode, into .build/release
	@swift build -c release 2>&1 | { grep -vE '^\[[0-9]+/[0-9]+\]|^Build|^Fetch|^Comput|^Creat|^Work|^Updat' || true; }

$(PROGRAMS:%=$(BIN)/%): | build ;
