"""The index on disk and opened: parts, generations, catalogue, snapshot. Knows nothing of queries."""
