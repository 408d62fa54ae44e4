"""Indexers measured beside each other: each a process of its own, in its own environment."""
