"""Stemma: decides from the weights alone which AI models descend from which, and how surely."""
