# Crystals from a model that comes with the repository: no data, no training.
#   make generate SAMPLES=100 SPACE_GROUP=225 COMPOSITION=NaCl RELAX=1

# SAMPLES and POTENTIAL have other defaults here than on the line; what was asked for stands.
# MODEL: a shipped or finetuned model, one that was trained (make train MODEL=… DATASET=…), or a model's file.
ASKED_MODEL := $(if $(call given,MODEL),$(filter-out pretrained/% finetuned/%,$(MODEL)))
GENERATOR := $(if $(filter pretrained/% finetuned/%,$(MODEL))$(ASKED_MODEL),$(MODEL),pretrained/mp20$(if $(TARGET),-properties))
GENERATOR_FILE := $(if $(ASKED_MODEL),$(if $(filter %.h5,$(MODEL)),$(MODEL),$(FILE_train)),Artifacts/$(GENERATOR).h5)
GENERATOR_NAME := $(if $(ASKED_MODEL),$(if $(filter %.h5,$(MODEL)),$(notdir $(MODEL:.h5=))-$(firstword $(shell cksum <<<'$(MODEL)')),$(subst \
  /,-,$(M:$(ARTIFACTS)/%=%))),$(notdir $(GENERATOR)))
has_generator = @[[ -e '$(GENERATOR_FILE)' ]] || { echo "make $@: there is no '$(GENERATOR_FILE)'. $(if $(filter pretrained/%,$(GENERATOR)),It comes with the repository: \
  is the checkout whole?,$(if $(filter %.h5,$(MODEL)),Check the name.,Train it first$(comma) make train MODEL=$(MODEL) DATASET=$(DATASET)$(comma) or leave MODEL out for the shipped model.))" >&2; exit 65; }
CALLS := $(if $(call given,STEPS),$(STEPS),$(SHIPPED_STEPS))
COUNT := $(if $(call given,SAMPLES),$(SAMPLES),100)
JUDGE := $(if $(call given,POTENTIAL),$(POTENTIAL),chgnet)
RELAX ?=
# Relaxes the crystals of a folder.
relaxing = $(BIN)/relax --crystals $(1)/crystals.h5 --potential $(JUDGE) --fmax $(FMAX) $(RATTLE:%=--rattle % --rescue --seed $(SEED)) $(drawing) --output $(1)/relaxed.h5 $(RUN)
# Pages draw the hull that relaxed crystals stand above.
drawing = $(if $(filter chgnet chgnet:%,$(JUDGE)),$(HULL:%=--hull %))
# Relaxed crystals have a folder of their own.
GENERATED_RELAXED = $(if $(RELAX),-relaxed$(call apart,$(empty),$(subst /,_,$(subst :,_,$(JUDGE))),chgnet)$(call apart,fmax,$(FMAX),0.1)$(RATTLE:%=-rattle%)$(call other_hull,$(JUDGE),$(HULL)))
GENERATED := $(ARTIFACTS)/generated/$(GENERATOR_NAME)/n$(COUNT)-steps$(CALLS)-seed$(SEED)$(subst /,_,$(subst :,_,$(subst $(comma),_,$(ASKED_NAME))))$(call set_name,$(SET_sample))$(GENERATED_RELAXED)

.PHONY: generate
generate: $(if $(RELAX),$(if $(filter chgnet,$(JUDGE)),$(CHGNET))) $(if $(TARGET),$(call weights_of,$(PREDICTED_BY))) | $(BIN)/sample ## Crystals from the model shipped: make generate SAMPLES=100 [SPACE_GROUP=225] [COMPOSITION=NaCl] [ELEMENTS=Li,Fe,P,O] [TARGET="band_gap=1..2"] [RELAX=1]
	@$(if $(BY_REWARD),echo "PROPOSER=crystal-gfn is trained first: make eval PROPOSER=crystal-gfn REWARD=…" >&2; exit 64)
	$(has_generator)
	@mkdir -p '$(GENERATED)'
	$(if $(PROPOSES),$(BIN)/propose --model $(SKELETONS) $(subst --count $(SAMPLES) ,--count $(COUNT) ,$(OPTIONS_blueprints)) --output $(GENERATED)/blueprints.h5 $(RUN))
	$(BIN)/sample --model $(GENERATOR_FILE) $(if $(PROPOSES),--blueprints $(GENERATED)/blueprints.h5,--count $(COUNT) $(OPTIONS_asked) $(PROPOSER:%=--proposer %) $(TARGET:%=--target %)) $(GUIDANCE:%=--guidance %) \
	  --steps $(CALLS) --seed $(SEED) $(SET_sample:%=--set %) --output $(GENERATED)/samples.h5 $(RUN)
	$(BIN)/reconstruct --samples $(GENERATED)/samples.h5 --output $(GENERATED)/crystals.h5 $(RUN)
	$(if $(RELAX),$(call relaxing,$(GENERATED)))
	$(if $(TARGET),$(BIN)/properties --crystals $(GENERATED)/$(if $(RELAX),relaxed,crystals).h5 --model $(PREDICTED_BY) --output $(GENERATED)/properties.h5 $(RUN))
	@rm -rf '$(GENERATED)/cif'
	$(BIN)/gallery --crystals $(GENERATED)/$(if $(TARGET),properties,$(if $(RELAX),relaxed,crystals)).h5 $(if $(RELAX),$(drawing)) --output $(GENERATED)/cif --title "Frieze: crystals of $(GENERATOR)"
	@echo "crystals: $(GENERATED)/cif, page: $(GENERATED)/cif/index.html"
