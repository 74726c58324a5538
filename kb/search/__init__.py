"""From a query string to results: parse, understand, expand, plan, rank, group, present."""
