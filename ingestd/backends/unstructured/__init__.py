"""Parsing with unstructured, offline; imported in the parser child alone."""
