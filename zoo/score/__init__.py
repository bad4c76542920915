"""How often the rulings are right: every pair of a zoo is ruled on, and the document about it is written.

`python -m zoo score --zoo DIR` reads nothing but the zoo and the public verbs of `stemma`.
"""
