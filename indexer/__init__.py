"""Reads documents: sources, extraction, cleaning, structure, metadata, publication."""
