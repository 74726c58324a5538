"""What tests and benchmarks share: real texts by collection, files made to order, servers."""
