"""Alerting: what is wrong, whether to say so, and what becomes of the saying; all of it pure."""
