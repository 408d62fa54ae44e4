"""All state in SQLite: one package, one file, so that what belongs together is one transaction."""
