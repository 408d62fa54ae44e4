"""The retrieval lane: from a question to hits with citations, and why each is there."""
