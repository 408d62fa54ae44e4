"""Every HTTP client: one policy of deadlines, body caps and redirects."""
