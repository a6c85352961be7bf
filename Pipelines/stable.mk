# Are my crystals stable? Energies above the hull, what they fall apart into, what is known that is like them, whether they are saddles.
#   make stable FILES=folder/        CIF, POSCAR, extxyz, JSON, a table, .h5, or a folder of them
#   make stable FILES=mine.cif HULL=hull.h5 KNOWN=mine.h5

ifneq ($(filter stable,$(MAKECMDGOALS)),)
$(if $(call given,FILES),$(if $(FILES),$(if $(wildcard $(FILES)),,$(error FILES: there is no file or folder '$(FILES)')),$(error FILES must not be empty)))
$(foreach k,$(KNOWN),$(if $(wildcard $k),,$(error KNOWN: there is no file '$k')))
endif
# Known crystals: of DATASET where that is given, else all large datasets that are there, else DATASET's.
KNOWN ?=
ALL_KNOWN := $(or $(KNOWN),$(if $(call given,DATASET),,$(wildcard $(foreach d,mp20 mpts52,$(ARTIFACTS)/$d/dataset.h5))),$(FILE_preprocess))
# Hulls: the one that is asked for; else for CHGNet's energies the published one, filled where that has holes, and a potential's own.
OWN_HULLS := $(wildcard $(foreach d,$(sort $(D) $(ARTIFACTS)/mp20),$(foreach f,filled $(notdir $(d))-$(firstword $(subst :, ,$(JUDGE))),$(d)/hull-$(subst /,_,$(subst :,_,$(JUDGE)))/$f.h5)))
STABLE_HULLS := $(if $(call given,HULL),$(HULL),$(if $(filter chgnet chgnet:%,$(JUDGE)),$(HULL)) $(OWN_HULLS))
SHAKEN := $(if $(call given,RATTLE),$(RATTLE),0.05)
CHECKED := $(ARTIFACTS)/stable/$(notdir $(patsubst %/,%,$(FILES)))-$(firstword $(shell cksum <<<'$(FILES) $(JUDGE) $(STABLE_HULLS) $(FMAX) $(SHAKEN) $(SYMPREC)'))

.PHONY: stable
stable: $(if $(filter chgnet,$(JUDGE)),$(CHGNET)) $(filter $(FILE_preprocess),$(ALL_KNOWN)) | $(BIN)/relax ## Are they stable? make stable FILES=folder-or-cif: above the hull, against what, known as, saddle or not
	@$(if $(call given,FILES),,echo "make stable FILES=…: a CIF, POSCAR, extxyz or .h5 file, a table, or a folder of them" >&2; exit 64)
	@$(if $(strip $(STABLE_HULLS)),,echo "stable: there is no hull of $(JUDGE)'s energies, so how stable crystals are stays open: HULL=FILE names one, make hull DATASET=mp20 POTENTIAL=$(JUDGE) makes one" >&2)
	@mkdir -p '$(CHECKED)'
	@$(BIN)/relax --crystals '$(FILES)' --potential '$(JUDGE)' --fmax $(FMAX) $(SHAKEN:%=--rattle % --rescue) --symprec $(SYMPREC) \
	  $(if $(strip $(STABLE_HULLS)),--hull $(strip $(STABLE_HULLS)) $(if $(call given,HULL),,--foreign-hull)) --output '$(CHECKED)/relaxed.h5' $(RUN)
	@rm -rf '$(CHECKED)/cif'
	@$(BIN)/gallery --crystals '$(CHECKED)/relaxed.h5' $(if $(strip $(STABLE_HULLS)),--hull $(firstword $(STABLE_HULLS))) --no-merge --known $(ALL_KNOWN) --table --symprec $(SYMPREC) --output '$(CHECKED)/cif' --title 'Stability of $(notdir $(patsubst %/,%,$(FILES)))' $(RUN)
	@echo "tables: $(CHECKED)/cif/crystals.csv, crystals.json; relaxed: $(CHECKED)/relaxed.h5; page: $(CHECKED)/cif/index.html"
