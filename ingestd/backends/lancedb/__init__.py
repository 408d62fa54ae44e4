"""The index in LanceDB: two tables, whole documents in one commit, generations behind a link."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder

import pyarrow as pa

_CLIENT = "lance_namespace_urllib3_client"


class _NoPandas(MetaPathFinder):
    """Keeps pandas out: LanceDB imports it where it finds it, and 40 MB would stay for nothing."""

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: object = None, /) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name, name=name)


def _without_client() -> None:
    """Keep a client for remote namespaces from being loaded: a second and 13 MB for nothing.

    LanceDB needs that package's models alone; its own module, which is not run, loads all of it.
    """
    spec = importlib.util.find_spec(_CLIENT)
    if spec is not None and _CLIENT not in sys.modules:
        sys.modules[_CLIENT] = importlib.util.module_from_spec(spec)


_finder = _NoPandas()
sys.meta_path.insert(0, _finder)
try:
    _without_client()
    import lancedb as lancedb
finally:
    sys.meta_path.remove(_finder)

# Arrow's own allocator keeps what is freed: 100 MB in an hour of commits, of which none is in use.
pa.set_memory_pool(pa.system_memory_pool())
