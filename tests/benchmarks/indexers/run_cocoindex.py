"""CocoIndex: an app of one memoised function a file, into its LanceDB target.

As its documentation shows it; embedding is memoised by the text as well, which helps it.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cocoindex as coco
import lancedb as database
import numpy as np
from cocoindex.connectors import lancedb, localfs
from cocoindex.ops.sentence_transformers import SentenceTransformerEmbedder
from cocoindex.ops.text import RecursiveSplitter
from cocoindex.resources.chunk import Chunk
from cocoindex.resources.file import FileLike
from cocoindex.resources.id import IdGenerator
from numpy.typing import NDArray

from .worker import Given, serve

_TARGET = coco.ContextKey[lancedb.LanceAsyncConnection]("target")
_EMBEDDER = coco.ContextKey[SentenceTransformerEmbedder]("embedder")
_SPLITTER = RecursiveSplitter()


@dataclass
class Row:
    """What the table keeps of a piece."""

    id: int
    filename: str
    start: int
    text: str
    embedding: Annotated[NDArray[np.float32], _EMBEDDER]


@coco.fn(memo=True)
async def embedded(text: str) -> NDArray[np.float32]:
    """Return the vector of a text."""
    return await coco.use_context(_EMBEDDER).embed(text)


@coco.fn
async def piece(chunk: Chunk, name: str, ids: IdGenerator, table: lancedb.TableTarget[Row]) -> None:
    """Write one row."""
    number = await ids.next_id(chunk.text)
    vector = await embedded(chunk.text)
    table.declare_row(row=Row(number, name, chunk.start.char_offset, chunk.text, vector))


@coco.fn(memo=True)
async def document(file: FileLike, table: lancedb.TableTarget[Row]) -> None:
    """Split one file."""
    chunks = _SPLITTER.split(
        await file.read_text(), chunk_size=2000, chunk_overlap=500, language="markdown"
    )
    await coco.map(piece, chunks, str(file.file_path.path), IdGenerator(), table)


@coco.fn
async def everything(docs: Path) -> None:
    """Go over the folder."""
    table = await lancedb.mount_table_target(
        _TARGET, "docs", await lancedb.TableSchema.from_class(Row, primary_key=["id"])
    )
    files = localfs.walk_dir(docs, recursive=True)
    await coco.mount_each(document, files.items(), table)


class CocoIndex:
    """An app over one folder."""

    def __init__(self, docs: Path, scratch: Path, model: Path, given: Given) -> None:
        os.environ["COCOINDEX_DB"] = str(scratch / "coco.db")
        self._uri = str(scratch / "lancedb")
        embedder = SentenceTransformerEmbedder(str(model), device="cpu")
        embedder._get_model().encode(["the model is loaded"])
        given.watch_encode()

        @coco.lifespan
        async def lifespan(builder: coco.EnvironmentBuilder) -> AsyncIterator[None]:
            builder.provide(_TARGET, await lancedb.connect_async(self._uri))
            builder.provide(_EMBEDDER, embedder)
            yield

        self._app = coco.App("bench", everything, docs)

    def update(self) -> None:
        """Run the app once."""
        self._app.update_blocking()

    def rows(self) -> int:
        """Count the table's rows."""
        return int(database.connect(self._uri).open_table("docs").count_rows())


serve(CocoIndex)
