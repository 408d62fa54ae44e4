"""Golden files: read from YAML, JSONL or CSV, checked question by question, edited in place."""
