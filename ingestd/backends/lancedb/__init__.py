"""The index in LanceDB: two tables, whole documents in one commit, generations behind a link."""

from __future__ import annotations

import pyarrow as pa

from ingestd.backends.lancedb.importing import lean

with lean():
    import lancedb as lancedb

# Arrow's own allocator keeps what is freed: 100 MB in an hour of commits, of which none is in use.
pa.set_memory_pool(pa.system_memory_pool())
