# Frieze: the line from crystal files to judged crystals. `make help` shows what there is.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += -rR --no-print-directory
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := help

DATASET ?= minerals
include $(or $(wildcard Pipelines/datasets/$(DATASET).mk),$(error there is no Pipelines/datasets/$(DATASET).mk; there are: $(basename $(notdir $(wildcard Pipelines/datasets/*.mk)))))

MODEL     ?= symmbfn-small
SAMPLES   ?= 1000
STEPS     ?= 100
SEED      ?= 0
POTENTIAL ?= pair
SYMPREC   ?= 0.1
FMAX      ?= 0.1
SHARDS    ?= 1
THREADS   ?= 0
EPOCHS    ?=
MINUTES   ?=
SPACE_GROUP ?=
HULL      ?=
LIMIT     ?=
INPUT     ?=
COMPARE_WITH ?=
PREDICTION ?=

include Pipelines/setup.mk
include Pipelines/dag.mk
include Pipelines/potentials.mk
include Pipelines/generate.mk
include Pipelines/develop.mk
