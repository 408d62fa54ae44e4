"""LangChain: `index()` with its record manager and full clean-up, into its LanceDB store.

As its documentation shows it, but for `mode`: with the store's default, "overwrite", each batch
replaces the table.
"""

from __future__ import annotations

from pathlib import Path

import lancedb
from langchain_classic.indexes import SQLRecordManager, index
from langchain_community.document_loaders import DirectoryLoader, TextLoader
from langchain_community.vectorstores import LanceDB
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

from .worker import Given, serve


class LangChain:
    """A loader, a splitter, a record manager and a vector store."""

    def __init__(self, docs: Path, scratch: Path, model: Path, given: Given) -> None:
        embeddings = HuggingFaceEmbeddings(model_name=str(model), model_kwargs={"device": "cpu"})
        embeddings.embed_documents(["the model is loaded"])
        given.watch_encode()
        self._database = lancedb.connect(scratch / "lancedb")
        self._store = LanceDB(self._database, embeddings, mode="append")
        self._records = SQLRecordManager("lancedb/docs", db_url=f"sqlite:///{scratch}/records.db")
        self._records.create_schema()
        self._loader = DirectoryLoader(
            str(docs), glob="**/*", loader_cls=TextLoader, loader_kwargs={"encoding": "utf-8"}
        )
        self._splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)

    def update(self) -> None:
        """Load all, split all, let it find what is new and what is gone."""
        pieces = self._splitter.split_documents(self._loader.load())
        index(pieces, self._records, self._store, cleanup="full", source_id_key="source")

    def rows(self) -> int:
        """Count the table's rows."""
        return int(self._database.open_table("vectorstore").count_rows())


serve(LangChain)
