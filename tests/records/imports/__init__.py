"""Records made out of what is written elsewhere."""
