"""LlamaIndex: its ingestion pipeline with a document store, upserts and deletions, into LanceDB.

As its documentation shows it, but for the store's two deletions: they quote values as names are
quoted, and LanceDB 0.40 takes them for columns.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lancedb
from llama_index.core import SimpleDirectoryReader
from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.vector_stores.lancedb import LanceDBVectorStore

from .worker import WINDOW, Given, serve


class _Store(LanceDBVectorStore):
    def delete(self, ref_doc_id: str, **_: Any) -> None:
        self.table.delete(f"{self.doc_id_key} = {_quoted(ref_doc_id)}")

    def delete_nodes(self, node_ids: list[str], **_: Any) -> None:
        self.table.delete(f"id in ({', '.join(map(_quoted, node_ids))})")


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


class LlamaIndex:
    """A reader, and a pipeline that splits, embeds and stores."""

    def __init__(self, docs: Path, scratch: Path, model: Path, given: Given) -> None:
        embedding = HuggingFaceEmbedding(model_name=str(model), device="cpu")
        embedding.get_text_embedding("the model is loaded")
        given.watch_encode()
        self._docs = docs
        self._uri = str(scratch / "lancedb")
        self._pipeline = IngestionPipeline(
            transformations=[SentenceSplitter(chunk_size=WINDOW, chunk_overlap=50), embedding],
            docstore=SimpleDocumentStore(),
            docstore_strategy=DocstoreStrategy.UPSERTS_AND_DELETE,
            vector_store=_Store(uri=self._uri, table_name="docs"),
        )

    def update(self) -> None:
        """Read all, let it find what is new and what is gone."""
        reader = SimpleDirectoryReader(str(self._docs), recursive=True, filename_as_id=True)
        self._pipeline.run(documents=reader.load_data())

    def rows(self) -> int:
        """Count the table's rows."""
        return int(lancedb.connect(self._uri).open_table("docs").count_rows())


serve(LlamaIndex)
