"""The regions whose phone numbers are looked for, unless the config names others."""

PHONE_REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR")
"""ISO 3166 codes."""
