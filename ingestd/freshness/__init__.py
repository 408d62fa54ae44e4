"""The freshness lane: from evidence to a diagnosis, and from many checks to what counts."""
