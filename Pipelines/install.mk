# The programs and the shipped models for everybody on a machine: make install PREFIX=/usr/local, then frieze relax --help.

PREFIX ?= /usr/local
# In front of PREFIX, for those who make packages.
DESTDIR ?=
INSTALLED := $(DESTDIR)$(PREFIX)
.PHONY: install uninstall
install: build ## Programs and shipped models to PREFIX=/usr/local: frieze relax --help; what has been fetched goes with them
	@mkdir -p '$(INSTALLED)'/{bin,lib/frieze,share/frieze/pretrained} || { echo "make install: '$(INSTALLED)' cannot be written; PREFIX=\$$HOME/.local needs no root" >&2; exit 74; }
	@install -m 755 -s $(PROGRAMS:%='$(BIN)/%') '$(INSTALLED)/lib/frieze'
	@install -m 755 Pipelines/packages/frieze '$(INSTALLED)/bin/frieze'
	@install -m 644 Artifacts/pretrained/*.h5 Artifacts/pretrained/*.md '$(INSTALLED)/share/frieze/pretrained'
	@for folder in potentials predictors; do [[ ! -d Artifacts/$$folder ]] || { mkdir -p '$(INSTALLED)/share/frieze'/$$folder && cp Artifacts/$$folder/*.{h5,txt} '$(INSTALLED)/share/frieze'/$$folder/; } 2>/dev/null || true; done
	@echo "installed: $(PREFIX)/bin/frieze"

uninstall: ## Take away what make install has put to PREFIX
	@rm -rf '$(INSTALLED)/lib/frieze' '$(INSTALLED)/share/frieze' '$(INSTALLED)/bin/frieze'
	@echo "removed: $(PREFIX)/bin/frieze, lib/frieze, share/frieze"
