# A dozen of the minerals, for `make smoke`.
SOURCE := /usr/share/avogadro2/crystals
DEFAULT_LIMIT := 12
