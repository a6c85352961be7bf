# MP-20 (Xie et al., ICLR 2022; Materials Project, CC BY 4.0): train, val and test tables.
DATASETS_DIR ?=
SOURCE := $(firstword $(wildcard $(addsuffix /mp20,$(or $(DATASETS_DIR),datasets ../shared/datasets))))
no_input = $(error MP-20 is not here. Download train.csv, val.csv and test.csv of mp_20 from the CDVAE repository (txie-93/cdvae, data/mp_20) into datasets/mp20, or name a folder that holds mp20/ in DATASETS_DIR)
EPOCHS ?= 20
POTENTIAL ?= chgnet
# Further crystals of the Materials Project, for hulls.
PHASES ?= $(foreach d,$(firstword $(wildcard $(addsuffix /mp2024,$(DATASETS_DIR) datasets ../shared/datasets))),$(wildcard $(d)/*.jsonl.xz))
RATTLE ?= 0.05
# Of 36 skeletons the likeliest third, of these the lowest energy.
BEST_MODEL := pretrained/mp20-symmcd
BEST_SCREEN := energy:36
BEST_HINT := SCREEN=none samples without a choice of skeletons; make eval DATASET=mp20 MODEL=symmcd-mp20 trains a model of your own first, an hour
