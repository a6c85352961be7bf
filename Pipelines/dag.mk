# The line: one rule an edge. Every file stands in a folder named after the parameters that made it.
#
#   dataset.h5 (-> labelled.h5) -> model.h5 (-> blueprints.h5) -> samples.h5 -> crystals.h5 -> relaxed.h5 (-> properties.h5)
#     -> metrics.json -> report.html
#
# NEEDS_stage is what its rule depends on, COMMAND_stage what it runs; here by make, in cluster.mk by a batch system.
# FILE.id holds the hash of FILE, FILE.options the options of the rule, FILE.made what was in those that FILE needs when it was made.
# stage.sh compares them and makes what is not current: changing a parameter rebuilds what depends on it, and dates mean nothing.

# What SET says to the sampler, and what it says to training; steps are STEPS.
SET_sample := $(filter-out sampling.steps=%,$(filter sampling.%,$(SET)))
SET_train  := $(filter-out sampling.%,$(SET))
ifneq ($(filter sampling.steps=%,$(SET)),)
override STEPS := $(patsubst sampling.steps=%,%,$(filter sampling.steps=%,$(SET)))
endif
set_path = $(subst =,_,$(subst :,_,$(subst /,_,$(1:%=-%))))
set_name = $(subst $(blank),,$(call set_path,$(1)))

comma := ,
open := (
close := )
# What is added to a path where a variable has another value than it has by itself.
apart = $(if $(filter-out x$(3),x$(2)),-$(1)$(2))
D := $(ARTIFACTS)/$(DATASET)$(call apart,limit,$(LIMIT),$(DEFAULT_LIMIT))$(call apart,symprec,$(SYMPREC),$(DEFAULT_SYMPREC))$(SYMMETRY:%=-symmetry_%)$(if $(call given,GEOMETRY),-geometry_$(firstword $(shell cksum <<<'$(GEOMETRY) $(UNLIKE)')))
$(if $(filter-out none,$(SYMMETRY)),$(error SYMMETRY is none, or is not given))
M := $(D)/$(MODEL)/seed$(SEED)$(EPOCHS:%=-epochs%)$(MINUTES:%=-minutes%)$(if $(INITIAL),-from_$(notdir $(INITIAL)))$(call set_name,$(SET_train))
# A formula as a part of a path: Ca(OH)2 is Ca_OH_2.
file_name = $(subst [,_,$(subst ],_,$(subst $(open),_,$(subst $(close),_,$(1)))))
# With skeletons `propose` says what crystals are to be, and `sample` obeys.
PROPOSES := $(filter skeletons crystal-gfn,$(PROPOSER))
# Crystal-GFN says groups and compositions by a reward, of which a model of skeletons makes sites; the model of crystals says the cells.
BY_REWARD := $(filter crystal-gfn,$(PROPOSER))
$(if $(BY_REWARD),$(if $(wildcard $(PROXY)),,$(error PROXY: there is no file '$(PROXY)')))
# Where a model of crystals is shipped, EPOCHS are the policy's.
POLICY_EPOCHS := $(if $(filter pretrained/% finetuned/%,$(MODEL)),$(if $(call given,EPOCHS),$(EPOCHS)))
# Without a reward it is the formation energy, which a predictor says.
ASKS_PROXY := $(if $(REWARD),$(findstring energy,$(REWARD)),energy)
REWARD_NAME := $(if $(REWARD),-reward_$(firstword $(shell cksum <<<'$(REWARD)')))
$(if $(PROPOSES),,$(if $(CHEMISTRY),$(error PROPOSER=$(PROPOSER) knows no elements, sizes and sites to ask for: PROPOSER=skeletons does)))
$(if $(PROPOSES),$(if $(wildcard $(SKELETONS)),,$(error SKELETONS: there is no file '$(SKELETONS)')))
# What compares skeletons' energies, or how far they are from what is asked for.
BY_ENERGY := $(filter energy:%,$(SCREENED))
BY_PREDICTION := $(filter energy:% target:%,$(SCREENED))
$(if $(BY_PREDICTION),$(if $(wildcard $(SCREEN_MODEL)),,$(error SCREEN_MODEL: there is no file '$(SCREEN_MODEL)')))
OPTIONS_screen := $(strip $(SCREENED:%=--screen %) $(if $(BY_PREDICTION),--screen-model $(SCREEN_MODEL)) $(if $(BY_ENERGY),$(HULL:%=--hull %)))
SCREEN_NAME := $(SCREENED:%=-%)$(if $(BY_PREDICTION),$(call apart,by,$(SCREEN_MODEL),$(DEFAULT_SCREEN_MODEL)))$(if $(BY_ENERGY),$(call apart,above,$(HULL),$(DEFAULT_HULL)))
CHEMISTRY_NAME := $(ELEMENTS:%=-of_%)$(REQUIRE:%=-with_%)$(EXCLUDE:%=-without_%)$(MAX_ATOMS:%=-atoms%)$(MAX_SITES:%=-sites%)$(NEUTRAL:%=-neutral)$(PROTOTYPE:%=-like_%)$(ANONYMOUS_FORMULA:%=-anonymous_%)$(KEEP:%=-keep_%)$(SITES:%=-on_%)$(SCREEN_NAME)
ASKED_NAME := $(if $(SPACE_GROUP),-sg$(subst $(comma),_,$(SPACE_GROUP)))$(if $(COMPOSITION),-$(call file_name,$(COMPOSITION)))$(FORMULA_UNITS:%=-z%)$(PROPOSER:%=-proposer_%)$(if $(BY_REWARD),$(POLICY_EPOCHS:%=-epochs%)$(REWARD_NAME))$(if $(PROPOSES),$(call apart,by,$(SKELETONS),$(DEFAULT_SKELETONS))$(CHEMISTRY_NAME))$(call set_name,$(TARGET))$(GUIDANCE:%=-guidance%)
S := $(M)/n$(SAMPLES)-steps$(STEPS)$(subst /,_,$(subst :,_,$(subst $(comma),_,$(ASKED_NAME))))$(call set_name,$(SET_sample))
# What a potential makes of the crystals; another hull by its name and a checksum of its path.
hull_name = -hull_$(or $(firstword $(subst ., ,$(notdir $(1)))),none)_$(firstword $(shell cksum <<<'$(1)'))
other_hull = $(if $(filter chgnet%,$(1)),$(if $(filter-out x$(DEFAULT_HULL),x$(2)),$(call hull_name,$(2))))
results = $(S)/$(subst /,_,$(subst :,_,$(1)))-fmax$(FMAX)$(RATTLE:%=-rattle%)$(call other_hull,$(1),$(2))
R := $(call results,$(POTENTIAL),$(HULL))
# Hulls that energies stand above: the published one for CHGNet's, trained on its kind of energies; those that `make hull` has made.
HULL_FOLDER := $(D)/hull-$(subst /,_,$(subst :,_,$(POTENTIAL)))
FILE_hull := $(HULL_FOLDER)/$(DATASET)-$(firstword $(subst :, ,$(notdir $(POTENTIAL)))).h5
PUBLISHED_HULL := $(if $(filter chgnet chgnet:%,$(POTENTIAL)),$(HULL))
FILE_filled := $(if $(PUBLISHED_HULL),$(HULL_FOLDER)/filled.h5)
HULLS := $(PUBLISHED_HULL) $(wildcard $(FILE_filled) $(FILE_hull))

# Rows of papers to stand beside ours, where there are any for the dataset.
PUBLISHED := $(addprefix --published ,$(wildcard Pipelines/published/$(DATASET).json))
# A model that comes with the repository (MODEL=pretrained/mp20) is there already: nothing is trained.
SHIPPED := $(filter pretrained/% finetuned/%,$(MODEL))
CONFIG := Pipelines/models/$(MODEL).yaml
models := $(basename $(notdir $(wildcard Pipelines/models/*.yaml))) $(patsubst Artifacts/%.h5,%,$(wildcard Artifacts/pretrained/*.h5 Artifacts/finetuned/*.h5))
no_model = $(error there is no model '$(MODEL)': no $(if $(SHIPPED),Artifacts/$(MODEL).h5,$(CONFIG)); $(or $(call did_you_mean,$(call nearest,$(MODEL),$(models))),there are: $(models)))
ifneq ($(filter %.h5,$(MODEL)),)
$(if $(filter generate structure csp,$(MAKECMDGOALS)),,$(error MODEL=$(MODEL): make generate, structure and csp take a model's file; elsewhere MODEL is a name, as symmbfn-small or pretrained/mp20))
else
$(if $(wildcard $(CONFIG) $(SHIPPED:%=Artifacts/%.h5)),,$(no_model))
endif
$(if $(INITIAL),$(if $(wildcard Artifacts/$(INITIAL).h5),,$(error INITIAL: there is no Artifacts/$(INITIAL).h5 to begin with)))
POLICY_CONFIG := Pipelines/models/crystal-gfn-mp20.yaml
RUN = --threads $(THREADS)

OPTIONS_dataset := --symprec $(SYMPREC) $(LIMIT:%=--limit %)$(SYMMETRY:none= --no-symmetry)$(GEOMETRY:%= --geometry %)$(UNLIKE:%= --unlike %)$(GEOMETRY_SITES:%= --max-geometry-sites %)$(CIF_COLUMN:%= --cif-column %)$(ID_COLUMN:%= --id-column %)
OPTIONS_model   := --seed $(SEED) $(EPOCHS:%=--epochs %) $(MINUTES:%=--minutes %) $(SET_train:%=--set %) $(INITIAL:%=--initial Artifacts/%.h5)
OPTIONS_asked := $(SPACE_GROUP:%=--space-group %) $(COMPOSITION:%=--composition "%") $(FORMULA_UNITS:%=--formula-units %)
OPTIONS_target := $(TARGET:%=--target %) $(GUIDANCE:%=--guidance %)
OPTIONS_blueprints := $(strip --count $(SAMPLES) --seed $(SEED) $(OPTIONS_asked) $(ELEMENTS:%=--elements %) $(REQUIRE:%=--require %) $(EXCLUDE:%=--exclude %) \
  $(MAX_ATOMS:%=--max-atoms %) $(MAX_SITES:%=--max-sites %) $(NEUTRAL:%=--neutral) $(PROTOTYPE:%=--prototype %) $(ANONYMOUS_FORMULA:%=--anonymous-formula %) $(KEEP:%=--keep %) $(SITES:%=--sites %) \
  $(OPTIONS_screen) $(OPTIONS_target) $(if $(filter surprisal:% energy:% target:%,$(SCREENED)),--distinct))
OPTIONS_policy := $(strip --seed $(SEED) $(POLICY_EPOCHS:%=--epochs %) $(if $(ASKS_PROXY),--predictor $(PROXY)) $(if $(REWARD),--set "reward=$(REWARD)") $(if $(findstring above_hull,$(REWARD)),$(HULL:%=--hull %)))
OPTIONS_samples := $(if $(PROPOSES),$(if $(BY_REWARD),--free-lattice),--count $(SAMPLES)) --steps $(STEPS) --seed $(SEED) $(if $(PROPOSES),$(GUIDANCE:%=--guidance %),$(OPTIONS_asked) $(PROPOSER:%=--proposer %) $(OPTIONS_target)) $(SET_sample:%=--set %)
OPTIONS_relaxed := --potential $(POTENTIAL) --fmax $(FMAX) $(RATTLE:%=--rattle % --rescue --seed $(SEED)) $(if $(strip $(HULLS)),--hull $(strip $(HULLS)) --foreign-hull)
OPTIONS_metrics := --published $(COVERAGE:%=--coverage-limits %) $(TOLERANCE:%=--tolerance %)
# Energies of formation by CHGNet are from the elements in the hull's table.
LABELLED_BY_CHGNET := $(findstring chgnet,$(LABELS))
OPTIONS_label   := --model $(LABELS)$(if $(LABELLED_BY_CHGNET),$(HULL:%= --hull %))
OPTIONS_properties := --model $(PREDICTED_BY) --initial

# A model that is told what a predictor says of the dataset is trained on labelled.h5, and what was asked for is judged beside it.
LABELLED := $(or $(TARGET),$(shell grep -s -e megnet_ -e chgnet_ $(CONFIG)))
STAGES := preprocess $(if $(LABELLED),label) $(if $(SHIPPED),,train) $(if $(BY_REWARD),policy) $(if $(PROPOSES),propose) sample reconstruct relax $(if $(TARGET),properties) metrics report
FILE_preprocess  := $(D)/dataset.h5
FILE_train       := $(if $(SHIPPED),Artifacts/$(MODEL).h5,$(M)/model.h5)
FILE_policy      := $(D)/crystal-gfn/seed$(SEED)$(POLICY_EPOCHS:%=-epochs%)$(REWARD_NAME)$(if $(filter-out x$(DEFAULT_PROXY),x$(PROXY)),-by_$(firstword $(shell cksum <<<'$(PROXY)')))/policy.h5
FILE_propose     := $(S)/blueprints.h5
FILE_sample      := $(S)/samples.h5
FILE_reconstruct := $(S)/crystals.h5
FILE_relax       := $(R)/relaxed.h5
FILE_label       := $(D)/labelled.h5
FILE_properties  := $(R)/properties.h5
FILE_judged      := $(if $(TARGET),$(FILE_properties),$(FILE_relax))
FILE_data        := $(if $(LABELLED),$(FILE_label),$(FILE_preprocess))
FILE_metrics     := $(R)/metrics.json
FILE_report      := $(R)/report.html

NEEDS_preprocess  := $(FILE_preprocess).options
NEEDS_label       := $(FILE_label).options $(FILE_preprocess).id
NEEDS_train       := $(FILE_train).options $(FILE_data).id $(INITIAL:%=Artifacts/%.h5.id)
NEEDS_policy      := $(FILE_policy).options $(FILE_preprocess).id $(if $(ASKS_PROXY),$(PROXY).id)
NEEDS_propose     := $(FILE_propose).options $(SKELETONS).id $(if $(BY_REWARD),$(FILE_policy).id) $(if $(BY_PREDICTION),$(SCREEN_MODEL).id)
NEEDS_sample      := $(FILE_sample).options $(FILE_train).id $(if $(PROPOSES),$(FILE_propose).id)
NEEDS_reconstruct := $(FILE_sample).id
NEEDS_relax       := $(FILE_relax).options $(FILE_reconstruct).id
NEEDS_properties  := $(FILE_properties).options $(FILE_relax).id
NEEDS_metrics     := $(FILE_metrics).options $(FILE_judged).id $(FILE_data).id
NEEDS_report      := $(FILE_metrics).id $(FILE_train).id

# Stages that can be cut into shards, and where their parts are. The number of shards is in the path: other parts, other folder.
SHARDED := sample reconstruct relax
PARTS = $(FILE_$(1):.h5=).shards$(SHARDS)

# $(1): the file to write, $(2): --shard I/N for a part
COMMAND_preprocess = $(BIN)/preprocess --input $(or $(SOURCE),$(call no_input)) --output $(1) $(OPTIONS_dataset) $(RUN)
COMMAND_train = $(call continue,$(1),$(NEEDS_train)) $(BIN)/train --dataset $(FILE_data) --config $(CONFIG) --output $(1) --resume $(OPTIONS_model) $(RUN)
COMMAND_policy = $(call continue,$(1),$(NEEDS_policy)) $(BIN)/train --dataset $(FILE_preprocess) --config $(POLICY_CONFIG) --output $(1) --resume $(OPTIONS_policy) $(RUN)
COMMAND_propose = $(BIN)/propose --model $(if $(BY_REWARD),$(FILE_policy) --skeletons )$(SKELETONS) $(OPTIONS_blueprints) --output $(1) $(2) $(RUN)
COMMAND_sample = $(BIN)/sample --model $(FILE_train) $(if $(PROPOSES),--blueprints $(FILE_propose)) $(OPTIONS_samples) --output $(1) $(2) $(RUN)
COMMAND_reconstruct = $(BIN)/reconstruct --samples $(FILE_sample) --output $(1) $(2) $(RUN)
COMMAND_relax = $(BIN)/relax --crystals $(FILE_reconstruct) $(OPTIONS_relaxed) --output $(1) $(2) $(RUN)
COMMAND_label = $(BIN)/properties --crystals $(FILE_preprocess) $(OPTIONS_label) --output $(1) $(RUN)
COMMAND_properties = $(BIN)/properties --crystals $(FILE_relax) $(OPTIONS_properties) --output $(1) $(RUN)
COMMAND_metrics = $(BIN)/metrics --crystals $(FILE_judged) --reference $(FILE_data) --output $(1) --name $(MODEL) \
  --symprec $(SYMPREC) $(OPTIONS_metrics) --timing $(FILE_preprocess) $(FILE_train) $(FILE_sample) $(FILE_reconstruct) $(FILE_relax) > $(R)/metrics.txt
COMMAND_report = $(BIN)/report --metrics $(FILE_metrics) --model $(FILE_train) --output $(1) --title "Frieze: $(MODEL) on $(DATASET)" $(PUBLISHED) --figures $(R)/figures
COMMAND_merge = $(BIN)/merge --output $(1) $(2)

# A model of these options and this dataset that was stopped goes on; any other begins anew.
continue = cat $(2) > $(1).new; cmp -s $(1).new $(1).begun || rm -f $(1) $(1).unfinished.h5; mv $(1).new $(1).begun; exec

.PHONY: eval train $(STAGES) FORCE
ifndef CLUSTER
ifneq ($(JUDGES),)
# Several judges of the same crystals, each with the hull of its own energies alone, and how often they agree.
JUDGE_LIST := $(subst $(comma), ,$(JUDGES))
eval: ## Run the whole line; with JUDGES=chgnet,chgnet-r2scan every judge's table and how often they agree
	@for judge in $(JUDGE_LIST); do $(MAKE) hull POTENTIAL=$$judge JUDGES= HULL= && $(MAKE) metrics POTENTIAL=$$judge JUDGES= HULL= || exit $$?; done
	@cat $(foreach j,$(JUDGE_LIST),$(call results,$j,)/metrics.txt)
	@$(BIN)/report --metrics $(foreach j,$(JUDGE_LIST),$(call results,$j,)/metrics.json) --agreement \
	  --output $(S)/judges.html --title "Frieze: $(MODEL) on $(DATASET), judged by $(JUDGES)" $(PUBLISHED)
	@echo "page: $(S)/judges.html"
else
eval: $(if $(UNFETCHED),,report) ## Run the whole line; the table on the terminal, a page in report.html
ifeq ($(UNFETCHED),)
	@cat $(R)/metrics.txt
	@echo "page: $(FILE_report)"
	@$(if $(HINT),echo "$(HINT)")
else
	@if $(MAKE) $(CHGNET); then exec $(MAKE) eval POTENTIAL=chgnet; fi; \
	  echo "make eval: without CHGNet's weights crystals are relaxed with the pair potential, whose energies say nothing of stability." >&2; \
	  exec $(MAKE) eval POTENTIAL=pair
endif
endif

preprocess:  $(FILE_preprocess)     ## Crystal files to a dataset
train:       $(FILE_train)          ## Dataset to a trained model
	@$(if $(SHIPPED),echo "$(MODEL) is trained already: $(FILE_train)")
policy:      $(FILE_policy)         ## Crystal-GFN, trained to a reward: PROPOSER=crystal-gfn REWARD="exp(-8 * formation_energy_per_atom)"
propose:     $(FILE_propose)        ## What crystals are to be, by a model of skeletons or Crystal-GFN: PROPOSER=skeletons, crystal-gfn
sample:      $(FILE_sample)         ## Asymmetric units from the model
reconstruct: $(FILE_reconstruct)    ## Full crystals
relax:       $(FILE_relax)          ## Relaxed crystals
properties:  $(FILE_properties)     ## Their properties, by predictors: TARGET=…, PREDICTED_BY=…
metrics:     $(FILE_metrics)        ## Judge them
report:      $(FILE_report)         ## Draw the page
endif

# Content, not dates.
%.id: % FORCE
	@Pipelines/stamp.sh $<

define options_rule
$(1).options: FORCE
	@mkdir -p $$(@D); new=$$@.$$$$HOSTNAME-$$$$$$$$; echo '$(2)' > $$$$new; if cmp -s $$$$new $$@; then rm $$$$new; else mv $$$$new $$@; fi
endef
$(eval $(call options_rule,$(FILE_preprocess),$(OPTIONS_dataset) --input $(SOURCE)$(OWN_HASH:%= %)))
$(if $(SHIPPED),,$(eval $(call options_rule,$(FILE_train),$(OPTIONS_model) $$(shell sha256sum < $(CONFIG)))))
$(eval $(call options_rule,$(FILE_policy),$(OPTIONS_policy) $$(shell sha256sum < $(POLICY_CONFIG))))
$(if $(PROPOSES),$(eval $(call options_rule,$(FILE_propose),$(OPTIONS_blueprints) $(SKELETONS))))
$(eval $(call options_rule,$(FILE_sample),$(OPTIONS_samples)))
$(eval $(call options_rule,$(FILE_relax),$(OPTIONS_relaxed)))
$(eval $(call options_rule,$(FILE_metrics),$(OPTIONS_metrics)))
$(eval $(call options_rule,$(FILE_label),$(OPTIONS_label)))
$(eval $(call options_rule,$(FILE_properties),$(OPTIONS_properties)))

# Labels are properties, too.
PROGRAM_label := properties
PROGRAM_policy := train
# A stage in one piece; or its parts and a merge.
define whole
$$(FILE_$(1)): $$(NEEDS_$(1)) FORCE | $$(BIN)/$(or $(PROGRAM_$(1)),$(1))
	@Pipelines/stage.sh $$@ '$$(NEEDS_$(1))' '$$(call COMMAND_$(1),$$@)'
endef
define sharded
$$(call PARTS,$(1))/%.h5: $$(NEEDS_$(1)) FORCE | $$(BIN)/$(1)
	@Pipelines/stage.sh $$@ '$$(NEEDS_$(1))' '$$(call COMMAND_$(1),$$@,--shard $$*/$$(SHARDS))' $$(FILE_$(1))
$$(FILE_$(1)): $$(foreach i,$$(shell seq 0 $$$$(($$(SHARDS)-1))),$$(call PARTS,$(1))/$$(i).h5) FORCE | $$(BIN)/merge
	@Pipelines/stage.sh $$@ '$$(NEEDS_$(1))' '$$(call COMMAND_merge,$$@,$$(filter-out FORCE,$$^))'
endef
CUT := $(if $(filter-out 1,$(SHARDS)),$(SHARDED))
$(foreach s,$(filter-out $(if $(SHIPPED),train),$(sort $(STAGES) label properties)),$(eval $(call $(if $(filter $(s),$(CUT)),sharded,whole),$(s))))

# Crystals of any origin: make judge INPUT=folder/ (CIF, extxyz, CSV, .h5), against DATASET; COMPARE_WITH=train measures
# distances to its training set, PREDICTION=composition or wyckoff takes the crystals for predictions of its test set.
JUDGED := $(ARTIFACTS)/judged/$(notdir $(patsubst %/,%,$(INPUT)))-$(notdir $(D))$(COMPARE_WITH:%=-%)$(PREDICTION:%=-%)
.PHONY: judge
judge: $(D)/dataset.h5 | $(BIN)/metrics $(BIN)/report ## Judge anybody's crystals: make judge INPUT=folder/
	@$(if $(INPUT),,echo "make judge INPUT=…: a folder, or a CIF, extxyz, CSV or .h5 file" >&2; exit 64)
	@mkdir -p '$(JUDGED)'
	flock '$(JUDGED)/.lock' bash -euc "$(BIN)/metrics --crystals '$(INPUT)' --reference '$(D)/dataset.h5' --output '$(JUDGED)/metrics.json' \
	  --symprec $(SYMPREC) $(COMPARE_WITH:%=--compare-with %) $(PREDICTION:%=--prediction %) $(COVERAGE:%=--coverage-limits %) $(RUN); \
	  $(BIN)/report --metrics '$(JUDGED)/metrics.json' --output '$(JUDGED)/report.html' --title '$(INPUT) against $(DATASET)' $(PUBLISHED)"

# Starting over.
.PHONY: redo $(STAGES:%=clean-%)
redo: ## Run a stage and what is behind it again: make redo STAGE=sample
	@$(if $(FILE_$(STAGE)),,echo "make redo STAGE=…: one of $(STAGES)" >&2; exit 64)
	rm -rf '$(FILE_$(STAGE))'{,.log,.jobs,.made,.id,.state,.unfinished.h5} '$(FILE_$(STAGE):.h5=)'{.shards*,.losses.csv}
	@$(MAKE) report

$(STAGES:%=clean-%): clean-%: ## Remove the file of a stage: make clean-sample
	rm -rf '$(FILE_$*)'{,.log,.jobs,.made,.id,.state,.unfinished.h5} '$(FILE_$*:.h5=)'{.shards*,.losses.csv}
