"""Changes of the tables from revision to revision, run by Alembic."""
