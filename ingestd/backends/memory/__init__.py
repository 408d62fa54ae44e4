"""Every port in memory: for `plan --dry-run` style questions, for tests, also those of users."""
