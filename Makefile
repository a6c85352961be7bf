# Frieze: the line from crystal files to judged crystals. `make help` shows what there is.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += -rR --no-print-directory
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := help

# What is the same for every run on this machine or cluster: CLUSTER, PARTITION, ACCOUNT, TIME_relax, …
-include cluster.mk

include Pipelines/variables.mk

DATASET ?= minerals
# A folder or a table of one's own goes by its name without what is behind the dot.
OWN := $(if $(wildcard Pipelines/datasets/$(DATASET).mk),,$(patsubst %/,%,$(wildcard $(DATASET))))
ifneq ($(OWN),)
SOURCE := $(OWN)
# Not the name of a dataset that comes with us, or of a folder of other results.
TAKEN := $(basename $(notdir $(wildcard Pipelines/datasets/*.mk))) pretrained potentials predictors generated finetuned judged stable structures
override DATASET := $(foreach n,$(firstword $(subst ., ,$(notdir $(OWN)))),$(if $(filter $n,$(TAKEN)),own-)$n)
# It may change: what was made of it is made again where what is in it has.
OWN_HASH := $(shell find -L '$(OWN)' -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-64)
else
include $(or $(wildcard Pipelines/datasets/$(DATASET).mk),$(error there is no Pipelines/datasets/$(DATASET).mk, and no such folder or table; there are: $(basename $(notdir $(wildcard Pipelines/datasets/*.mk)))))
endif

# What nobody asks for is the best that is here: the model shipped for the dataset, and its choice of skeletons.
ifneq ($(BEST_MODEL),)
ifeq ($(MODEL)$(filter csp structure discover,$(MAKECMDGOALS)),)
MODEL := $(BEST_MODEL)
HINT := $(if $(BEST_SCREEN),,$(BEST_HINT))
ifeq ($(PROPOSER)$(TEMPLATES)$(TARGET)$(REWARD)$(JUDGES)$(SYMMETRY)$(origin SCREEN),undefined)
ifneq ($(BEST_SCREEN),)
SCREEN := $(BEST_SCREEN)
HINT := $(BEST_HINT)
endif
endif
endif
endif
# The model shipped goes on with the crystals of the default dataset and of one's own.
MODEL     ?= $(if $(OWN),symmcd-finetune,symmbfn-small)
# The model that training begins with; a random one where empty.
INITIAL   ?= $(if $(filter symmcd-finetune,$(MODEL)),pretrained/mp20-symmcd)
# A dataset's number of epochs is for the small models, which are for any dataset; the YAML of every other one says its own.
ifeq ($(origin EPOCHS)$(filter %-small,$(MODEL)),file)
EPOCHS := $(if $(wildcard Pipelines/models/$(MODEL).yaml),,$(EPOCHS))
endif
SAMPLES   ?= 1000
# Sampling steps: the shipped models are as good at 20 as at 50, 100 or 500 (Pipelines/RESULTS.md, "Fewer calls").
SHIPPED_STEPS := 20
STEPS     ?= $(if $(filter pretrained/% finetuned/% symmcd-finetune,$(MODEL)),$(SHIPPED_STEPS),100)
SEED      ?= 0
# The same on every machine, whatever has been fetched.
POTENTIAL ?= $(if $(OWN),chgnet,pair)
# CHGNet's weights are not there yet, and nobody has asked for CHGNet: make eval fetches them, or says that it goes without.
UNFETCHED := $(if $(filter chgnet,$(POTENTIAL)),$(if $(wildcard Artifacts/potentials/chgnet-0.3.0.h5)$(call given,POTENTIAL)$(CLUSTER)$(JUDGES),,1))
# Another value than the dataset's own goes into the path.
DEFAULT_SYMPREC ?= 0.1
DEFAULT_LIMIT ?=
SYMPREC   ?= $(DEFAULT_SYMPREC)
# SYMMETRY=none: every atom of the conventional cell is a site of its own in space group 1, for models without symmetry.
SYMMETRY  ?=
# Further crystals of which models learn lattice and coordinates alone, but for those with the structure of a validation or test crystal, of the
# dataset or of those that UNLIKE names: make train DATASET=mp20 MODEL=symmcd-mp20 GEOMETRY=folder/
GEOMETRY  ?=
UNLIKE    ?=
FMAX      ?= 0.1
SHARDS    ?= 1
THREADS   ?= $(if $(CLUSTER),$$CPUS,0)
EPOCHS    ?=
MINUTES   ?=
SPACE_GROUP ?=
COMPOSITION ?=
FORMULA_UNITS ?=
# What crystals are to be: elements that may, must and may not occur, largest sizes of the primitive cell and the asymmetric unit, charges that
# balance, a crystal whose Wyckoff positions are kept with the elements of it that stay, sites that are given.
ELEMENTS  ?=
REQUIRE   ?=
EXCLUDE   ?=
MAX_ATOMS ?=
MAX_SITES ?=
NEUTRAL   ?=
PROTOTYPE ?=
ANONYMOUS_FORMULA ?=
KEEP      ?=
SITES     ?=
# What properties are to be, as the model's columns call them, and how much that counts: TARGET="band_gap=1..2 bulk_modulus=100.." GUIDANCE=2;
# how far off still counts as having it, TOLERANCE="band_gap=0.3".
TARGET    ?=
GUIDANCE  ?=
TOLERANCE ?=
# A column of one's own dataset to go on with: make finetune DATASET=mine.csv PROPERTY=hardness
PROPERTY  ?=
# Which skeletons are kept. Where shipped models can tell who has what is asked for: of 64 the likeliest that has it.
SCREEN    ?= $(if $(TARGET),$(if $(filter-out formation_energy_per_atom=% band_gap=% bulk_modulus=% megnet_bulk_modulus=%,$(TARGET))$(filter-out \
  skeletons,$(PROPOSER) $(TEMPLATES))$(filter finetuned/%,$(MODEL)),,target:64))
SCREENED := $(filter-out none,$(SCREEN))
# Where Wyckoff positions come from: skeletons, training or network; the model's own where nothing is asked for. Called TEMPLATES once.
CHEMISTRY := $(ELEMENTS)$(REQUIRE)$(EXCLUDE)$(MAX_ATOMS)$(MAX_SITES)$(NEUTRAL)$(PROTOTYPE)$(ANONYMOUS_FORMULA)$(SITES)$(SCREENED)
PROPOSER  ?= $(or $(TEMPLATES),$(if $(CHEMISTRY)$(TARGET),skeletons))
# The model of skeletons.
DEFAULT_SKELETONS := $(if $(filter finetuned/%,$(MODEL)),Artifacts/$(MODEL)-skeletons.h5,$(if $(TARGET),Artifacts/pretrained/mp20-skeletons-properties.h5,$(or \
  $(wildcard Artifacts/$(MODEL)-skeletons.h5),Artifacts/pretrained/mp20-skeletons.h5)))
SKELETONS ?= $(DEFAULT_SKELETONS)
# The model that SCREEN=energy:8 or target:8 compares skeletons by; HULL is what energies stand above.
DEFAULT_SCREEN_MODEL := Artifacts/$(if $(filter target:%,$(SCREEN)),pretrained/mp20-skeleton-predictor,$(or $(BEST_SCREEN_MODEL),pretrained/mp20-tuned-skeleton-energy)).h5
SCREEN_MODEL ?= $(DEFAULT_SCREEN_MODEL)
# What crystals are worth to Crystal-GFN (PROPOSER=crystal-gfn) and make discover, and the model that says it of composition and cell:
# REWARD="exp(-8 * formation_energy_per_atom)".
REWARD    ?=
DEFAULT_PROXY := Artifacts/pretrained/mp20-proxy.h5
PROXY     ?= $(DEFAULT_PROXY)
# What is predicted of every crystal of a dataset, and of crystals that properties were asked of: the second by networks of another year, too.
LABELS    ?= megnet:formation_energy,band_gap,bulk_modulus,shear_modulus,fermi_energy
PREDICTED_BY ?= megnet:formation_energy,band_gap,bulk_modulus megnet:formation_energy@2018,band_gap@2018,bulk_modulus@2018
# Options of the model by their paths: SET="sampling.steps=50 training.batch=128".
SET       ?=
# The convex hull that CHGNet's energies stand above; elements.csv lies beside it.
DEFAULT_HULL := $(firstword $(wildcard $(addsuffix /hull/mp.csv.xz,$(DATASETS_DIR) datasets ../shared/datasets)))
HULL      ?= $(DEFAULT_HULL)
# Symmetry is broken after relaxation, atoms moved by so many angstrom, and what fell is told; not where empty.
RATTLE    ?=
# Several judges of one run: make eval JUDGES=chgnet,chgnet-r2scan
JUDGES    ?=
# Largest distances of fingerprints that cover, STRUCTURE,COMPOSITION.
COVERAGE  ?=
LIMIT     ?= $(DEFAULT_LIMIT)
# Columns of a table of one's own: CIF texts, and names.
CIF_COLUMN ?=
ID_COLUMN ?=
INPUT     ?=
COMPARE_WITH ?=
PREDICTION ?=
STAGE     ?=
ARTIFACTS ?= Artifacts

include Pipelines/setup.mk
include Pipelines/dag.mk
include Pipelines/potentials.mk
include Pipelines/predictors.mk
include Pipelines/hull.mk
include Pipelines/generate.mk
include Pipelines/install.mk
include Pipelines/finetune.mk
include Pipelines/csp.mk
include Pipelines/stable.mk
include Pipelines/discover.mk
include Pipelines/compare.mk
include Pipelines/cluster.mk
include Pipelines/develop.mk
include Pipelines/goals.mk
