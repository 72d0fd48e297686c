# cmake --install: filled by the house.
