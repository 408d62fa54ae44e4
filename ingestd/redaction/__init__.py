"""Redaction: personal data found, united and replaced, before anything is stored or shown."""
