"""What was computed once and need not be again: bytes by key, and digests of unchanged files."""

from stemma.cache.digests import DigestMemo, FileIdentity
from stemma.cache.store import DEFAULT_LIMIT, CacheStats, Damage, FeatureCache, default_directory

__all__ = [
    "DEFAULT_LIMIT",
    "CacheStats",
    "Damage",
    "DigestMemo",
    "FeatureCache",
    "FileIdentity",
    "default_directory",
]
