"""Typed values: read from text, and compared with a reason; used by retrieval and freshness."""
