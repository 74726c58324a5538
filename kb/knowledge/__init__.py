"""The knowledge base as the site and the command line use it: one object over the serving generation."""
