"""Bytes of a file or page → blocks of text: `formats` knows all readers, a module reads each format."""
