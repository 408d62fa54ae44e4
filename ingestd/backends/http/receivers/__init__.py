"""Receivers over HTTP: what each kind is sent, and how it is sent."""
