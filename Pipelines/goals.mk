# Which variables mean something to which target. One that is given and means nothing is an error: whoever gave it would get another thing
# than was asked for. Read last, of the command line alone, and not of a make that make starts.

# What makes a dataset, a model of it, crystals, and energies.
of_data     := DATASET SOURCE LIMIT SYMPREC SYMMETRY DATASETS_DIR CIF_COLUMN ID_COLUMN GEOMETRY UNLIKE
of_models   := $(of_data) MODEL INITIAL SEED EPOCHS MINUTES SET LABELS
of_crystals := SAMPLES STEPS SPACE_GROUP COMPOSITION FORMULA_UNITS ELEMENTS REQUIRE EXCLUDE MAX_ATOMS MAX_SITES NEUTRAL PROTOTYPE ANONYMOUS_FORMULA KEEP SITES \
  TARGET GUIDANCE SCREEN SCREEN_MODEL SKELETONS PROPOSER TEMPLATES REWARD PROXY
of_energies := POTENTIAL FMAX HULL RATTLE
everywhere  := ARTIFACTS BUILD THREADS DATASETS_DIR
of_jobs     := CLUSTER SHARDS $(RESOURCES) $(foreach r,$(RESOURCES),$(stages_of_jobs:%=$r_%))
of_the_line := $(of_models) $(of_crystals) $(of_energies) $(of_jobs) PREDICTED_BY TOLERANCE COVERAGE JUDGES

line_goals := eval status $(stages_of_jobs) $(stages_of_jobs:%=clean-%)
$(foreach g,$(line_goals),$(eval USED_BY_$g := $(of_the_line)))
$(foreach g,submit resume redo,$(eval USED_BY_$g := $(of_the_line) STAGE))
USED_BY_compare   := $(of_the_line) MODELS LADDER
USED_BY_judge     := $(of_data) INPUT COMPARE_WITH PREDICTION COVERAGE
USED_BY_generate  := $(if $(call given,MODEL),$(of_models),SEED SET MODEL) $(of_crystals) $(of_energies) RELAX PREDICTED_BY
USED_BY_structure := MODEL SEED SAMPLES STEPS SPACE_GROUP COMPOSITION FORMULA_UNITS SKELETONS $(of_energies)
USED_BY_csp       := $(of_models) STEPS SCREEN SCREEN_MODEL SKELETONS $(of_energies) GIVEN PER_TARGET RELAX
USED_BY_discover  := $(of_models) SAMPLES STEPS SCREEN SCREEN_MODEL SKELETONS PROPOSER REWARD PROXY $(of_energies) ROUNDS LEARN JUDGES
USED_BY_finetune  := $(of_models) PROPERTY
USED_BY_stable    := $(of_data) FILES KNOWN $(of_energies)
USED_BY_hull      := $(of_data) $(of_energies) PHASES
USED_BY_install   := PREFIX DESTDIR
USED_BY_uninstall := PREFIX DESTDIR

given_here := $(foreach v,$(VARIABLES),$(if $(filter command,$(firstword $(origin $v))),$v))
limited := $(sort $(line_goals) submit resume redo compare judge generate structure csp discover finetune hull stable install uninstall)
# $(1): a variable
users = $(strip $(foreach g,$(filter-out $(stages_of_jobs) clean-% submit resume redo status,$(limited)),$(if $(filter $(1),$(USED_BY_$g)),$g)))
useless = $(error make $(1) does not use $(2)$(if $(call users,$(2)),$(comma) which is for: $(call users,$(2)))$(INSTEAD_$(2)))
# What was meant, perhaps.
INSTEAD_INPUT = . Crystals to learn from are DATASET=$(or $(INPUT),FILE)
INSTEAD_DATASET = . It takes the shipped model, which learnt MP-20; MODEL=$(firstword $(MODEL) symmbfn-small) takes the one trained on DATASET
INSTEAD_RELAX = . The line relaxes by itself: POTENTIAL, FMAX
ifeq ($(MAKELEVEL),0)
$(foreach g,$(filter $(limited),$(MAKECMDGOALS)),$(foreach v,$(filter-out $(everywhere) $(USED_BY_$g),$(given_here)),$(call useless,$g,$v)))
endif
