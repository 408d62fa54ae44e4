"""Models in the sentence-transformers format: finding them offline, and running them on torch."""
