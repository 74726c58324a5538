"""The knowledge base as the site and the command line see it: one object over what serves now."""
