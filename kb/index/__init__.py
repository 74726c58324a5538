"""The index on disk and in memory: parts, generations, catalogue, snapshot. Knows nothing of queries."""
