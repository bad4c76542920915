"""Renderings: what people and machines read of a result."""
