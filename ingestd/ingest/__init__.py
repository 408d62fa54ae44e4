"""The ingest lane: from a change on disk to rows in the index."""
