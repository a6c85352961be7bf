# A dozen of the minerals, for `make smoke`.
INPUT := /usr/share/avogadro2/crystals
LIMIT := 12
