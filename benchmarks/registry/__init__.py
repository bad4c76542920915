"""How fast registries in SQL are at the size of a whole hub."""
