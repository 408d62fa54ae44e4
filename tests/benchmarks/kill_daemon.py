"""A daemon, or a reindex, begun as the command begins it, that can be ended at named points."""

from __future__ import annotations

import sys
from pathlib import Path

from ingestd.app.opening import writing
from ingestd.config import loading


def main(config: str, what: str) -> int:
    """Run."""
    with writing(loading.load(Path(config))) as system:
        # As `ingestd run` does: the child loads beside all that is imported next.
        system.parser.warm(1)
        from ingestd.app import passes
        from ingestd.app.serving import serve

        from . import kill_points

        fuse = kill_points.Fuse()
        kill_points.lay(fuse)
        kill_points.listen(fuse)
        if what == "reindex":
            passes.reindex(system)
            return 0
        return serve(system)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
