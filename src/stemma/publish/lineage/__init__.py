"""What is said of the joined graph: verifications, reach, conflicts, advisories and whom they reach."""
