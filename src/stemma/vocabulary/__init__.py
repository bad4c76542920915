"""The one table of words that everyone cites: mechanisms, exclusions, grounds, conditions, kinship."""

from __future__ import annotations

from stemma.vocabulary.terms import Condition, Exclusion, Grounds, Kinship, Mechanism

__all__ = ["Condition", "Exclusion", "Grounds", "Kinship", "Mechanism"]
