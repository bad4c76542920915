"""Work on records: start, check, format, compare, give a version, lock."""
