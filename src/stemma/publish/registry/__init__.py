"""What is said of records while people work on them: a record with its origins, problems, differences, locks.

Renderings of a record as a publication are in ``publish.record``.
"""
