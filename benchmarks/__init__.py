"""Timing only: every figure of docs/performance.md, measured as whole processes and given as ratios."""
