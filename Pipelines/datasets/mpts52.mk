# MPTS-52 (Baird et al., JOSS 2024; Materials Project, CC BY 4.0): train, val and test tables.
DATASETS_DIR ?=
SOURCE := $(firstword $(wildcard $(addsuffix /mpts52,$(or $(DATASETS_DIR),datasets ../shared/datasets))))
no_input = $(error MPTS-52 is not here. Download train.csv, val.csv and test.csv of mpts_52 (sparks-baird/mp-time-split, or jiaor17/DiffCSP, data/mpts_52) into datasets/mpts52, or name a folder that holds mpts52/ in DATASETS_DIR)
EPOCHS ?= 20
POTENTIAL ?= chgnet
# Further crystals of the Materials Project, for hulls.
PHASES ?= $(foreach d,$(firstword $(wildcard $(addsuffix /mp2024,$(DATASETS_DIR) datasets ../shared/datasets))),$(wildcard $(d)/*.jsonl.xz))
RATTLE ?= 0.05
# Of the likeliest twelve of 36 skeletons the one of the lowest energy, by a model that learnt CHGNet's energies of the training part.
BEST_MODEL := pretrained/mpts52
BEST_SCREEN := energy:36
BEST_SCREEN_MODEL := pretrained/mpts52-skeleton-energy
BEST_HINT := SCREEN=none draws templates from the training set; make eval DATASET=mpts52 MODEL=symmcd-mp20 EPOCHS=10 trains a model of your own first, an hour
