"""The joined graph at work: verify records, walk the graph, keep advisories, find whom they reach."""
