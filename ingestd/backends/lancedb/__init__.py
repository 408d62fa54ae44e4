"""The index in LanceDB: two tables, whole documents in one commit, generations behind a link."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder


class _NoPandas(MetaPathFinder):
    """Keeps pandas out: LanceDB imports it where it finds it, and 40 MB would stay for nothing."""

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: object = None, /) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name, name=name)


_finder = _NoPandas()
sys.meta_path.insert(0, _finder)
try:
    import lancedb as lancedb
finally:
    sys.meta_path.remove(_finder)
