# Structure prediction: crystals of a dataset's test part from what is known of them, and the structure of one formula.
#   make csp DATASET=mp20 LIMIT=1000 PER_TARGET=20 GIVEN=composition
#   make structure COMPOSITION=SrTiO3

# What is told: composition, group (the composition and the space group), or wyckoff (all Wyckoff positions and elements).
GIVEN      ?= composition
PER_TARGET ?= 1
$(if $(filter-out composition group wyckoff,$(GIVEN)),$(error GIVEN is composition, group or wyckoff))
# LIMIT is how many targets there are, not how many crystals the dataset has.
TARGETS    := $(LIMIT)
PREDICTED  := $(ARTIFACTS)/$(DATASET)/csp/$(GENERATOR_NAME)/$(GIVEN)-n$(or $(TARGETS),all)-k$(PER_TARGET)-steps$(CALLS)-seed$(SEED)$(subst /,_,$(subst :,_,$(SCREEN_NAME)))
PREDICTION_DATA := $(ARTIFACTS)/$(DATASET)/dataset.h5
PREDICTION_JUDGE = $(BIN)/metrics --reference $(PREDICTION_DATA) --prediction $(if $(filter wyckoff,$(GIVEN)),wyckoff,composition) $(RUN)

.PHONY: csp structure
csp: | $(BIN)/sample ## Predict a dataset's test crystals: make csp DATASET=mp20 [LIMIT=1000] [PER_TARGET=20] [GIVEN=composition|group|wyckoff] [RELAX=1]
	@$(if $(SYMMETRY),echo "make csp asks for groups and Wyckoff positions: leave out SYMMETRY" >&2; exit 64)
	$(has_generator)
	@$(if $(LIMIT),$(MAKE) preprocess LIMIT=,$(MAKE) preprocess)
	@mkdir -p '$(PREDICTED)'
ifeq ($(GIVEN),wyckoff)
	$(BIN)/sample --model $(GENERATOR_FILE) --like $(PREDICTION_DATA) --known-wyckoff --per-target $(PER_TARGET) \
	  $(if $(TARGETS),--count $$(($(TARGETS)*$(PER_TARGET)))) --steps $(CALLS) --seed $(SEED) --output $(PREDICTED)/samples.h5 $(RUN)
else
	$(BIN)/propose --model $(SKELETONS) --like $(PREDICTION_DATA) $(if $(filter group,$(GIVEN)),--known-group) --per-target $(PER_TARGET) \
	  $(TARGETS:%=--limit %) $(OPTIONS_screen) --seed $(SEED) --output $(PREDICTED)/blueprints.h5 $(RUN)
	$(BIN)/sample --model $(GENERATOR_FILE) --blueprints $(PREDICTED)/blueprints.h5 --steps $(CALLS) --seed $(SEED) --output $(PREDICTED)/samples.h5 $(RUN)
endif
	$(BIN)/reconstruct --samples $(PREDICTED)/samples.h5 --output $(PREDICTED)/crystals.h5 $(RUN)
	$(PREDICTION_JUDGE) --crystals $(PREDICTED)/crystals.h5 --output $(PREDICTED)/metrics.json | tee $(PREDICTED)/metrics.txt
	$(if $(RELAX),$(call relaxing,$(PREDICTED)))
	$(if $(RELAX),$(PREDICTION_JUDGE) --crystals $(PREDICTED)/relaxed.h5 --output $(PREDICTED)/metrics-relaxed.json | tee $(PREDICTED)/metrics-relaxed.txt)

# Skeletons of one formula, their coordinates, relaxed, the lowest first.
CANDIDATES := $(if $(call given,SAMPLES),$(SAMPLES),300)
FOUND := $(ARTIFACTS)/structures/$(call file_name,$(COMPOSITION))-n$(CANDIDATES)-seed$(SEED)$(if $(SPACE_GROUP),-sg$(subst $(comma),_,$(SPACE_GROUP)))$(FORMULA_UNITS:%=-z%)
structure: $(if $(filter chgnet,$(JUDGE)),$(CHGNET)) | $(BIN)/sample ## The structure of a formula: make structure COMPOSITION=SrTiO3 [SAMPLES=300] [SPACE_GROUP=221]
	@$(if $(COMPOSITION),,echo "make structure COMPOSITION=…: a formula, as SrTiO3" >&2; exit 64)
	$(has_generator)
	@mkdir -p '$(FOUND)'
	$(BIN)/propose --model $(SKELETONS) --composition '$(COMPOSITION)' --count $(CANDIDATES) --seed $(SEED) $(SPACE_GROUP:%=--space-group %) $(FORMULA_UNITS:%=--formula-units %) \
	  --output $(FOUND)/blueprints.h5 $(RUN)
	$(BIN)/sample --model $(GENERATOR_FILE) --blueprints $(FOUND)/blueprints.h5 --steps $(CALLS) --seed $(SEED) --output $(FOUND)/samples.h5 $(RUN)
	$(BIN)/reconstruct --samples $(FOUND)/samples.h5 --output $(FOUND)/crystals.h5 $(RUN)
	$(call relaxing,$(FOUND))
	@rm -rf '$(FOUND)/cif'
	$(BIN)/gallery --table --crystals $(FOUND)/relaxed.h5 $(drawing) --output $(FOUND)/cif --title "Frieze: structures of $(COMPOSITION)"
	@echo "crystals: $(FOUND)/cif, page: $(FOUND)/cif/index.html"
