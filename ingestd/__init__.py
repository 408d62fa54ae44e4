"""ingestd keeps a searchable index of an organisation's documents true."""

from __future__ import annotations

__version__ = "0.1.0"
