# Convex hulls of a potential's own energies:
#   make hull DATASET=mp20 POTENTIAL=chgnet
# of the dataset's crystals, and of all others of the same source that are at hand (PHASES: files of crystals), as they are. Their
# symmetry, to 0.01 angstrom, makes the energies four times as fast and changes none by more than 1e-5 eV/atom.

# FILE_hull and HULL_FOLDER are in dag.mk.

H := $(HULL_FOLDER)
PHASES ?=
ENERGIES := $(H)/dataset.h5 $(foreach p,$(PHASES),$(H)/$(firstword $(subst ., ,$(notdir $(p)))).h5)

.PHONY: hull
hull: $(FILE_hull) $(FILE_filled) ## A convex hull of a potential's own energies: make hull DATASET=mp20 POTENTIAL=chgnet

$(FILE_hull): $(ENERGIES:%=%.id) | $(BIN)/hull
	$(BIN)/hull --input $(ENERGIES) --data "$(DATASET)$(PHASES:%=, $(notdir %))" --output $@ $(RUN)

# The published hull with the compositions that it lacks from the potential's own.
ifneq ($(FILE_filled),)
$(FILE_filled): $(FILE_hull).id | $(BIN)/hull
	$(BIN)/hull --input $(HULL) --fill $(FILE_hull) --data "$(notdir $(HULL)), filled from $(notdir $(FILE_hull))" --output $@ $(RUN)
endif

$(H)/dataset.h5: $(FILE_preprocess).id | $(BIN)/relax
	$(BIN)/relax --crystals $(FILE_preprocess) --static --no-forces --potential $(POTENTIAL) --output $@ $(RUN)

define phases_rule
$(H)/$(firstword $(subst ., ,$(notdir $(1)))).h5: $(1) | $(BIN)/preprocess $(BIN)/relax
	$$(BIN)/preprocess --input $(1) --output $$@.crystals.h5 --symprec 0.01 $$(RUN)
	$$(BIN)/relax --crystals $$@.crystals.h5 --static --no-forces --potential $$(POTENTIAL) --output $$@ $$(RUN)
	@rm -f $$@.crystals.h5
endef
$(foreach p,$(PHASES),$(eval $(call phases_rule,$(p))))

ifneq ($(FETCHED),)
$(ENERGIES): | $(FETCHED)
endif
