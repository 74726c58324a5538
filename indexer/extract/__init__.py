"""Bytes of a file or page → blocks of text: `formats` lists all readers, one module per format."""
