# The crystals that libavogadro-data installs: oxides, sulfides, elements, zeolites.
SOURCE := /usr/share/avogadro2/crystals
SAMPLES ?= 500
MODEL ?= symmcd-finetune
POTENTIAL ?= chgnet
