"""`python -m ingestd` is the `ingestd` command."""

from __future__ import annotations

from ingestd.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
