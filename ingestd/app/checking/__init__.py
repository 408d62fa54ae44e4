"""Checking: golden questions asked, evidence gathered, verdicts recorded."""
