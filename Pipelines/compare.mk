# Models side by side, each through the whole line with the same options: a table on the terminal, a page.
#   make compare DATASET=mp20 MODELS="symmbfn-mp20 symmcd-mp20"
#   make compare DATASET=mp20 MODELS="symmbfn-mp20 symmcd-mp20" LADDER="20 50 100 250 1000"

MODELS ?=
# Numbers of sampling steps to compare each model at; STEPS alone where empty.
LADDER ?=
COMPARED := $(ARTIFACTS)/$(DATASET)/compared/$(subst $(blank),+,$(strip $(subst /,_,$(MODELS))))-n$(SAMPLES)-seed$(SEED)$(if $(LADDER),-steps$(subst $(blank),_,$(strip $(LADDER))))
comparison = $(MAKE) $(1) MODELS= LADDER= MODEL=$(2) STEPS=$(3)

.PHONY: compare metrics-file
compare: ## Models side by side: make compare DATASET=mp20 MODELS="symmbfn-mp20 symmcd-mp20" [LADDER="20 50 100"]
	@$(if $(MODELS),,echo 'make compare MODELS="…": names of models, as symmbfn-mp20 symmcd-mp20' >&2; exit 64)
	@$(foreach m,$(MODELS),$(foreach s,$(or $(LADDER),$(STEPS)),$(call comparison,metrics,$m,$s) &&)) true
	@mkdir -p '$(dir $(COMPARED))'
	@$(BIN)/report --metrics $(foreach m,$(MODELS),$(foreach s,$(or $(LADDER),$(STEPS)),$$($(call comparison,-s metrics-file,$m,$s)))) \
	  --gallery $(if $(LADDER),0,12) --output '$(COMPARED).html' --title "Frieze: $(MODELS) on $(DATASET)" $(PUBLISHED)
	@echo "page: $(COMPARED).html"

metrics-file:
	@echo $(FILE_metrics)
