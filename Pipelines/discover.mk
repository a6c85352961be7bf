# Rounds that learn from what they find: skeletons are proposed, filled, relaxed and judged, all are kept in one ledger, and the model of
# energies that chooses skeletons learns from it before the next round.
#   make discover ROUNDS=4 SAMPLES=1000
#   make discover REWARD="exp(-40 * max(energy_above_hull, 0))"     the model of skeletons is tuned to the reward in every round
#   make discover PROPOSER=crystal-gfn                                 Crystal-GFN says group and composition, by a proxy that learns, too
#   make discover SCREEN=none LEARN=                                   plain sampling with the same models, to compare with
#   make discover JUDGES=chgnet,chgnet-r2scan LEARN="energies skeletons"   models learn what both judges found

ROUNDS ?= 4
# What learns from the rounds: energies (once called 1), skeletons, coordinates.
LEARN  ?= energies
DISCOVER_LEARN := $(patsubst 1,energies,$(LEARN))
$(if $(filter-out energies skeletons coordinates,$(DISCOVER_LEARN)),$(error LEARN is energies, skeletons, coordinates, several with blanks between, or nothing))
# A second judge, above the hull of its own energies: what is within 0.05 eV/atom by both is what the model of skeletons may learn from.
DISCOVER_JUDGES := $(subst $(comma), ,$(JUDGES))
DISCOVER_FIRST := $(or $(firstword $(DISCOVER_JUDGES)),$(JUDGE))
SECOND_JUDGE := $(word 2,$(DISCOVER_JUDGES))
SECOND_HULL := $(SECOND_JUDGE:%=$(D)/hull-%/$(notdir $(D))-$(SECOND_JUDGE).h5)
DISCOVER_MODEL := $(if $(call given,MODEL),Artifacts/$(MODEL).h5,Artifacts/pretrained/mp20.h5)
# Of the likeliest third of twelve skeletons the one of the lowest energy, where nobody says.
DISCOVER_SCREEN := $(patsubst none,,$(or $(SCREEN),$(if $(REWARD),none,energy:12)))
DISCOVER_FIRST_ENERGIES := Artifacts/pretrained/mp20-skeleton-energy.h5
DISCOVER_ENERGIES := $(if $(call given,SCREEN_MODEL),$(SCREEN_MODEL),$(DISCOVER_FIRST_ENERGIES))
# Of a dataset without energies: LABELS=chgnet:formation_energy, and a SCREEN_MODEL that learnt those.
DISCOVER_DATASET := $(if $(LABELLED_BY_CHGNET),$(FILE_label),$(FILE_preprocess))
DISCOVER_PROPOSER := $(if $(call given,PROPOSER),$(PROPOSER))
$(if $(and $(filter discover,$(MAKECMDGOALS)),$(filter-out skeletons crystal-gfn,$(DISCOVER_PROPOSER))),$(error make discover: PROPOSER is skeletons or crystal-gfn))
# Crystal-GFN needs to be told what a crystal is worth.
DISCOVER_REWARD := $(or $(REWARD),$(if $(filter crystal-gfn,$(DISCOVER_PROPOSER)),exp(-40 * max(energy_above_hull, 0))))
DISCOVER := $(D)/discover/n$(COUNT)-seed$(SEED)$(subst :,_,$(DISCOVER_SCREEN:%=-%))$(REWARD_NAME)$(patsubst %,-%,$(filter crystal-gfn,$(DISCOVER_PROPOSER)))$(if $(DISCOVER_LEARN),,-as_it_is)$(subst $(blank),,$(patsubst %,-%,$(filter skeletons coordinates,$(DISCOVER_LEARN))))$(MODEL:%=-$(notdir $(DISCOVER_MODEL:.h5=)))$(subst /,_,$(call apart,by,$(DISCOVER_ENERGIES),$(DISCOVER_FIRST_ENERGIES)))

.PHONY: discover
discover: $(DISCOVER_DATASET) $(foreach j,$(DISCOVER_FIRST) $(SECOND_JUDGE),$(WEIGHTS_$j)) | $(BIN)/sample ## Rounds that learn from what they find: make discover DATASET=mp20 [ROUNDS=4] [SAMPLES=100] [PROPOSER=crystal-gfn] [REWARD="exp(-40 * max(energy_above_hull, 0))"]
	@$(if $(HULL),,echo "make discover needs a HULL that energies stand above" >&2; exit 64)
	@$(if $(filter skeletons coordinates,$(DISCOVER_LEARN)),$(if $(SECOND_JUDGE),,echo 'make discover LEARN="energies skeletons" needs two JUDGES, as JUDGES=chgnet,chgnet-r2scan' >&2; exit 64))
	@$(if $(wildcard $(SECOND_HULL)),,$(if $(SECOND_JUDGE),$(MAKE) hull POTENTIAL=$(SECOND_JUDGE) JUDGES= HULL=))
	@BIN='$(BIN)' MODEL='$(DISCOVER_MODEL)' SKELETONS='$(SKELETONS)' ENERGIES='$(DISCOVER_ENERGIES)' DATASET='$(DISCOVER_DATASET)' ENERGIES_CONFIG='skeleton-energy-$(or $(LABELLED_BY_CHGNET),mp20)' \
	  HULL='$(HULL)' HULLS='$(strip $(HULL) $(wildcard $(D)/hull-$(DISCOVER_FIRST)/filled.h5))' REWARD='$(DISCOVER_REWARD)' PROPOSER='$(DISCOVER_PROPOSER)' PROXY='$(PROXY)' SCREEN='$(DISCOVER_SCREEN)' LEARN='$(DISCOVER_LEARN)' SECOND_JUDGE='$(SECOND_JUDGE)' SECOND_HULL='$(SECOND_HULL)' LIMIT=$(if $(SECOND_JUDGE),0.05,0) COPIES=10 \
	  COORDINATES=$(if $(findstring symmcd,$(DISCOVER_MODEL)),symmcd,symmbfn)-mp20 \
	  STEPS='$(CALLS)' POTENTIAL='$(DISCOVER_FIRST)' FMAX='$(FMAX)' SEED='$(SEED)' THREADS='$(THREADS)' \
	  Pipelines/discover.sh '$(DISCOVER)' '$(ROUNDS)' '$(COUNT)'
