"""One file per kind of derivation; none of them sees another."""
