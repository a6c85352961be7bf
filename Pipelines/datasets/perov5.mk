# Perov-5 (Castelli et al. 2012; Xie et al., ICLR 2022): train, val and test tables.
DATASETS_DIR ?=
SOURCE := $(firstword $(wildcard $(addsuffix /perov5,$(or $(DATASETS_DIR),datasets ../shared/datasets))))
no_input = $(error Perov-5 is not here. Download train.csv, val.csv and test.csv of perov_5 from the CDVAE repository (txie-93/cdvae, data/perov_5) into datasets/perov5, or name a folder that holds perov5/ in DATASETS_DIR)
DEFAULT_SYMPREC := 0.01
EPOCHS ?= 40
POTENTIAL ?= chgnet
# CDVAE's limits for Perov-5.
COVERAGE ?= 0.2,4
BEST_MODEL := pretrained/perov5
BEST_HINT := make eval DATASET=perov5 MODEL=symmcd-mp20 EPOCHS=40 trains a model of your own first, half an hour
