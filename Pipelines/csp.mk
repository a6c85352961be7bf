# Structure prediction: crystals of a dataset's test part from what is known of them, and the structure of one formula.
#   make csp DATASET=mp20 LIMIT=1000 PER_TARGET=20
#   make structure COMPOSITION=SrTiO3

# What is told: composition, group (the composition and the space group), or wyckoff (all Wyckoff positions and elements).
GIVEN      ?= composition
PER_TARGET ?= 1
TARGETS    ?=
