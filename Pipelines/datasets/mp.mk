# MP-20's parts, and beside its training part further structures of the Materials Project (July 2024, CC BY 4.0), of which models learn
# lattice and coordinates alone. What has the structure of a validation or test crystal of MP-20, MPTS-52 or Perov-5 is left out.
DATASETS_DIR ?=
folder = $(firstword $(wildcard $(addsuffix /$(1),$(or $(DATASETS_DIR),datasets ../shared/datasets))))
SOURCE := $(call folder,mp20)
GEOMETRY := $(wildcard $(addsuffix /*.jsonl.xz,$(call folder,mp2024)))
UNLIKE := $(call folder,mpts52) $(call folder,perov5)
no_input = $(error MP-20 is not here: see Pipelines/datasets/mp20.mk)
$(if $(GEOMETRY),,$(error further structures are not here: name a folder that holds mp2024/*.jsonl.xz, one JSON object a line (id, lattice, species, fractional coordinates), in DATASETS_DIR))
# Of an asymmetric unit: large ones take most of the time, and MP-20 has few of them.
GEOMETRY_SITES ?= 10
EPOCHS ?= 20
POTENTIAL ?= chgnet
PHASES ?= $(GEOMETRY)
RATTLE ?= 0.05
