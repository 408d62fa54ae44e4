"""The configuration: read whole, checked whole, or refused with the key that is wrong."""
