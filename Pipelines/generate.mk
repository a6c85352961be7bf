# Crystals from a model that comes with the repository: no data, no training.
#   make generate SAMPLES=100 SPACE_GROUP=225 COMPOSITION=NaCl RELAX=1

GENERATOR := $(if $(filter pretrained/% finetuned/%,$(MODEL)),$(MODEL),pretrained/mp20$(if $(TARGET),-properties))
# SAMPLES and POTENTIAL have other defaults here than on the line; what was asked for stands.
asked = $(filter command line environment override,$(origin $(1)))
CALLS := $(if $(call asked,STEPS),$(STEPS),50)
COUNT := $(if $(call asked,SAMPLES),$(SAMPLES),100)
JUDGE := $(if $(call asked,POTENTIAL),$(POTENTIAL),chgnet)
RELAX ?=
# Relaxes the crystals of a folder.
relaxing = $(BIN)/relax --crystals $(1)/crystals.h5 --potential $(JUDGE) --fmax $(FMAX) $(if $(filter chgnet chgnet:%,$(JUDGE)),$(HULL:%=--hull %)) --output $(1)/relaxed.h5 $(RUN)
# Relaxed in another way than the usual.
GENERATED_RELAXED = $(if $(RELAX),$(call apart,$(empty),$(subst /,_,$(subst :,_,$(JUDGE))),chgnet)$(call apart,fmax,$(FMAX),0.1)$(call other_hull,$(JUDGE),$(HULL)))
GENERATED := $(ARTIFACTS)/generated/$(notdir $(GENERATOR))/n$(COUNT)-steps$(CALLS)-seed$(SEED)$(subst /,_,$(subst :,_,$(subst $(comma),_,$(ASKED_NAME))))$(call set_name,$(SET_sample))$(GENERATED_RELAXED)

.PHONY: generate
generate: $(if $(RELAX),$(if $(filter chgnet,$(JUDGE)),$(CHGNET))) $(if $(TARGET),$(call weights_of,$(PREDICTED_BY))) | $(BIN)/sample ## Crystals from the model shipped: make generate SAMPLES=100 [SPACE_GROUP=225] [COMPOSITION=NaCl] [ELEMENTS=Li,Fe,P,O] [TARGET="band_gap=1..2"] [RELAX=1]
	@$(if $(BY_REWARD),echo "PROPOSER=crystal-gfn is trained first: make eval PROPOSER=crystal-gfn REWARD=…" >&2; exit 64)
	@mkdir -p '$(GENERATED)'
	$(if $(PROPOSES),$(BIN)/propose --model $(SKELETONS) $(subst --count $(SAMPLES) ,--count $(COUNT) ,$(OPTIONS_blueprints)) --output $(GENERATED)/blueprints.h5 $(RUN))
	$(BIN)/sample --model Artifacts/$(GENERATOR).h5 $(if $(PROPOSES),--blueprints $(GENERATED)/blueprints.h5,--count $(COUNT) $(OPTIONS_asked) $(PROPOSER:%=--proposer %) $(TARGET:%=--target %)) $(GUIDANCE:%=--guidance %) \
	  --steps $(CALLS) --seed $(SEED) $(SET_sample:%=--set %) --output $(GENERATED)/samples.h5 $(RUN)
	$(BIN)/reconstruct --samples $(GENERATED)/samples.h5 --output $(GENERATED)/crystals.h5 $(RUN)
	$(if $(RELAX),$(call relaxing,$(GENERATED)))
	$(if $(TARGET),$(BIN)/properties --crystals $(GENERATED)/$(if $(RELAX),relaxed,crystals).h5 --model $(PREDICTED_BY) --output $(GENERATED)/properties.h5 $(RUN))
	@rm -rf '$(GENERATED)/cif'
	$(BIN)/gallery --crystals $(GENERATED)/$(if $(TARGET),properties,$(if $(RELAX),relaxed,crystals)).h5 --output $(GENERATED)/cif --title "Frieze: crystals of $(GENERATOR)"
	@echo "crystals: $(GENERATED)/cif, page: $(GENERATED)/cif/index.html"
