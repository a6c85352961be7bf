# The line: one rule an edge. Every file stands in a folder named after the parameters that made it.
#
#   dataset.h5 -> model.h5 -> samples.h5 -> crystals.h5 -> relaxed.h5 -> metrics.json -> report.html
#
# FILE.id holds the hash of FILE, FILE.options the options of the rule: both change only when their content does, and rules
# depend on them. So changing a parameter rebuilds what depends on it, and touching a file rebuilds nothing.

D := Artifacts/$(DATASET)
M := $(D)/$(MODEL)/seed$(SEED)$(EPOCHS:%=-epochs%)$(MINUTES:%=-minutes%)
comma := ,
S := $(M)/n$(SAMPLES)-steps$(STEPS)$(if $(SPACE_GROUP),-sg$(subst $(comma),_,$(SPACE_GROUP)))
R := $(S)/$(subst /,_,$(subst :,_,$(POTENTIAL)))-fmax$(FMAX)

# Rows of papers to stand beside ours, where there are any for the dataset.
PUBLISHED := $(addprefix --published ,$(wildcard Pipelines/published/$(DATASET).json))
CONFIG := Pipelines/models/$(MODEL).yaml
RUN = --threads $(THREADS)

OPTIONS_dataset := --symprec $(SYMPREC) $(LIMIT:%=--limit %)
OPTIONS_model   := --seed $(SEED) $(EPOCHS:%=--epochs %) $(MINUTES:%=--minutes %)
OPTIONS_samples := --count $(SAMPLES) --steps $(STEPS) --seed $(SEED) $(SPACE_GROUP:%=--space-group %)
OPTIONS_relaxed := --potential $(POTENTIAL) --fmax $(FMAX) $(if $(filter chgnet%,$(POTENTIAL)),$(HULL:%=--hull %))

.PHONY: eval preprocess train sample reconstruct relax metrics report FORCE
eval: report ## Run the whole line; the table on the terminal, a page in report.html
	@cat $(R)/metrics.txt
	@echo "page: $(R)/report.html"

preprocess:  $(D)/dataset.h5     ## Crystal files to a dataset
train:       $(M)/model.h5       ## Dataset to a trained model
sample:      $(S)/samples.h5     ## Asymmetric units from the model
reconstruct: $(S)/crystals.h5    ## Full crystals
relax:       $(R)/relaxed.h5     ## Relaxed crystals
metrics:     $(R)/metrics.json   ## Judge them
report:      $(R)/report.html    ## Draw the page

# Content, not dates.
%.id: % FORCE
	@sha256sum < $< | cut -d' ' -f1 > $@.new; if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

define options_rule
$(1).options: FORCE
	@mkdir -p $$(@D); echo '$(2)' > $$@.new; if cmp -s $$@.new $$@; then rm $$@.new; else mv $$@.new $$@; fi
endef
$(eval $(call options_rule,$(D)/dataset.h5,$(OPTIONS_dataset) --input $(SOURCE)))
$(eval $(call options_rule,$(M)/model.h5,$(OPTIONS_model) $$(shell sha256sum < $(CONFIG))))
$(eval $(call options_rule,$(S)/samples.h5,$(OPTIONS_samples)))
$(eval $(call options_rule,$(R)/relaxed.h5,$(OPTIONS_relaxed)))

$(D)/dataset.h5: $(D)/dataset.h5.options | $(BIN)/preprocess
	$(BIN)/preprocess --input $(or $(SOURCE),$(call no_input)) --output $@ $(OPTIONS_dataset) $(RUN)

$(M)/model.h5: $(M)/model.h5.options $(D)/dataset.h5.id | $(BIN)/train
	@# A model of these options and this dataset that was stopped goes on; any other begins anew.
	@cat $^ > $@.new; cmp -s $@.new $@.begun || rm -f $@ $@.unfinished.h5; mv $@.new $@.begun
	$(BIN)/train --dataset $(D)/dataset.h5 --config $(CONFIG) --output $@ --resume $(OPTIONS_model) $(RUN)

$(R)/metrics.json: $(R)/relaxed.h5.id $(D)/dataset.h5.id | $(BIN)/metrics
	$(BIN)/metrics --crystals $(R)/relaxed.h5 --reference $(D)/dataset.h5 --output $@ --name $(MODEL) --symprec $(SYMPREC) \
	  --timing $(D)/dataset.h5 $(M)/model.h5 $(S)/samples.h5 $(S)/crystals.h5 $(R)/relaxed.h5 > $(R)/metrics.txt

$(R)/report.html: $(R)/metrics.json.id $(M)/model.h5.id | $(BIN)/report
	$(BIN)/report --metrics $(R)/metrics.json --model $(M)/model.h5 --output $@ --title "Frieze: $(MODEL) on $(DATASET)" $(PUBLISHED) \
	  --figures $(R)/figures

# Stages that can be cut into shards: whole, or parts and a merge.
#   $(1) file  $(2) program  $(3) prerequisites  $(4) arguments but --output and --shard
define sharded
ifeq ($(SHARDS),1)
$(1): $(3) | $(BIN)/$(2)
	$(BIN)/$(2) $(4) --output $$@ $$(RUN)
else
$(1:.h5=).shards$(SHARDS)/%.h5: $(3) | $(BIN)/$(2)
	$(BIN)/$(2) $(4) --output $$@ --shard $$*/$(SHARDS) $$(RUN)
$(1): $(foreach i,$(shell seq 0 $$(($(SHARDS)-1))),$(1:.h5=).shards$(SHARDS)/$(i).h5) | $(BIN)/merge
	$(BIN)/merge --output $$@ $$^
endif
endef
$(eval $(call sharded,$(S)/samples.h5,sample,$(S)/samples.h5.options $(M)/model.h5.id,--model $(M)/model.h5 $(OPTIONS_samples)))
$(eval $(call sharded,$(S)/crystals.h5,reconstruct,$(S)/samples.h5.id,--samples $(S)/samples.h5))
$(eval $(call sharded,$(R)/relaxed.h5,relax,$(R)/relaxed.h5.options $(S)/crystals.h5.id,--crystals $(S)/crystals.h5 $(OPTIONS_relaxed)))

# Crystals of any origin: make judge INPUT=folder/ (CIF, extxyz, CSV, .h5), against DATASET; COMPARE_WITH=train measures
# distances to its training set, PREDICTION=composition or wyckoff takes the crystals for predictions of its test set.
JUDGED := Artifacts/judged/$(notdir $(patsubst %/,%,$(INPUT)))-$(DATASET)$(COMPARE_WITH:%=-%)$(PREDICTION:%=-%)
.PHONY: judge
judge: $(D)/dataset.h5 | $(BIN)/metrics $(BIN)/report ## Judge anybody's crystals: make judge INPUT=folder/
	@$(if $(INPUT),,echo "make judge INPUT=…: a folder, or a CIF, extxyz, CSV or .h5 file" >&2; exit 64)
	$(BIN)/metrics --crystals $(INPUT) --reference $(D)/dataset.h5 --output $(JUDGED)/metrics.json --symprec $(SYMPREC) \
	  $(COMPARE_WITH:%=--compare-with %) $(PREDICTION:%=--prediction %) $(RUN)
	$(BIN)/report --metrics $(JUDGED)/metrics.json --output $(JUDGED)/report.html --title "$(INPUT) against $(DATASET)" $(PUBLISHED)

# Where things stand, and starting over.
STAGES := preprocess train sample reconstruct relax metrics report
FILE_preprocess  := $(D)/dataset.h5
FILE_train       := $(M)/model.h5
FILE_sample      := $(S)/samples.h5
FILE_reconstruct := $(S)/crystals.h5
FILE_relax       := $(R)/relaxed.h5
FILE_metrics     := $(R)/metrics.json
FILE_report      := $(R)/report.html

.PHONY: status redo $(STAGES:%=clean-%)
status: ## Which stages of this run are done
	@$(foreach s,$(STAGES),printf '%-12s %-8s %s\n' $(s) $$([ -e $(FILE_$(s)) ] && echo done || echo missing) $(FILE_$(s));)

redo: ## Run a stage and what is behind it again: make redo STAGE=sample
	@$(if $(FILE_$(STAGE)),,echo "make redo STAGE=…: one of $(STAGES)" >&2; exit 64)
	rm -rf $(FILE_$(STAGE)) $(FILE_$(STAGE):.h5=).shards*
	@$(MAKE) report

$(STAGES:%=clean-%): clean-%: ## Remove the file of a stage: make clean-sample
	rm -rf $(FILE_$*) $(FILE_$*:.h5=).shards*
