"""Alerts put together: what is observed, what is told of it, and to whom."""
